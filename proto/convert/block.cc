#include "proto/convert/block.h"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "proto/convert/enums.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

// Months of the wire count from 1970-01.
constexpr std::int64_t kEpochIndex = 1970 * 12;
constexpr std::int64_t kFirstMonth = limits::kMinYear * 12 - kEpochIndex;
constexpr std::int64_t kLastMonth = limits::kMaxYear * 12 + 11 - kEpochIndex;
constexpr char kNormalStatus = 'A';
constexpr char kFreeConf = 'F';
// Flags of a change.
constexpr std::uint32_t kWithinRounding = 1;
constexpr std::uint32_t kStatusOnly = 2;
// Violations of one kind that are worth telling: a column that is wrong is wrong from its first cell on.
constexpr int kToldOfAKind = 10;

using Letters = std::array<bool, 256>;

Letters AllowedLetters(absl::Status (*validate)(char)) {
  Letters allowed{};
  for (int c = 0; c < 128; ++c) allowed[static_cast<std::size_t>(c)] = validate(static_cast<char>(c)).ok();
  return allowed;
}

// Bytes of a code; the point ends one.
constexpr auto kKeyBytes = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-@$")) {
    kinds[static_cast<unsigned char>(c)] = 1;
  }
  kinds['.'] = 2;
  return kinds;
}();

// What SeriesKey::Parse takes, without making one.
bool IsSeriesKey(std::string_view text) {
  std::size_t places = 1;
  std::size_t code = 0;
  for (const char c : text) {
    const std::uint8_t kind = kKeyBytes[static_cast<unsigned char>(c)];
    if (kind == 0) return false;
    if (kind == 1) {
      ++code;
      continue;
    }
    if (code == 0 || code > limits::kMaxCodeBytes) return false;
    code = 0;
    ++places;
  }
  return code != 0 && code <= limits::kMaxCodeBytes && places <= limits::kMaxDimensions;
}

std::string At(absl::string_view column, std::size_t i) { return absl::StrCat(column, "[", i, "]"); }

// Decodes one block: shape first, then column by column.
class BlockReader {
 public:
  BlockReader(const v1::ObservationBlock& message, BlockUse use, DecodedBlock* block)
      : message_(message),
        use_(use),
        block_(*block),
        count_(static_cast<std::size_t>(message.period_start_deltas_size())) {}

  absl::Status Read() {
    block_.series.clear();
    block_.cells.clear();
    block_.releases.clear();
    block_.origins.clear();
    TW_RETURN_IF_ERROR(CheckCount());
    CheckShape();
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    block_.cells.resize(count_);
    ReadSeries();
    ReadPeriods();
    ReadData();
    ReadLetters();
    ReadTexts();
    if (use_ == BlockUse::kAnswer) ReadOrigins();
    return violations_.ToStatus();
  }

 private:
  absl::Status CheckCount() const {
    if (count_ <= limits::kMaxChunkObservations) return absl::OkStatus();
    const std::string what =
        absl::StrCat("a block has at most ", limits::kMaxChunkObservations, " cells, not ", count_);
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, what,
                     {{"limit", absl::StrCat(limits::kMaxChunkObservations)}},
                     {{"period_start_deltas", what}});
  }

  void CheckLength(std::string_view name, std::size_t size) {
    if (size == 0 || size == count_) return;
    violations_.Add(name,
                    absl::StrCat("has ", size, " entries for ", count_, " cells; give one each, or none"));
  }

  void CheckShape() {
    if (message_.series_size() != message_.cell_counts_size()) {
      violations_.Add("cell_counts", absl::StrCat("has ", message_.cell_counts_size(), " entries for ",
                                                  message_.series_size(), " series; give one each"));
    }
    std::uint64_t cells = 0;
    for (const std::uint32_t n : message_.cell_counts()) cells += n;
    if (cells != count_) {
      violations_.Add("cell_counts", absl::StrCat("add up to ", cells, " cells, but there are ", count_,
                                                  " in period_start_deltas"));
    }
    CheckLength("period_months", static_cast<std::size_t>(message_.period_months_size()));
    CheckLength("statuses", message_.statuses().size());
    CheckLength("confs", message_.confs().size());
    CheckLength("sources", static_cast<std::size_t>(message_.sources_size()));
    CheckLength("notes", static_cast<std::size_t>(message_.notes_size()));
    if (use_ != BlockUse::kAnswer) return;
    CheckLength("release_indexes", static_cast<std::size_t>(message_.release_indexes_size()));
    CheckLength("value_age_micros", static_cast<std::size_t>(message_.value_age_micros_size()));
  }

  void ReadSeries() {
    block_.series.reserve(static_cast<std::size_t>(message_.series_size()));
    std::size_t begin = 0;
    for (int i = 0; i < message_.series_size(); ++i) {
      const std::string& key = message_.series(i);
      if (!IsSeriesKey(key)) violations_.Add(At("series", i), SeriesKey::Parse(key).status());
      const std::size_t end = begin + message_.cell_counts(i);
      block_.series.push_back({key, begin, end});
      begin = end;
    }
  }

  void ReadPeriods() {
    const std::int32_t* deltas = message_.period_start_deltas().data();
    const std::uint32_t* months =
        message_.period_months().empty() ? nullptr : message_.period_months().data();
    std::int64_t start = 0;
    int wrong = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      start += deltas[i];
      const std::uint32_t length = months == nullptr ? 1 : months[i];
      if (length - 1 >= limits::kMaxPeriodMonths || start < kFirstMonth || start + length - 1 > kLastMonth)
          [[unlikely]] {
        if (++wrong <= kToldOfAKind) AddPeriodViolation(i, start, length);
        continue;
      }
      block_.cells[i].period = Period::FromValid(
          Month::FromIndex(static_cast<std::int32_t>(kEpochIndex + start)), static_cast<int>(length));
    }
  }

  void AddPeriodViolation(std::size_t i, std::int64_t start, std::uint32_t length) {
    if (length - 1 >= limits::kMaxPeriodMonths) {
      violations_.Add(At("period_months", i),
                      absl::StrCat("a period has 1 to ", limits::kMaxPeriodMonths, " months, not ", length));
      return;
    }
    violations_.Add(
        At("period_start_deltas", i),
        absl::StrCat("the period starts ", start, " months after 1970-01 and has ", length,
                     "; it must lie within ", limits::kMinYear, "-01 and ", limits::kMaxYear, "-12"));
  }

  void ReadData() {
    const v1::DatumColumn& column = message_.data();
    if (use_ == BlockUse::kCells && column.coefficients().empty()) {
      for (StatedCell& cell : block_.cells) cell.datum = Datum::Absent(Absence::kWithdrawn);
      return;
    }
    std::vector<Datum> data;
    violations_.Add("data", DecodeDatumColumn(column, count_, &data));
    if (data.size() != count_) return;
    for (std::size_t i = 0; i < count_; ++i) block_.cells[i].datum = data[i];
  }

  void ReadLetters() {
    static const Letters kStatuses = AllowedLetters(ValidateStatus);
    static const Letters kConfs = AllowedLetters(ValidateConf);
    ReadColumnOfLetters("statuses", message_.statuses(), kStatuses, ValidateStatus, &Attributes::status);
    ReadColumnOfLetters("confs", message_.confs(), kConfs, ValidateConf, &Attributes::conf);
  }

  void ReadColumnOfLetters(absl::string_view name, const std::string& letters, const Letters& allowed,
                           absl::Status (*validate)(char), char Attributes::*member) {
    int wrong = 0;
    for (std::size_t i = 0; i < letters.size(); ++i) {
      if (!allowed[static_cast<unsigned char>(letters[i])]) {
        if (++wrong <= kToldOfAKind) violations_.Add(At(name, i), validate(letters[i]));
      }
      block_.cells[i].attributes.*member = letters[i];
    }
  }

  void ReadTexts() {
    for (int i = 0; i < message_.texts_size(); ++i) {
      if (message_.texts(i).size() > limits::kMaxNoteBytes || !IsCleanUtf8(message_.texts(i))) {
        violations_.Add(At("texts", i), absl::StrCat("a text is at most ", limits::kMaxNoteBytes,
                                                     " bytes of UTF-8 without control characters"));
      }
    }
    ReadColumnOfTexts("sources", message_.sources(), limits::kMaxSourceBytes, &StatedCell::source);
    ReadColumnOfTexts("notes", message_.notes(), limits::kMaxNoteBytes, &StatedCell::note);
  }

  void ReadColumnOfTexts(absl::string_view name,
                         const google::protobuf::RepeatedField<std::uint32_t>& indexes, std::size_t max_bytes,
                         std::string_view StatedCell::*member) {
    const std::uint32_t texts = static_cast<std::uint32_t>(message_.texts_size());
    int wrong = 0;
    for (int i = 0; i < indexes.size(); ++i) {
      const std::uint32_t index = indexes[i];
      if (index == 0) continue;
      if (index > texts) {
        if (++wrong <= kToldOfAKind) {
          violations_.Add(At(name, i), absl::StrCat("points at text ", index, " of ", texts));
        }
        continue;
      }
      const std::string& text = message_.texts(static_cast<int>(index - 1));
      if (text.size() > max_bytes && ++wrong <= kToldOfAKind) {
        violations_.Add(At(name, i),
                        absl::StrCat("has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
      }
      block_.cells[static_cast<std::size_t>(i)].*member = text;
    }
  }

  void ReadOrigins() {
    for (int i = 0; i < message_.releases_size(); ++i) {
      const v1::ReleaseReference& reference = message_.releases(i);
      const absl::StatusOr<Sequence> sequence = SequenceFromWire(reference.sequence());
      const absl::StatusOr<std::optional<absl::CivilDay>> day = DayFromWire(reference.published_on());
      violations_.Add(absl::StrCat(At("releases", i), ".sequence"), sequence.status());
      violations_.Add(absl::StrCat(At("releases", i), ".published_on"), day.status());
      block_.releases.push_back(
          {sequence.value_or(0),
           {Instant::FromMicros(reference.published_at_micros()), day.ok() ? *day : std::nullopt}});
    }
    if (message_.release_indexes().empty()) return;
    block_.origins.resize(count_);
    for (std::size_t i = 0; i < count_; ++i) {
      const std::uint32_t index = message_.release_indexes(static_cast<int>(i));
      if (index >= block_.releases.size()) {
        violations_.Add(At("release_indexes", i),
                        absl::StrCat("points at release ", index, " of ", block_.releases.size()));
        return;
      }
      const std::int64_t age =
          message_.value_age_micros().empty()
              ? 0
              : static_cast<std::int64_t>(message_.value_age_micros(static_cast<int>(i)));
      const std::int64_t published = block_.releases[index].published_at.instant.micros();
      block_.origins[i] = {
          index, Instant::FromMicros(static_cast<std::int64_t>(static_cast<std::uint64_t>(published) -
                                                               static_cast<std::uint64_t>(age)))};
    }
  }

  const v1::ObservationBlock& message_;
  const BlockUse use_;
  DecodedBlock& block_;
  const std::size_t count_;
  Violations violations_;
};

}  // namespace

absl::Status DecodeBlock(const v1::ObservationBlock& message, BlockUse use, DecodedBlock* block) {
  return BlockReader(message, use, block).Read();
}

BlockEncoder::BlockEncoder(const Lookup* lookup, bool omit_texts)
    : lookup_(lookup), omit_texts_(omit_texts), data_(own_.mutable_data()) {}

void BlockEncoder::BeginSeries(std::string_view key) {
  const int n = message_->series_size();
  if (n > 0 && message_->series(n - 1) == key) return;
  message_->add_series(key.data(), key.size());
  message_->add_cell_counts(0);
  bytes_ += key.size() + 4;
}

void BlockEncoder::AddCommon(Period period, const Datum& datum, Attributes attributes) {
  const int last = message_->cell_counts_size() - 1;
  const std::size_t before = data_.size();
  message_->set_cell_counts(last, message_->cell_counts(last) + 1);
  const std::int32_t start = period.start().index() - static_cast<std::int32_t>(kEpochIndex);
  message_->add_period_start_deltas(start - previous_start_);
  previous_start_ = start;
  if (period.months() != 1 || !message_->period_months().empty()) {
    if (message_->period_months().empty())
      message_->mutable_period_months()->Resize(static_cast<int>(before), 1);
    message_->add_period_months(static_cast<std::uint32_t>(period.months()));
  }
  data_.Add(datum);
  if (attributes.status != kNormalStatus || !message_->statuses().empty()) {
    if (message_->statuses().empty()) message_->mutable_statuses()->assign(before, kNormalStatus);
    message_->mutable_statuses()->push_back(attributes.status);
  }
  if (attributes.conf != kFreeConf || !message_->confs().empty()) {
    if (message_->confs().empty()) message_->mutable_confs()->assign(before, kFreeConf);
    message_->mutable_confs()->push_back(attributes.conf);
  }
}

void BlockEncoder::AddTexts(std::uint32_t source, std::uint32_t note) {
  const int before = static_cast<int>(data_.size()) - 1;
  if (source != 0 || !message_->sources().empty()) {
    if (message_->sources().empty()) message_->mutable_sources()->Resize(before, 0);
    message_->add_sources(source);
  }
  if (note != 0 || !message_->notes().empty()) {
    if (message_->notes().empty()) message_->mutable_notes()->Resize(before, 0);
    message_->add_notes(note);
  }
}

std::uint32_t BlockEncoder::AddText(std::string text) {
  bytes_ += text.size() + 3;
  message_->add_texts(std::move(text));
  return static_cast<std::uint32_t>(message_->texts_size());
}

std::uint32_t BlockEncoder::IndexOf(TextId id) {
  if (id == 0) return 0;
  const auto [it, is_new] = ids_.try_emplace(id, 0);
  if (!is_new) return it->second;
  absl::StatusOr<std::string> text = lookup_->Text(id);
  status_.Update(text.status());
  return it->second = AddText(text.ok() ? *std::move(text) : std::string());
}

std::uint32_t BlockEncoder::IndexOf(std::string_view text) {
  if (text.empty()) return 0;
  const auto it = texts_.find(ToAbsl(text));
  if (it != texts_.end()) return it->second;
  const std::uint32_t index = AddText(std::string(text));
  texts_.emplace(std::string(text), index);
  return index;
}

std::uint32_t BlockEncoder::IndexOfRelease(Sequence sequence, Instant published_at) {
  if (sequence == last_release_ && message_->releases_size() > 0) return last_release_index_;
  const auto [index, is_new] = releases_.Find(sequence);
  if (is_new) {
    v1::ReleaseReference* reference = message_->add_releases();
    reference->set_sequence(sequence);
    reference->set_published_at_micros(published_at.micros());
    const absl::StatusOr<std::optional<absl::CivilDay>> day = lookup_->PublishedDay(sequence);
    status_.Update(day.status());
    if (day.ok() && *day) reference->set_published_on(DayToString(**day));
    bytes_ += 32;
  }
  last_release_ = sequence;
  last_release_index_ = index;
  return index;
}

void BlockEncoder::Add(const CellState& cell) {
  AddCommon(cell.period, cell.datum, cell.attributes);
  if (!omit_texts_) AddTexts(IndexOf(cell.source), IndexOf(cell.note));
  message_->add_release_indexes(IndexOfRelease(cell.sequence, cell.published_at));
  const std::uint64_t age = static_cast<std::uint64_t>(cell.published_at.micros()) -
                            static_cast<std::uint64_t>(cell.value_since.micros());
  if (age != 0 || !message_->value_age_micros().empty()) {
    if (message_->value_age_micros().empty()) {
      message_->mutable_value_age_micros()->Resize(static_cast<int>(data_.size()) - 1, 0);
    }
    message_->add_value_age_micros(age);
    bytes_ += 5;
  }
}

void BlockEncoder::Add(const StatedCell& cell) {
  AddCommon(cell.period, cell.datum, cell.attributes);
  if (!omit_texts_) AddTexts(IndexOf(cell.source), IndexOf(cell.note));
}

absl::StatusOr<v1::ObservationBlock> BlockEncoder::Finish() {
  v1::ObservationBlock block = std::move(own_);
  own_.Clear();
  TW_RETURN_IF_ERROR(Done());
  return block;
}

void BlockEncoder::WriteTo(v1::ObservationBlock* block) { Reset(block); }

absl::Status BlockEncoder::Done() {
  absl::Status status = std::move(status_);
  Reset(&own_);
  return status;
}

void BlockEncoder::Reserve(std::size_t cells) {
  const int size = static_cast<int>(data_.size() + cells);
  message_->mutable_period_start_deltas()->Reserve(size);
  message_->mutable_data()->mutable_coefficients()->Reserve(size);
  if (lookup_ != nullptr) message_->mutable_release_indexes()->Reserve(size);
}

void BlockEncoder::Reset(v1::ObservationBlock* block) {
  message_ = block;
  data_ = DatumColumnWriter(message_->mutable_data());
  previous_start_ = 0;
  bytes_ = 0;
  if (!ids_.empty()) ids_.clear();
  if (!texts_.empty()) texts_.clear();
  releases_.Clear();
  last_release_ = 0;
  last_release_index_ = 0;
  status_ = absl::OkStatus();
}

void ChangeBlockEncoder::Add(const CellState& state, const Change& change, const Datum* before) {
  cells_.Add(state);
  message_.add_classes(ToWire(change.change));
  const std::uint32_t flags =
      (change.within_rounding ? kWithinRounding : 0) | (change.status_only ? kStatusOnly : 0);
  if (flags != 0 || !message_.flags().empty()) {
    if (message_.flags().empty()) message_.mutable_flags()->Resize(message_.classes_size() - 1, 0);
    message_.add_flags(flags);
  }
  if (before == nullptr) {
    before_.AddFiller();
  } else {
    before_.Add(*before);
  }
}

absl::StatusOr<v1::ChangeBlock> ChangeBlockEncoder::Finish(std::string_view dataset) {
  v1::ChangeBlock block = std::move(message_);
  *block.mutable_before() = std::move(before_column_);
  message_.Clear();
  before_column_.Clear();
  before_ = DatumColumnWriter(&before_column_);
  absl::StatusOr<v1::ObservationBlock> cells = cells_.Finish();
  if (!cells.ok()) return cells.status();
  *block.mutable_cells() = *std::move(cells);
  block.set_dataset(dataset.data(), dataset.size());
  return block;
}

absl::Status DecodeChangeBlock(const v1::ChangeBlock& message, DecodedChanges* changes) {
  changes->dataset = message.dataset();
  changes->changes.clear();
  changes->before.clear();
  TW_RETURN_IF_ERROR(PrefixFields(DecodeBlock(message.cells(), BlockUse::kAnswer, &changes->block), "cells"));
  const std::size_t count = changes->block.cells.size();
  TW_RETURN_IF_ERROR(PrefixFields(DecodeDatumColumn(message.before(), count, &changes->before), "before"));
  if (static_cast<std::size_t>(message.classes_size()) != count ||
      (message.flags_size() != 0 && static_cast<std::size_t>(message.flags_size()) != count)) {
    return InvalidField("classes", "the columns of the change block differ in length");
  }
  changes->changes.reserve(count);
  for (int i = 0; i < message.classes_size(); ++i) {
    const absl::StatusOr<ChangeClass> change_class = FromWire(message.classes(i));
    if (!change_class.ok()) return PrefixFields(change_class.status(), At("classes", i));
    const std::uint32_t flags = message.flags().empty() ? 0 : message.flags(i);
    changes->changes.push_back({*change_class, (flags & kWithinRounding) != 0, (flags & kStatusOnly) != 0});
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::convert
