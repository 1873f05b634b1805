#include "storage/rocks/series_lister.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "domain/errors.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {
namespace {

// Steps that cost less than a leap.
constexpr int kStepsBeforeLeap = 8;
// Sorts after every code that begins as the one before it, and before every greater code.
constexpr char kAfterCode = '\x02';

// Where the next match could stand after `key`, which does not match; nothing if nowhere.
//
//   selector CN.BY+RU.X    key CN.BG.M  -> CN.BY      the next code that is listed
//                          key CN.RU.Y  -> CN.RU.Y\2  past what goes on like this, to the place before
std::optional<std::string> NextCandidate(const Selector& selector, std::string_view key) {
  std::size_t begin = 0;
  for (std::size_t place = 0; place < selector.places(); ++place) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    const std::string_view code = key.substr(begin, end - begin);
    const std::vector<std::string>& codes = selector.codes(place);
    if (!codes.empty()) {
      const auto next = std::lower_bound(codes.begin(), codes.end(), code);
      if (next == codes.end()) {
        if (begin == 0) return std::nullopt;
        std::string past(key.substr(0, begin - 1));
        past.push_back(kAfterCode);
        return past;
      }
      if (*next != code) return std::string(key.substr(0, begin)) + *next;
    }
    begin = std::min(end + 1, key.size());
  }
  return std::string(key) + kAfterCode;
}

class Lister {
 public:
  Lister(const Database& database, const StatedSeries& stated, std::uint32_t dataset, const Selector& selector)
      : stated_(stated),
        dataset_(dataset),
        prefix_(SeriesKeyPrefix(dataset)),
        selector_(selector),
        it_(database.NewIterator(Family::kCatalogue)) {}

  absl::StatusOr<std::vector<SeriesEntry>> List(std::string_view after, std::size_t limit) {
    std::vector<SeriesEntry> found;
    Start(after);
    while (found.size() < limit && InDataset()) {
      std::string key = SeriesTextOf(ToView(it_->key()));
      if (selector_.MatchesText(key)) {
        TW_ASSIGN_OR_RETURN(const std::uint32_t number, Number());
        if (stated_.Has(number)) found.push_back({SeriesId{number}, std::move(key)});
        it_->Next();
      } else if (!MoveOn(key)) {
        break;
      }
    }
    TW_RETURN_IF_ERROR(FromRocks(it_->status(), "listing series"));
    return found;
  }

 private:
  bool InDataset() const { return it_->Valid() && ToView(it_->key()).starts_with(prefix_); }

  void Start(std::string_view after) {
    it_->Seek(ToSlice(SeriesNameKey(dataset_, after)));
    if (!after.empty() && InDataset() && SeriesTextOf(ToView(it_->key())) == after) it_->Next();
  }

  // To the next candidate after `key`, which does not match; false if there is none.
  bool MoveOn(std::string_view key) {
    const std::optional<std::string> next = NextCandidate(selector_, key);
    if (!next) return false;
    const std::string target = SeriesNameKey(dataset_, *next);
    for (int i = 0; i < kStepsBeforeLeap; ++i) {
      it_->Next();
      if (!InDataset() || ToView(it_->key()) >= target) return true;
    }
    it_->Seek(target);
    return true;
  }

  absl::StatusOr<std::uint32_t> Number() const {
    TW_ASSIGN_OR_RETURN(const std::string_view record,
                        Unseal("the number of a series", ToView(it_->key()), ToView(it_->value())));
    ByteReader reader(record);
    const std::uint32_t id = reader.Varint32();
    if (!reader.ok()) return CorruptionError("the number of a series cannot be decoded");
    return id;
  }

  const StatedSeries& stated_;
  const std::uint32_t dataset_;
  const std::string prefix_;
  const Selector& selector_;
  const std::unique_ptr<rocksdb::Iterator> it_;
};

}  // namespace

absl::StatusOr<std::vector<SeriesEntry>> ListSeriesOf(const Database& database, const StatedSeries& stated,
                                                      std::uint32_t dataset, const Selector& selector,
                                                      std::string_view after, std::size_t limit) {
  return Lister(database, stated, dataset, selector).List(after, limit);
}

}  // namespace tidewaiter::storage
