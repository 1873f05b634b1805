#include "daemon/rpc/dataset_service.h"

#include <optional>
#include <string>
#include <utility>

#include "daemon/rpc/page_token.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/unary.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "proto/convert/dataset.h"

namespace tidewaiter::rpc {
namespace {

constexpr std::size_t kSeriesSlice = 1000;

absl::Status HandleCreate(Call& call, const v1::CreateDatasetRequest& request,
                          v1::CreateDatasetResponse* response) {
  TW_RETURN_IF_ERROR(call.backend().CheckNotDraining());
  absl::StatusOr<DatasetDefinition> definition = convert::FromWire(request.dataset());
  if (!definition.ok()) return PrefixFields(definition.status(), "dataset");
  const absl::StatusOr<storage::DatasetInfo> info = call.backend().intake.PutDataset(*std::move(definition));
  if (!info.ok()) return PrefixFields(info.status(), "dataset");
  *response->mutable_dataset() = convert::ToWire(info->definition, info->version);
  return absl::OkStatus();
}

absl::Status HandleGet(Call& call, const v1::GetDatasetRequest& request, v1::GetDatasetResponse* response) {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, call.backend().store->GetDataset(request.id()));
  *response->mutable_dataset() = convert::ToWire(info.definition, info.version);
  return absl::OkStatus();
}

absl::Status HandleList(Call& call, const v1::ListDatasetsRequest& request,
                        v1::ListDatasetsResponse* response) {
  for (const storage::DatasetInfo& info : call.backend().store->ListDatasets()) {
    *response->add_datasets() = convert::ToWire(info.definition, info.version);
  }
  return absl::OkStatus();
}

absl::StatusOr<Selector> SelectorOf(const v1::SeriesSelector& message, const DatasetDefinition& dataset) {
  absl::StatusOr<Selector> selector = Selector::Parse(message.key());
  if (!selector.ok()) return PrefixFields(selector.status(), "selector.key");
  TW_RETURN_IF_ERROR(PrefixFields(selector->Validate(dataset.dimensions.size()), "selector.key"));
  return selector;
}

// Adds series until the page is full; true if there may be more.
absl::StatusOr<bool> FillSeries(Call& call, const DatasetDefinition& dataset, const Selector& selector,
                                std::size_t page_size, std::string after, v1::ListSeriesResponse* response) {
  std::size_t bytes = 0;
  while (true) {
    TW_RETURN_IF_ERROR(call.CheckAlive());
    TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> slice,
                        call.backend().store->ListSeries(dataset.id, selector, after, kSeriesSlice));
    for (const storage::SeriesEntry& entry : slice) {
      if (static_cast<std::size_t>(response->series_size()) == page_size || bytes > kPageBytes) return true;
      v1::ListSeriesResponse::Series* series = response->add_series();
      series->set_key(entry.key);
      series->set_unit(UnitOf(dataset, entry.key));
      bytes += entry.key.size() + series->unit().size() + 8;
    }
    if (slice.size() < kSeriesSlice) return false;
    after = slice.back().key;
  }
}

absl::Status HandleListSeries(Call& call, const v1::ListSeriesRequest& request,
                              v1::ListSeriesResponse* response) {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info,
                      call.backend().store->GetDataset(request.selector().dataset()));
  TW_ASSIGN_OR_RETURN(const Selector selector, SelectorOf(request.selector(), info.definition));
  TW_ASSIGN_OR_RETURN(const std::size_t page_size, PageSize(request.page_size(), limits::kDefaultPageSize));
  PageToken token;
  if (!request.page_token().empty()) {
    TW_ASSIGN_OR_RETURN(token, DecodePageToken(request.page_token(), request));
  }
  TW_ASSIGN_OR_RETURN(const bool more,
                      FillSeries(call, info.definition, selector, page_size, token.after, response));
  if (more) {
    token.after = response->series(response->series_size() - 1).key();
    response->set_next_page_token(EncodePageToken(token, request));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* DatasetService::CreateDataset(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  return ServeUnary<v1::CreateDatasetRequest, v1::CreateDatasetResponse>(
      backend_, context, Method::kCreateDataset, request, response, HandleCreate);
}

grpc::ServerUnaryReactor* DatasetService::GetDataset(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetDatasetRequest, v1::GetDatasetResponse>(backend_, context, Method::kGetDataset,
                                                                   request, response, HandleGet);
}

grpc::ServerUnaryReactor* DatasetService::ListDatasets(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListDatasetsRequest, v1::ListDatasetsResponse>(
      backend_, context, Method::kListDatasets, request, response, HandleList);
}

grpc::ServerUnaryReactor* DatasetService::ListSeries(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListSeriesRequest, v1::ListSeriesResponse>(backend_, context, Method::kListSeries,
                                                                   request, response, HandleListSeries);
}

}  // namespace tidewaiter::rpc
