// Where the program writes, and what it knows about the reader.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tidewaiter::cli {

// Buffered bytes to a file descriptor, or to a string in tests. When the reader has gone (EPIPE), it falls
// silent: closed() turns true, and that is no error. Any other failed write is one. Thread-compatible.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  explicit Output(std::string* text) : text_(text) {}
  ~Output() { Flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void Write(std::string_view bytes);
  void Flush();
  bool closed() const { return closed_; }
  const absl::Status& status() const { return status_; }

  // A person is looking: colour and redrawn lines make sense. Never true of a string.
  bool is_terminal() const;
  // Is colour wanted? On a terminal, unless NO_COLOR is set to anything or TERM is "dumb".
  bool wants_colour() const;
  // How wide lines may be: the terminal's columns; 120 where there is none.
  std::size_t columns() const;

 private:
  int fd_ = -1;
  std::string* text_ = nullptr;
  std::string buffer_;
  bool closed_ = false;
  absl::Status status_;
};

// Does the reader's locale (LC_ALL, LC_CTYPE, LANG) show UTF-8?
bool LocaleIsUtf8();

}  // namespace tidewaiter::cli
