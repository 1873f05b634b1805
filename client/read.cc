// Client: reading observations and their history.
#include <utility>

#include "client/client.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "proto/convert/enums.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {
namespace {

template <typename Request, typename Query>
void SetQuery(const Query& query, Request* request) {
  request->set_dataset(query.dataset);
  for (const std::string& key : query.keys) request->add_keys(key);
  *request->mutable_vintage() = ToWire(query.vintage);
  *request->mutable_periods() = convert::ToWire(query.periods);
}

// Hands every message of a stream to `take`, until it fails; returns the vintage that the stream names.
template <typename Message, typename Take>
absl::StatusOr<Vintage> Drain(grpc::ClientContext* context, grpc::ClientReader<Message>* stream, Take take) {
  Vintage vintage;
  absl::Status taken;
  Message message;
  while (taken.ok() && stream->Read(&message)) {
    if (message.has_vintage()) {
      absl::StatusOr<Vintage> named = FromWire(message.vintage());
      taken = named.status();
      if (named.ok()) vintage = *named;
    }
    if (taken.ok()) taken = take(message);
  }
  if (!taken.ok()) context->TryCancel();
  const absl::Status finished = convert::FromGrpc(stream->Finish());
  TW_RETURN_IF_ERROR(taken);
  TW_RETURN_IF_ERROR(finished);
  return vintage;
}

}  // namespace

absl::StatusOr<ReadPage> Client::Read(const ReadQuery& query, std::uint32_t page_size,
                                      std::string_view page_token, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetObservationsRequest request;
  SetQuery(query, &request);
  request.set_omit_texts(query.omit_texts);
  request.set_format(v1::FORMAT_COLUMNS);
  request.set_page_size(page_size);
  request.set_page_token(std::string(page_token));
  v1::GetObservationsResponse response;
  TW_RETURN_IF_ERROR(
      convert::FromGrpc(core_->observations->GetObservations(call.context(), request, &response)));
  ReadPage page;
  TW_ASSIGN_OR_RETURN(page.vintage, FromWire(response.vintage()));
  BlockReader reader;
  for (const v1::ObservationBlock& block : response.blocks()) {
    TW_ASSIGN_OR_RETURN(std::vector<SeriesCells>* const series, reader.Read(block));
    for (SeriesCells& cells : *series) {
      if (page.series.empty() || page.series.back().series != cells.series) {
        page.series.push_back(std::move(cells));
        continue;
      }
      std::vector<Cell>& to = page.series.back().cells;
      to.insert(to.end(), std::make_move_iterator(cells.cells.begin()),
                std::make_move_iterator(cells.cells.end()));
    }
  }
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

absl::StatusOr<Vintage> Client::StreamRead(const ReadQuery& query, const SeriesRun& run,
                                           const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kStream, options);
  v1::StreamObservationsRequest request;
  SetQuery(query, &request);
  request.set_omit_texts(query.omit_texts);
  auto stream = core_->observations->StreamObservations(call.context(), request);
  BlockReader reader;
  return Drain<v1::StreamObservationsResponse>(
      call.context(), stream.get(), [&](const v1::StreamObservationsResponse& message) -> absl::Status {
        if (!message.has_block()) return absl::OkStatus();
        TW_ASSIGN_OR_RETURN(std::vector<SeriesCells>* const series, reader.Read(message.block()));
        for (SeriesCells& cells : *series) TW_RETURN_IF_ERROR(run(cells));
        return absl::OkStatus();
      });
}

absl::StatusOr<Vintage> Client::StreamHistory(const HistoryQuery& query, const HistorySink& sink,
                                              const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kStream, options);
  v1::StreamHistoryRequest request;
  SetQuery(query, &request);
  request.set_type(convert::ToWire(query.type));
  if (query.type == HistoryType::kNth) request.set_n(static_cast<std::uint32_t>(query.n));
  auto stream = core_->observations->StreamHistory(call.context(), request);
  return Drain<v1::StreamHistoryResponse>(call.context(), stream.get(),
                                          [&](const v1::StreamHistoryResponse& message) -> absl::Status {
                                            for (const v1::HistoryEntry& entry : message.entries()) {
                                              TW_ASSIGN_OR_RETURN(HistoryLine line, FromWire(entry));
                                              TW_RETURN_IF_ERROR(sink(line));
                                            }
                                            return absl::OkStatus();
                                          });
}

}  // namespace tidewaiter::client
