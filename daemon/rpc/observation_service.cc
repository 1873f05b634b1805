#include "daemon/rpc/observation_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/cell_fields.h"
#include "daemon/rpc/page_token.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/read_request.h"
#include "daemon/rpc/stream_call.h"
#include "daemon/rpc/unary.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/row.h"

namespace tidewaiter::rpc {
namespace {

constexpr std::size_t kSeriesBetweenChecks = 64;

absl::StatusOr<bool> WantsRows(v1::Format format) {
  switch (format) {
    case v1::FORMAT_UNSPECIFIED:
    case v1::FORMAT_COLUMNS:
      return false;
    case v1::FORMAT_ROWS:
      return true;
    default:
      return InvalidField("format", absl::StrCat("there is no format number ", static_cast<int>(format)));
  }
}

// The reader of a paged read, where its last page ended.
template <typename Request>
absl::StatusOr<engine::SeriesReader> OpenPage(const Backend& backend, const Request& request,
                                              PageToken* token) {
  TW_ASSIGN_OR_RETURN(engine::ReadInput input, ToReadInput(request));
  if (!request.page_token().empty()) {
    TW_ASSIGN_OR_RETURN(*token, DecodePageToken(request.page_token(), request));
    input.vintage = VintageOf(*token);
  }
  TW_ASSIGN_OR_RETURN(engine::SeriesReader reader, backend.queries.Open(input, token->after));
  token->vintage = reader.vintage();
  return reader;
}

// The cells of the series that a reader stands at, as columns.
absl::Status AddCells(engine::SeriesReader& reader, CellFields& blocks) {
  const std::string& key = reader.series().key;
  TW_ASSIGN_OR_RETURN(const PlainCells* const columns, reader.Columns());
  if (columns != nullptr) return columns->empty() ? absl::OkStatus() : blocks.Add(key, *columns);
  return reader.read_cells().empty() ? absl::OkStatus() : blocks.Add(key, reader.read_cells());
}

// Cells on their way into an answer, as rows or as columns.
class CellPage {
 public:
  // Columns go to `fields`, as they stand on the wire.
  CellPage(const Backend& backend, bool rows, bool omit_texts, v1::GetObservationsResponse* response,
           std::string* fields)
      : lookup_(backend.lookup),
        rows_(rows),
        omit_texts_(omit_texts),
        response_(response),
        fields_(*fields),
        blocks_(&lookup_, omit_texts, v1::GetObservationsResponse::kBlocksFieldNumber) {}

  // The cells of the series that the reader stands at.
  absl::Status Add(engine::SeriesReader& reader) {
    if (!rows_) return AddCells(reader, blocks_);
    const std::string& key = reader.series().key;
    TW_ASSIGN_OR_RETURN(const std::vector<CellState>* const cells, reader.Cells());
    for (const CellState& cell : *cells) {
      v1::Observation* row = response_->add_observations();
      TW_RETURN_IF_ERROR(convert::FillRow(key, cell, lookup_, omit_texts_, row));
      row_bytes_ += row->ByteSizeLong() + 4;
    }
    return absl::OkStatus();
  }
  bool Full(std::size_t page_size) const {
    const std::size_t cells =
        rows_ ? static_cast<std::size_t>(response_->observations_size()) : blocks_.cells();
    return cells >= page_size || (rows_ ? row_bytes_ : blocks_.bytes()) >= kPageBytes;
  }
  absl::Status Finish() {
    std::vector<std::string> blocks;
    TW_RETURN_IF_ERROR(blocks_.Finish(&blocks));
    for (std::string& block : blocks) {
      if (fields_.empty()) {
        fields_ = std::move(block);
      } else {
        fields_.append(block);
      }
    }
    return absl::OkStatus();
  }

 private:
  const convert::Lookup& lookup_;
  const bool rows_;
  const bool omit_texts_;
  v1::GetObservationsResponse* const response_;
  std::string& fields_;
  CellFields blocks_;
  std::size_t row_bytes_ = 0;
};

// Names a few series and no pattern.
bool IsPointRead(const v1::GetObservationsRequest& request) {
  constexpr int kFew = 4;
  if (request.keys().empty() || request.keys_size() > kFew) return false;
  return std::all_of(request.keys().begin(), request.keys().end(), NamesOneSeries);
}

absl::Status HandleGetObservations(Call& call, const v1::GetObservationsRequest& request,
                                   v1::GetObservationsResponse* response) {
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const bool rows, WantsRows(request.format()));
  TW_ASSIGN_OR_RETURN(const std::size_t page_size,
                      PageSize(request.page_size(), rows ? limits::kDefaultPageSize : limits::kMaxPageSize));
  PageToken token;
  TW_ASSIGN_OR_RETURN(engine::SeriesReader reader, OpenPage(backend, request, &token));
  convert::FillWire(reader.vintage(), response->mutable_vintage());
  CellPage page(backend, rows, request.omit_texts(), response, &call.more_fields());
  TW_ASSIGN_OR_RETURN(bool more, reader.Next());
  for (std::size_t looked_at = 1; more; ++looked_at) {
    if (looked_at % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(call.CheckAlive());
    TW_RETURN_IF_ERROR(page.Add(reader));
    token.after = reader.series().key;
    TW_ASSIGN_OR_RETURN(more, reader.Next());
    if (page.Full(page_size) || looked_at == kSeriesPerPage) break;
  }
  if (more) response->set_next_page_token(EncodePageToken(token, request));
  return page.Finish();
}

// Fills one page of history; true if there is more. `token` is where it begins, and becomes where the next
// one does.
absl::StatusOr<bool> FillHistory(Call& call, const HistoryAsked& asked, std::size_t page_size,
                                 engine::SeriesReader& reader, PageToken* token,
                                 v1::GetHistoryResponse* response) {
  const convert::Lookup& lookup = call.backend().lookup;
  std::size_t bytes = 0;
  for (std::size_t looked_at = 1;; ++looked_at) {
    TW_ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) return false;
    if (looked_at % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(call.CheckAlive());
    const std::string& key = reader.series().key;
    TW_ASSIGN_OR_RETURN(const std::vector<HistoryEntry> entries, reader.History(asked.type, asked.n));
    for (std::size_t i = token->split == key ? token->skip : 0; i < entries.size(); ++i) {
      if (static_cast<std::size_t>(response->entries_size()) >= page_size || bytes >= kPageBytes) {
        token->split = key;
        token->skip = static_cast<std::uint32_t>(i);
        return true;
      }
      v1::HistoryEntry* row = response->add_entries();
      TW_RETURN_IF_ERROR(convert::FillHistoryRow(key, entries[i], lookup, row));
      bytes += row->ByteSizeLong() + 4;
    }
    token->after = key;
    if (looked_at == kSeriesPerPage) return true;
  }
}

absl::Status HandleGetHistory(Call& call, const v1::GetHistoryRequest& request,
                              v1::GetHistoryResponse* response) {
  TW_ASSIGN_OR_RETURN(const HistoryAsked asked, ToHistoryAsked(request.type(), request.n()));
  TW_ASSIGN_OR_RETURN(const std::size_t page_size, PageSize(request.page_size(), limits::kDefaultPageSize));
  PageToken token;
  TW_ASSIGN_OR_RETURN(engine::SeriesReader reader, OpenPage(call.backend(), request, &token));
  convert::FillWire(reader.vintage(), response->mutable_vintage());
  TW_ASSIGN_OR_RETURN(const bool more, FillHistory(call, asked, page_size, reader, &token, response));
  if (more) response->set_next_page_token(EncodePageToken(token, request));
  return absl::OkStatus();
}

// Blocks of cells, one a message.
class CellSource final : public MessageSource {
 public:
  CellSource(const Backend& backend, engine::SeriesReader reader, bool omit_texts)
      : message_bytes_(backend.options.stream_message_bytes),
        reader_(std::move(reader)),
        blocks_(&backend.lookup, omit_texts, v1::StreamObservationsResponse::kBlockFieldNumber) {}

  absl::StatusOr<std::optional<grpc::ByteBuffer>> Next(const Call& call) override {
    TW_RETURN_IF_ERROR(Fill(call));
    v1::StreamObservationsResponse response;
    if (first_) *response.mutable_vintage() = convert::ToWire(reader_.vintage());
    std::string block;
    if (at_ < ready_.size()) {
      block = std::move(ready_[at_++]);
    } else if (!first_) {
      return std::nullopt;
    }
    first_ = false;
    return std::optional<grpc::ByteBuffer>(Serialize(response, std::move(block)));
  }

 private:
  // Until there is a block to send, or no more series.
  absl::Status Fill(const Call& call) {
    if (at_ < ready_.size()) return absl::OkStatus();
    ready_.clear();
    at_ = 0;
    for (std::size_t looked_at = 1; !end_ && blocks_.bytes() < message_bytes_; ++looked_at) {
      if (looked_at % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(call.CheckAlive());
      TW_ASSIGN_OR_RETURN(const bool more, reader_.Next());
      end_ = !more;
      if (end_) break;
      TW_RETURN_IF_ERROR(AddCells(reader_, blocks_));
    }
    return blocks_.Finish(&ready_);
  }

  const std::size_t message_bytes_;
  engine::SeriesReader reader_;
  std::vector<std::string> ready_;  // fields of the messages to come, one each
  CellFields blocks_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool end_ = false;
};

// Entries of history, many a message.
class HistorySource final : public MessageSource {
 public:
  HistorySource(const Backend& backend, engine::SeriesReader reader, HistoryAsked asked)
      : backend_(backend), reader_(std::move(reader)), asked_(asked) {}

  absl::StatusOr<std::optional<grpc::ByteBuffer>> Next(const Call& call) override {
    v1::StreamHistoryResponse response;
    TW_RETURN_IF_ERROR(Fill(call, &response));
    if (response.entries().empty() && !first_) return std::nullopt;
    if (first_) *response.mutable_vintage() = convert::ToWire(reader_.vintage());
    first_ = false;
    return std::optional<grpc::ByteBuffer>(Serialize(response));
  }

 private:
  absl::Status Fill(const Call& call, v1::StreamHistoryResponse* response) {
    std::size_t bytes = 0;
    for (std::size_t looked_at = 1; !end_ && bytes < backend_.options.stream_message_bytes; ++looked_at) {
      if (looked_at % kSeriesBetweenChecks == 0) TW_RETURN_IF_ERROR(call.CheckAlive());
      if (at_ == entries_.size()) TW_RETURN_IF_ERROR(Advance());
      for (; at_ < entries_.size() && bytes < backend_.options.stream_message_bytes; ++at_) {
        v1::HistoryEntry* row = response->add_entries();
        TW_RETURN_IF_ERROR(
            convert::FillHistoryRow(reader_.series().key, entries_[at_], backend_.lookup, row));
        bytes += row->ByteSizeLong() + 4;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Advance() {
    entries_.clear();
    at_ = 0;
    TW_ASSIGN_OR_RETURN(const bool more, reader_.Next());
    end_ = !more;
    if (end_) return absl::OkStatus();
    TW_ASSIGN_OR_RETURN(entries_, reader_.History(asked_.type, asked_.n));
    return absl::OkStatus();
  }

  const Backend& backend_;
  engine::SeriesReader reader_;
  const HistoryAsked asked_;
  std::vector<HistoryEntry> entries_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool end_ = false;
};

absl::StatusOr<std::unique_ptr<MessageSource>> OpenCells(Call& call, const grpc::ByteBuffer& bytes) {
  v1::StreamObservationsRequest request;
  TW_RETURN_IF_ERROR(Parse(bytes, convert::kSmallRequest, &request));
  TW_ASSIGN_OR_RETURN(const engine::ReadInput input, ToReadInput(request));
  TW_ASSIGN_OR_RETURN(engine::SeriesReader reader, call.backend().queries.Open(input));
  return std::make_unique<CellSource>(call.backend(), std::move(reader), request.omit_texts());
}

absl::StatusOr<std::unique_ptr<MessageSource>> OpenHistory(Call& call, const grpc::ByteBuffer& bytes) {
  v1::StreamHistoryRequest request;
  TW_RETURN_IF_ERROR(Parse(bytes, convert::kSmallRequest, &request));
  TW_ASSIGN_OR_RETURN(const HistoryAsked asked, ToHistoryAsked(request.type(), request.n()));
  TW_ASSIGN_OR_RETURN(const engine::ReadInput input, ToReadInput(request));
  TW_ASSIGN_OR_RETURN(engine::SeriesReader reader, call.backend().queries.Open(input));
  return std::make_unique<HistorySource>(call.backend(), std::move(reader), asked);
}

}  // namespace

grpc::ServerUnaryReactor* ObservationService::GetObservations(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetObservationsRequest, v1::GetObservationsResponse>(
      backend_, context, Method::kGetObservations, request, response, HandleGetObservations,
      convert::kSmallRequest, IsPointRead);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ObservationService::StreamObservations(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return new StreamCall(&backend_, context, Method::kStreamObservations, request, OpenCells);
}

grpc::ServerUnaryReactor* ObservationService::GetHistory(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetHistoryRequest, v1::GetHistoryResponse>(backend_, context, Method::kGetHistory,
                                                                   request, response, HandleGetHistory);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ObservationService::StreamHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return new StreamCall(&backend_, context, Method::kStreamHistory, request, OpenHistory);
}

}  // namespace tidewaiter::rpc
