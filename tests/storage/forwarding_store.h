// A store that hands everything on to another: to be wrong in one thing, override that.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace tidewaiter::storage {

class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  LogId log_id() const override { return inner_->log_id(); }
  Sequence head() const override { return inner_->head(); }
  absl::StatusOr<PushOutcome> Push(const Release& release, Instant accepted_at) override {
    return inner_->Push(release, accepted_at);
  }
  absl::StatusOr<std::unique_ptr<Upload>> BeginUpload(const ReleaseHeader& header,
                                                      Instant accepted_at) override {
    return inner_->BeginUpload(header, accepted_at);
  }
  absl::StatusOr<LogEntry> Retract(std::string_view agency, std::string_view release_id,
                                   std::string_view reason, Instant accepted_at) override {
    return inner_->Retract(agency, release_id, reason, accepted_at);
  }
  absl::StatusOr<LogEntry> GetEntry(Sequence sequence) const override { return inner_->GetEntry(sequence); }
  absl::StatusOr<Instant> PublishedAt(Sequence sequence) const override {
    return inner_->PublishedAt(sequence);
  }
  absl::StatusOr<LogEntry> FindRelease(std::string_view agency, std::string_view release_id) const override {
    return inner_->FindRelease(agency, release_id);
  }
  absl::StatusOr<std::vector<LogEntry>> ListEntries(std::string_view dataset, Sequence after,
                                                    std::size_t limit) const override {
    return inner_->ListEntries(dataset, after, limit);
  }
  absl::StatusOr<ReleasePart> ReadPart(Sequence sequence, std::uint32_t part) const override {
    return inner_->ReadPart(sequence, part);
  }
  absl::StatusOr<ResumePoint> PointAt(Sequence sequence) const override { return inner_->PointAt(sequence); }
  absl::Status Verify(const ResumePoint& point) const override { return inner_->Verify(point); }
  void SetHeadListener(std::function<void(Sequence)> listener) override {
    inner_->SetHeadListener(std::move(listener));
  }

  absl::StatusOr<DatasetInfo> PutDataset(const DatasetDefinition& definition) override {
    return inner_->PutDataset(definition);
  }
  absl::StatusOr<DatasetInfo> GetDataset(std::string_view id) const override {
    return inner_->GetDataset(id);
  }
  std::vector<DatasetInfo> ListDatasets() const override { return inner_->ListDatasets(); }
  absl::StatusOr<SeriesEntry> FindSeries(std::string_view dataset, std::string_view key) const override {
    return inner_->FindSeries(dataset, key);
  }
  absl::StatusOr<std::vector<SeriesEntry>> ListSeries(std::string_view dataset, const Selector& selector,
                                                      std::string_view after,
                                                      std::size_t limit) const override {
    return inner_->ListSeries(dataset, selector, after, limit);
  }
  std::uint64_t CountSeries() const override { return inner_->CountSeries(); }
  absl::StatusOr<std::string> KeyOf(SeriesId series) const override { return inner_->KeyOf(series); }
  absl::StatusOr<std::string> Text(TextId id) const override { return inner_->Text(id); }

  absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    return inner_->ReadCells(series, vintage, range, fold);
  }
  absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(SeriesId series, Sequence sequence,
                                                              const PeriodRange& range) const override {
    return inner_->ReadStatements(series, sequence, range);
  }

  absl::Status ReadSlices(std::string_view dataset, const PeriodRange& range, const Vintage& vintage,
                          absl::FunctionRef<bool(const Period&)> wanted,
                          std::vector<PeriodSlice>* slices) const override {
    return inner_->ReadSlices(dataset, range, vintage, wanted, slices);
  }

  absl::Status PutAnnexes(std::string_view table, std::span<const AnnexRecord> records) override {
    return inner_->PutAnnexes(table, records);
  }
  absl::StatusOr<std::optional<std::string>> GetAnnex(std::string_view table,
                                                      std::string_view key) const override {
    return inner_->GetAnnex(table, key);
  }
  absl::StatusOr<std::vector<AnnexRecord>> ScanAnnexes(std::string_view table, std::string_view prefix,
                                                       std::string_view after,
                                                       std::size_t limit) const override {
    return inner_->ScanAnnexes(table, prefix, after, limit);
  }

  StoreStatus Status() const override { return inner_->Status(); }
  absl::Status VerifyAll() const override { return inner_->VerifyAll(); }

 private:
  std::unique_ptr<Store> inner_;
};

}  // namespace tidewaiter::storage
