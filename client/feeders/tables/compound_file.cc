#include "client/feeders/tables/compound_file.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/tables/byte_reader.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kHeaderBytes = 512;
constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kHeaderFats = 109;  // sectors of the FAT that the header itself lists
constexpr std::uint32_t kEnd = 0xFFFFFFFE;
constexpr std::uint8_t kStream = 2, kRoot = 5;  // types of directory entries

absl::Status Damaged(std::string_view what) {
  return InvalidField("", absl::StrCat("the workbook is damaged: ", std::string(what)));
}

struct Entry {
  std::string name;
  std::uint8_t type = 0;
  std::uint32_t start = 0;
  std::uint64_t size = 0;
};

class File {
 public:
  static absl::StatusOr<File> Open(std::string_view bytes);
  absl::StatusOr<std::string> Read(std::string_view name) const;

 private:
  explicit File(std::string_view bytes) : bytes_(bytes) {}
  std::uint32_t Number(std::size_t at) const {
    return static_cast<std::uint32_t>(LittleEndian(bytes_, at, 4));
  }
  absl::Status ReadFat();
  absl::Status ReadDirectory();
  absl::StatusOr<std::string> Chain(std::uint32_t start) const;
  absl::StatusOr<std::string> MiniChain(std::uint32_t start, std::uint64_t size) const;

  std::string_view bytes_;
  std::size_t sector_bytes_ = 0, mini_bytes_ = 0;
  std::vector<std::uint32_t> fat_;
  std::vector<Entry> entries_;
};

absl::StatusOr<File> File::Open(std::string_view bytes) {
  File file(bytes);
  if (bytes.size() < kHeaderBytes) return Damaged("it is shorter than its header");
  const auto shift = LittleEndian(bytes, 30, 2), mini_shift = LittleEndian(bytes, 32, 2);
  if ((shift != 9 && shift != 12) || mini_shift != 6) return Damaged("its sectors have an impossible size");
  file.sector_bytes_ = std::size_t{1} << shift;
  file.mini_bytes_ = std::size_t{1} << mini_shift;
  TW_RETURN_IF_ERROR(file.ReadFat());
  TW_RETURN_IF_ERROR(file.ReadDirectory());
  return file;
}

// The FAT's sectors are listed in the header, and from there on in a chain of sectors.
absl::Status File::ReadFat() {
  const std::size_t sectors = bytes_.size() / sector_bytes_;
  std::vector<std::uint32_t> list;
  for (std::size_t i = 0; i < kHeaderFats; ++i) list.push_back(Number(76 + 4 * i));
  std::uint32_t next = Number(68);
  for (std::size_t seen = 0; next < sectors; ++seen) {
    if (seen > sectors) return Damaged("its table of tables runs in a circle");
    const std::size_t at = (next + std::size_t{1}) * sector_bytes_;
    for (std::size_t i = 0; i + 4 < sector_bytes_; i += 4) list.push_back(Number(at + i));
    next = Number(at + sector_bytes_ - 4);
  }
  for (const std::uint32_t sector : list) {
    if (sector >= sectors) continue;
    if (fat_.size() > sectors + sector_bytes_) break;  // more than it can speak of
    const std::size_t at = (sector + std::size_t{1}) * sector_bytes_;
    for (std::size_t i = 0; i < sector_bytes_; i += 4) fat_.push_back(Number(at + i));
  }
  return absl::OkStatus();
}

absl::Status File::ReadDirectory() {
  TW_ASSIGN_OR_RETURN(const std::string directory, Chain(Number(48)));
  for (std::size_t at = 0; at + kEntryBytes <= directory.size(); at += kEntryBytes) {
    Entry entry;
    const std::size_t name_bytes = std::min<std::size_t>(LittleEndian(directory, at + 64, 2), 64);
    for (std::size_t i = 0; i + 2 < name_bytes; i += 2) entry.name += directory[at + i];
    entry.type = static_cast<std::uint8_t>(directory[at + 66]);
    entry.start = static_cast<std::uint32_t>(LittleEndian(directory, at + 116, 4));
    entry.size = LittleEndian(directory, at + 120, 4);
    entries_.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

// Every sector from `start` on.
absl::StatusOr<std::string> File::Chain(std::uint32_t start) const {
  std::string text;
  for (std::uint32_t sector = start; sector != kEnd;) {
    const std::size_t at = (sector + std::size_t{1}) * sector_bytes_;
    if (sector >= fat_.size() || at >= bytes_.size()) return Damaged("a chain of sectors leaves the file");
    if (text.size() > bytes_.size()) return Damaged("a chain of sectors runs in a circle");
    text.append(bytes_.substr(at, sector_bytes_));  // the last may be cut
    sector = fat_[sector];
  }
  return text;
}

absl::StatusOr<std::string> File::MiniChain(std::uint32_t start, std::uint64_t size) const {
  if (entries_.empty() || entries_[0].type != kRoot) return Damaged("it has no root");
  TW_ASSIGN_OR_RETURN(const std::string room, Chain(entries_[0].start));
  TW_ASSIGN_OR_RETURN(const std::string fat, Chain(Number(60)));
  std::string text;
  for (std::uint32_t sector = start; sector != kEnd && text.size() < size;) {
    const std::size_t at = sector * mini_bytes_;
    if (!Reaches(fat, sector * std::size_t{4}, 4) || at >= room.size()) {
      return Damaged("a chain of small sectors leaves the file");
    }
    text.append(room, at, mini_bytes_);
    sector = static_cast<std::uint32_t>(LittleEndian(fat, sector * std::size_t{4}, 4));
  }
  return text;
}

absl::StatusOr<std::string> File::Read(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.type != kStream || !absl::EqualsIgnoreCase(entry.name, ToAbsl(name))) continue;
    const bool small = entry.size < Number(56);
    auto text = small ? MiniChain(entry.start, entry.size) : Chain(entry.start);
    if (!text.ok()) return text;
    if (text->size() < entry.size) return Damaged("a stream is shorter than it says");
    text->resize(entry.size);
    return text;
  }
  return absl::NotFoundError(ToAbsl(name));
}

}  // namespace

absl::StatusOr<std::string> ReadCompoundStream(std::string_view file, std::string_view name) {
  TW_ASSIGN_OR_RETURN(const File opened, File::Open(file));
  return opened.Read(name);
}

}  // namespace tidewaiter::feeders
