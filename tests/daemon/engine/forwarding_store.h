// A store that passes everything on: for tests that count, delay or break some of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace tidewaiter::engine {

// Does not own the store it passes on to. As thread-safe as that is.
class ForwardingStore : public storage::Store {
 public:
  explicit ForwardingStore(storage::Store* to) : to_(*to) {}

  storage::LogId log_id() const override { return to_.log_id(); }
  Sequence head() const override { return to_.head(); }
  absl::StatusOr<storage::PushOutcome> Push(const Release& release, Instant accepted_at) override {
    return to_.Push(release, accepted_at);
  }
  absl::StatusOr<std::unique_ptr<storage::Upload>> BeginUpload(const ReleaseHeader& header,
                                                               Instant accepted_at) override {
    return to_.BeginUpload(header, accepted_at);
  }
  absl::StatusOr<storage::LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                            std::string_view reason, Instant accepted_at) override {
    return to_.Retract(agency, release_id, reason, accepted_at);
  }
  absl::StatusOr<storage::LogEntry> GetEntry(Sequence sequence) const override {
    return to_.GetEntry(sequence);
  }
  absl::StatusOr<Instant> PublishedAt(Sequence sequence) const override { return to_.PublishedAt(sequence); }
  absl::StatusOr<storage::LogEntry> FindRelease(std::string_view agency,
                                                std::string_view release_id) const override {
    return to_.FindRelease(agency, release_id);
  }
  absl::StatusOr<std::vector<storage::LogEntry>> ListEntries(std::string_view dataset, Sequence after,
                                                             std::size_t limit) const override {
    return to_.ListEntries(dataset, after, limit);
  }
  absl::StatusOr<storage::ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const override {
    return to_.ReadPart(sequence, part);
  }
  absl::StatusOr<storage::ResumePoint> PointAt(Sequence sequence) const override {
    return to_.PointAt(sequence);
  }
  absl::Status Verify(const storage::ResumePoint& point) const override { return to_.Verify(point); }
  void SetHeadListener(std::function<void(Sequence)> listener) override {
    to_.SetHeadListener(std::move(listener));
  }
  absl::StatusOr<storage::DatasetInfo> PutDataset(const DatasetDefinition& definition) override {
    return to_.PutDataset(definition);
  }
  absl::StatusOr<storage::DatasetInfo> GetDataset(std::string_view id) const override {
    return to_.GetDataset(id);
  }
  std::vector<storage::DatasetInfo> ListDatasets() const override { return to_.ListDatasets(); }
  absl::StatusOr<storage::SeriesEntry> FindSeries(std::string_view dataset,
                                                  std::string_view key) const override {
    return to_.FindSeries(dataset, key);
  }
  absl::StatusOr<std::vector<storage::SeriesEntry>> ListSeries(std::string_view dataset,
                                                               const Selector& selector,
                                                               std::string_view after,
                                                               std::size_t limit) const override {
    return to_.ListSeries(dataset, selector, after, limit);
  }
  std::uint64_t CountSeries() const override { return to_.CountSeries(); }
  absl::StatusOr<std::string> KeyOf(storage::SeriesId series) const override { return to_.KeyOf(series); }
  absl::StatusOr<std::string> Text(TextId id) const override { return to_.Text(id); }
  absl::Status ReadCells(storage::SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    return to_.ReadCells(series, vintage, range, fold);
  }
  absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(storage::SeriesId series, Sequence sequence,
                                                              const PeriodRange& range) const override {
    return to_.ReadStatements(series, sequence, range);
  }
  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          absl::FunctionRef<bool(const Period&)> wanted,
                          std::vector<storage::PeriodSlice>* slices) const override {
    return to_.ReadSlices(dataset, range, vintage, wanted, slices);
  }

  absl::Status PutAnnexes(std::string_view table, std::span<const storage::AnnexRecord> records) override {
    return to_.PutAnnexes(table, records);
  }
  absl::StatusOr<std::optional<std::string>> GetAnnex(std::string_view table,
                                                      std::string_view key) const override {
    return to_.GetAnnex(table, key);
  }
  absl::StatusOr<std::vector<storage::AnnexRecord>> ScanAnnexes(std::string_view table,
                                                                std::string_view prefix,
                                                                std::string_view after,
                                                                std::size_t limit) const override {
    return to_.ScanAnnexes(table, prefix, after, limit);
  }

  storage::StoreStatus Status() const override { return to_.Status(); }
  absl::Status VerifyAll() const override { return to_.VerifyAll(); }

 private:
  storage::Store& to_;
};

}  // namespace tidewaiter::engine
