#include "storage/rocks/name_table.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {
namespace {

// Some 200,000 series each way.
constexpr std::size_t kIdCacheBytes = 32u << 20;
constexpr std::size_t kNameCacheBytes = 32u << 20;
constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max();

}  // namespace

NameTable::NameTable(Database* database)
    : database_(database), ids_(kIdCacheBytes), series_names_(kNameCacheBytes) {}

absl::Status NameTable::Load() {
  TW_RETURN_IF_ERROR(stated_.Load(database_));
  TW_ASSIGN_OR_RETURN(const std::uint32_t last_series, LastId('I'));
  TW_ASSIGN_OR_RETURN(const std::uint32_t last_text, LastId('X'));
  absl::MutexLock lock(&mutex_);
  last_series_ = last_series;
  last_text_ = last_text;
  return absl::OkStatus();
}

absl::StatusOr<std::uint32_t> NameTable::LastId(char tag) const {
  const absl::StatusOr<std::string> last =
      database_->LastKeyUpTo(Family::kCatalogue, TaggedKey32(tag, kMaxId));
  if (!last.ok()) return last.status();
  const std::string_view key = *last;
  if (!key.starts_with(tag)) return 0u;
  if (key.size() != 5) return CorruptionError("a key of the catalogue is malformed");
  return GetKey32(key.substr(1));
}

std::string NameTable::KeyOf(const Name& name) {
  return name.kind == Name::Kind::kSeries ? SeriesNameKey(name.dataset, name.text) : TextKey(name.text);
}

absl::StatusOr<std::uint32_t> NameTable::InternSeries(std::uint32_t dataset, std::string_view series_key) {
  if (const std::uint32_t id = RememberedSeries(dataset, series_key); id != 0) return id;  // nearly always
  return Intern({Name::Kind::kSeries, 0, dataset, std::string(series_key)});
}

absl::StatusOr<TextId> NameTable::InternText(std::string_view text) {
  if (text.empty()) return 0u;
  return Intern({Name::Kind::kText, 0, 0, std::string(text)});
}

absl::StatusOr<std::uint32_t> NameTable::Intern(Name name) {
  std::string key = KeyOf(name);
  if (const std::optional<std::uint32_t> id = ids_.Find(ToAbsl(key))) return *id;
  if (const std::uint32_t id = FindPending(key); id != 0) return id;
  TW_ASSIGN_OR_RETURN(const std::uint32_t held, FindWritten(key));
  if (held != 0) return held;
  absl::MutexLock lock(&mutex_);
  if (const auto it = unwritten_.find(key); it != unwritten_.end()) return it->second;
  // It may have been written since we looked.
  TW_ASSIGN_OR_RETURN(const std::uint32_t written, FindWritten(key));
  if (written != 0) return written;
  std::uint32_t& last = name.kind == Name::Kind::kSeries ? last_series_ : last_text_;
  if (last == kMaxId) {
    return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                     "the store has handed out all numbers for names", {{"limit", absl::StrCat(kMaxId)}});
  }
  name.id = ++last;
  pending_bytes_ += 2 * key.size() + 32;
  unwritten_.emplace(std::move(key), name.id);
  pending_.push_back(std::move(name));
  return last;
}

std::uint32_t NameTable::FindPending(std::string_view key) const {
  absl::MutexLock lock(&mutex_);
  if (unwritten_.empty()) return 0;
  const auto it = unwritten_.find(ToAbsl(key));
  return it == unwritten_.end() ? 0 : it->second;
}

absl::StatusOr<std::uint32_t> NameTable::FindWritten(std::string_view key) const {
  if (const std::optional<std::uint32_t> id = ids_.Find(ToAbsl(key))) return *id;
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view record,
                      database_->GetSealed(Family::kCatalogue, "the number of a name", key, &value));
  if (record.data() == nullptr) return 0u;
  ByteReader reader(record);
  const std::uint32_t id = reader.Varint32();
  if (!reader.ok() || id == 0) return CorruptionError("the number of a name cannot be decoded");
  ids_.Insert(std::string(key), id, key.size());
  return id;
}

absl::StatusOr<std::uint32_t> NameTable::FindSeries(std::uint32_t dataset,
                                                    std::string_view series_key) const {
  if (!CanBeNamed(series_key)) return 0u;
  return FindWritten(SeriesNameKey(dataset, series_key));
}

absl::StatusOr<std::shared_ptr<const Name>> NameTable::SeriesName(std::uint32_t series) const {
  if (std::optional<std::shared_ptr<const Name>> name = series_names_.Find(series)) return *std::move(name);
  TW_ASSIGN_OR_RETURN(Name read, ReadSeriesName(series));
  const std::size_t bytes = sizeof(Name) + read.text.capacity();
  auto name = std::make_shared<const Name>(std::move(read));
  series_names_.Insert(series, name, bytes);
  return name;
}

absl::StatusOr<Name> NameTable::ReadSeriesName(std::uint32_t series) const {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(
      const std::string_view record,
      database_->GetSealed(Family::kCatalogue, "the name of a series", SeriesIdKey(series), &value));
  if (record.data() == nullptr) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                     absl::StrCat("there is no series with the number ", series));
  }
  ByteReader reader(record);
  Name name;
  name.id = series;
  name.dataset = reader.Varint32();
  name.text = reader.Text();
  if (!reader.ok()) return CorruptionError("the name of a series cannot be decoded");
  return name;
}

absl::StatusOr<std::string> NameTable::Text(TextId text) const {
  if (text == 0) return std::string();
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view record,
                      database_->GetSealed(Family::kCatalogue, "a text", TextIdKey(text), &value));
  if (record.data() == nullptr) {
    return MakeError(absl::StatusCode::kNotFound, Reason::kUnknown,
                     absl::StrCat("there is no text with the number ", text));
  }
  return std::string(record);
}

std::vector<Name> NameTable::TakePending() {
  if (pending_bytes() == 0) return {};
  absl::MutexLock lock(&mutex_);
  pending_bytes_ = 0;
  return std::exchange(pending_, {});
}

void NameTable::Written(const std::vector<Name>& names) {
  for (const Name& name : names) {
    const std::string key = KeyOf(name);
    ids_.Insert(key, name.id, key.size());
    absl::MutexLock lock(&mutex_);
    unwritten_.erase(key);
  }
}

void NameTable::AppendCatalogueRecords(const Database& database, const std::vector<Name>& names,
                                       rocksdb::WriteBatch* batch) {
  rocksdb::ColumnFamilyHandle* const catalogue = database.family(Family::kCatalogue);
  for (const Name& name : names) {
    const std::string key = KeyOf(name);
    std::string number;
    PutVarint(&number, name.id);
    Seal(key, &number);
    batch->Put(catalogue, key, number);

    const bool is_series = name.kind == Name::Kind::kSeries;
    const std::string id_key = is_series ? SeriesIdKey(name.id) : TextIdKey(name.id);
    std::string record;
    if (is_series) {
      PutVarint(&record, name.dataset);
      PutText(&record, name.text);
    } else {
      record = name.text;
    }
    Seal(id_key, &record);
    batch->Put(catalogue, id_key, record);
  }
}

}  // namespace tidewaiter::storage
