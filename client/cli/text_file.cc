#include "client/cli/text_file.h"

#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tidewaiter::cli {

absl::StatusOr<std::string> ReadTextFile(const std::string& file, std::size_t limit) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in.good()) return InvalidField("--set", absl::StrCat("the file ", file, " cannot be read"));
  std::string text;
  char buffer[4096];
  while (text.size() <= limit && (in.read(buffer, sizeof buffer), in.gcount() > 0)) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

}  // namespace tidewaiter::cli
