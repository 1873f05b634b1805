// From what the data sets of one SDMX message state to datasets, releases, sections and cells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"
#include "client/feeders/sdmx/sdmx_components.h"
#include "client/feeders/sdmx/sdmx_groups.h"
#include "client/feeders/sdmx/sdmx_sections.h"
#include "client/feeders/sdmx/sdmx_structure.h"
#include "client/feeders/sdmx/sdmx_value.h"

namespace tidewaiter::feeders {

// What a user says of an SDMX message in FeedOptions::columns. Immutable.
struct SdmxWishes {
  std::vector<std::string> dimensions;  // "dimensions": ids in key order, without time; empty: the message's
  std::vector<std::string> measures;    // "measures"; empty: OBS_VALUE, or what the message says
  std::string published;  // "published": the component, or attribute of data sets, that tells it

  // INVALID_ARGUMENT for any other key, and for a measure or dimension that is named twice.
  static absl::StatusOr<SdmxWishes> FromOptions(const FeedOptions& options);
};

// Where something stands in a message.
struct SdmxPlace {
  std::uint64_t line = 0;  // 0: not known
  std::string_view
      path;  // put before the component's id: "dataSets[0].series.0:1.observations.3."; may be empty
  std::string_view row;      // the text to give back if it is refused; may be empty
  std::uint64_t record = 0;  // the observation's number in the file, from 1, where a line may hold many
};

// The series key of a data set: its dimensions, then constants of the options, then units (an empty one is
// the code _X, not specified), then, if the structure has several measures, "measure". Ids in lower case,
// time left out. Other attributes stand in the note: "DECIMALS=2; TITLE=Exports". Not thread-safe.
class SdmxMessage {
 public:
  // Error: the options do not fit, or nothing tells when it was published. Both must outlive it.
  static absl::StatusOr<std::unique_ptr<SdmxMessage>> Begin(const FeedOptions& options, FeedSink& sink);
  const SdmxWishes& wishes() const { return wishes_; }

  // A data set, as `plan` sees its components; several may be of one structure. Returns its index. Error: two
  // structures that are one dataset with different dimensions, more dimensions than a dataset may have.
  absl::StatusOr<std::size_t> AddDataSet(const StructureRef& structure, std::string_view title,
                                         SdmxPlan plan);
  // Components may be added to a plan; they go where AddByPart puts them, a unit to the attributes.
  std::size_t AddComponent(std::size_t set, std::string id);
  const SdmxPlan& plan(std::size_t set) const { return sets_[set].plan; }

  // In all three, `texts` has one text a component of the plan; a shorter one has nothing in the rest.
  // Problems go to the sink; an error is the sink's, or a limit. Attributes of a partial key: what of
  // dimensions and time is not empty.
  absl::Status AddGroup(std::size_t set, const std::vector<std::string_view>& texts);
  // One observation; counts as one row. `published`: of the data set, if the user named an attribute of it.
  absl::Status State(std::size_t set, const std::vector<std::string_view>& texts, SdmxEmpty empty,
                     const SdmxPlace& place);
  // The deletion of one observation, or of all that agree with what is not empty; counts as one row.
  absl::Status Delete(std::size_t set, const std::vector<std::string_view>& texts, const SdmxPlace& place);
  absl::Status Finish() { return sections_.Finish(); }

  // The time of publication of what comes next, for messages whose data sets tell it; see
  // SdmxWishes::published.
  absl::Status SetPublished(std::string_view text, std::string_view where);
  void Refuse(std::vector<Problem> problems, const SdmxPlace& place);

 private:
  struct KeyPart {
    std::optional<std::size_t> component;  // none: a constant, or the measure
    std::string id;                        // as the message names it
    std::string fallback;                  // in place of an empty text; empty: refused
    bool is_measure = false;
  };
  struct DataSet {
    SdmxPlan plan;
    std::vector<KeyPart> key;
    std::vector<std::string> measure_codes;  // as codes, one a measure
    std::optional<std::size_t> frequency;    // component
    std::size_t dataset = 0;                 // of the sink
    std::string dataset_id;
    SdmxGroups groups;
  };
  struct Dataset {
    std::size_t index = 0;
    std::vector<std::string> dimensions;
  };
  // What of a row is not a value.
  struct Row {
    Period period;
    std::size_t release = 0;
  };

  SdmxMessage(const FeedOptions& options, FeedSink& sink, SdmxWishes wishes)
      : options_(options), sink_(sink), wishes_(std::move(wishes)), sections_(&sink) {}

  absl::Status MakeKey(DataSet& set) const;
  absl::Status Declare(const StructureRef& structure, std::string_view title, DataSet& set);
  absl::StatusOr<std::size_t> ReleaseOf(const Publication& publication, const DataSet& set);
  void Fail(const SdmxPlace& place, std::string_view component, std::string_view description);
  bool ReadCode(const SdmxPlace& place, const KeyPart& part, std::string_view text);
  std::optional<Period> ReadPeriod(const DataSet& set, const SdmxPlace& place);
  void ReadKey(const DataSet& set, const SdmxPlace& place);
  void ReadNote(const DataSet& set, const SdmxPlace& place);
  void ReadValues(const DataSet& set, SdmxEmpty empty, const SdmxPlace& place);
  absl::StatusOr<std::optional<std::size_t>> ReadRelease(const DataSet& set, const SdmxPlace& place);
  std::string_view ConfOf(const DataSet& set, const SdmxPlace& place);
  bool DeletesAttributesOnly(const DataSet& set) const;
  absl::Status DeleteCells(const DataSet& set, const Row& row, const SdmxPlace& place);
  absl::Status DeleteSlice(const DataSet& set, std::optional<Period> period, std::size_t release);
  bool IsExact(const DataSet& set, std::optional<Period> period, const SdmxPlace& place);
  std::string_view Text(std::size_t component) const {
    return component < texts_->size() ? (*texts_)[component] : std::string_view();
  }
  std::string_view Text(const std::optional<std::size_t>& component) const {
    return component ? Text(*component) : std::string_view();
  }

  const FeedOptions& options_;
  FeedSink& sink_;
  SdmxWishes wishes_;
  SdmxSections sections_;
  std::vector<DataSet> sets_;
  std::map<std::string, Dataset> datasets_;
  absl::flat_hash_map<std::string, std::size_t> releases_;  // by publication
  // Of what comes next, unless its row tells; and its release, once there is something in it.
  std::optional<Publication> publication_;
  std::optional<std::size_t> release_;

  // Of the row at hand.
  const std::vector<std::string_view>* texts_ = nullptr;
  std::vector<std::string_view> filled_;
  std::vector<std::string_view> codes_;
  std::vector<std::pair<std::size_t, SdmxValue>> values_;  // measure, value
  std::string note_;
  std::vector<Problem> problems_;
  // The period that was read last: rows come in runs.
  std::string last_time_, last_frequency_, last_year_start_;
  Period last_period_;
};

}  // namespace tidewaiter::feeders
