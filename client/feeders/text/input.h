// The bytes of one file on their way to a parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

// Reads from the beginning to the end, once. Not thread-safe.
class Input {
 public:
  virtual ~Input() = default;
  // Puts at most `size` bytes into `buffer` and says how many; 0 at the end, and only there. The error says
  // why the file cannot be read. REQUIRES: size > 0.
  virtual absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) = 0;
  // Bytes in all, if they can be known beforehand; else 0.
  virtual std::uint64_t size() const { return 0; }
};

// A text in memory, which must outlive it.
class TextInput : public Input {
 public:
  explicit TextInput(std::string_view text) : rest_(text), size_(text.size()) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override;
  std::uint64_t size() const override { return size_; }

 private:
  std::string_view rest_;
  std::uint64_t size_;
};

// An open file or pipe.
class FileInput : public Input {
 public:
  // "-" is the standard input. NOT_FOUND or another code, with the name and the reason. While a pipe or a
  // terminal has nothing to give, `stopped`, if not empty, is asked some ten times a second: CANCELLED once
  // it says so.
  static absl::StatusOr<std::unique_ptr<FileInput>> Open(const std::string& path,
                                                         std::function<bool()> stopped = {});
  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override;
  std::uint64_t size() const override { return size_; }

 private:
  FileInput(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  absl::Status AwaitBytes() const;

  std::string path_;
  int descriptor_;
  std::uint64_t size_ = 0;
  bool may_wait_ = false;  // for someone who writes into it
  std::function<bool()> stopped_;
};

// The error says that a file could not be opened or read, not what is wrong in it.
bool IsUnreadable(const absl::Status& status);

// An input whose first bytes were read before their time: gives them first, then the rest of `input`, which
// must outlive it.
class ResumedInput : public Input {
 public:
  ResumedInput(std::string_view head, Input* input) : head_(head), input_(input) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override;
  std::uint64_t size() const override { return input_->size(); }

 private:
  std::string head_;
  std::size_t at_ = 0;
  Input* input_;
};

// Up to `size` bytes, fewer only at the end of the input.
absl::StatusOr<std::string> ReadUpTo(Input& input, std::size_t size);
// Everything, for formats that must be held whole. RESOURCE_EXHAUSTED beyond `max_bytes`, saying so.
absl::StatusOr<std::string> ReadAll(Input& input, std::size_t max_bytes);

}  // namespace tidewaiter::feeders
