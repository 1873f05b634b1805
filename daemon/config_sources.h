// Where options come from besides the command line: the environment and the file of --config.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/config_file.h"

namespace tidewaiter::daemon {

struct KnownOption {
  std::string name;      // "--cache-mib"
  std::string variable;  // "TIDEWAITER_CACHE_MIB"; empty: none
  bool in_file = true;   // under its name without the dashes
};

// Adds to the words of the command line what the environment says of options that are not among them, then
// what the file says of those that are in neither; and gathers every fault. Not thread-safe.
class ConfigSources {
 public:
  // What is wrong with an option that is given by these words, without its name; "" if nothing is.
  using FaultOf =
      std::function<std::string(const std::string& option, const std::vector<std::string>& words)>;
  ConfigSources(std::vector<KnownOption> known, FaultOf fault_of, std::vector<std::string> words);

  void AddEnvironment();
  void AddFile(const std::string& path);

  // The command line, and behind it what was added: without faults but for those of the command line.
  const std::vector<std::string>& words() const { return words_; }
  const std::vector<std::string>& faults() const { return faults_; }
  // By option, where what was added stands: "/etc/t.toml line 3: listen", "TIDEWAITER_LISTEN".
  const std::map<std::string, std::string>& origins() const { return origins_; }

 private:
  bool IsKey(const std::string& key) const;
  std::string Suggestion(const std::string& key) const;
  void TakeLine(const ConfigLine& line, const std::string& where);
  void Take(const std::string& option, const std::string& where, const std::vector<std::string>& words);

  const std::vector<KnownOption> known_;
  const FaultOf fault_of_;
  std::vector<std::string> words_;
  std::set<std::string> taken_;  // options that are given
  std::vector<std::string> faults_;
  std::map<std::string, std::string> origins_;
};

}  // namespace tidewaiter::daemon
