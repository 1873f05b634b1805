// The file that --config takes: KEY=VALUE lines.
//
//   # a comment; blank lines count for nothing
//   data-dir="/var/lib/tidewaiter"      quotes may be left out where there is no # in the value
//   listen=["127.0.0.1:7443",
//           "unix:/run/tidewaiter"]     a list may go on over several lines
//   tls-cert=""                         an empty value says nothing, as an empty variable of the environment
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidewaiter::daemon {

struct ConfigLine {
  int line = 0;  // from 1
  std::string key;
  std::vector<std::string> values;  // one, or those of a list
};

// What cannot be read.
struct ConfigFault {
  int line = 0;
  std::string what;
};

struct ConfigFile {
  std::vector<ConfigLine> lines;
  std::vector<ConfigFault> faults;
};

// Reads the text of a file. Never fails: what cannot be read is told, and the rest is read. Pure.
ConfigFile ParseConfigFile(std::string_view text);

}  // namespace tidewaiter::daemon
