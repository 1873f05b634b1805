#include "daemon/rpc/aggregate_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregates.h"
#include "daemon/rpc/page_token.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/read_request.h"
#include "daemon/rpc/stream_call.h"
#include "daemon/rpc/unary.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/aggregate_block.h"

namespace tidewaiter::rpc {
namespace {

// A request, but for its format and pages.
struct Asked {
  AggregateQuery query;
  engine::VintageInput vintage;
  AggregateView view;
};

// What both requests have. Every violation at once, but for those that only the dataset tells.
template <typename Request>
absl::StatusOr<Asked> ReadCommon(const Request& request, const engine::KeptConventions& conventions) {
  const absl::StatusOr<convert::VintageFields> vintage = convert::FromWire(request.vintage());
  if (!vintage.ok() && !absl::IsInvalidArgument(vintage.status())) {
    return PrefixFields(vintage.status(), "vintage");
  }
  const absl::StatusOr<AggregateQuery> query = convert::FromWire(request.query());
  const absl::StatusOr<PeriodRange> months = convert::FromWire(request.months());
  const absl::StatusOr<RealTime> real_time = convert::FromWire(request.real_time());
  const absl::StatusOr<Ranking> ranking = convert::FromWire(request.ranking());
  Violations violations;
  violations.Add("query", query.status());
  violations.Add("vintage", vintage.status());
  violations.Add("months", months.status());
  violations.Add("real_time", real_time.status());
  violations.Add("ranking", ranking.status());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  absl::StatusOr<AggregateQuery> complete = conventions.Complete(*query);
  if (!complete.ok()) return PrefixFields(complete.status(), "query");
  Asked asked{.query = *std::move(complete), .vintage = ToInput(*vintage), .view = {}};
  asked.view.months = *months;
  asked.view.real_time = *real_time;
  if (request.has_ranking()) asked.view.ranking = *ranking;
  return asked;
}

absl::StatusOr<bool> WantsRows(const v1::GetAggregatesRequest& request) {
  switch (request.format()) {
    case v1::FORMAT_ROWS:
      return true;
    case v1::FORMAT_UNSPECIFIED:
    case v1::FORMAT_COLUMNS:
      break;
    default:
      return InvalidField("format",
                          absl::StrCat("there is no format number ", static_cast<int>(request.format())));
  }
  Violations violations;
  if (request.explain()) violations.Add("explain", "goes with ROWS only");
  if (request.with_published_rates()) violations.Add("with_published_rates", "goes with ROWS only");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return false;
}

// One figure of one series, out of nothing but that: as cheap as a read of its cells.
bool IsPointFigure(const v1::GetAggregatesRequest& request) {
  const v1::AggregateQuery& query = request.query();
  const bool plain =
      !query.sum() && query.group_by().empty() && query.groups().empty() &&
      query.combine() == v1::COMBINE_UNSPECIFIED && query.total().empty() &&
      query.transform() != v1::TRANSFORM_SHARE && query.transform() != v1::TRANSFORM_CONTRIBUTION &&
      query.transform() != v1::TRANSFORM_RATIO && query.transform() != v1::TRANSFORM_UNIT_VALUE;
  return plain && query.keys_size() == 1 && NamesOneSeries(query.keys(0)) && !request.has_ranking() &&
         !request.has_real_time() && !request.explain() && !request.with_published_rates() &&
         !request.months().from().empty() && request.months().from() == request.months().to();
}

// Figures that go into a block at once, at most: between them it is asked whether anybody still waits.
constexpr std::size_t kFiguresAtOnce = 2048;

// Moves figures to blocks.
class BlockWriter {
 public:
  explicit BlockWriter(const convert::Lookup* lookup) : block_(lookup) {}
  // The reader's current figure and, as long as they are plain, those after it; at most `most`.
  absl::Status Add(engine::AggregateReader& reader, std::size_t most) {
    const QuickFigure* const quick = reader.quick();
    if (quick == nullptr) return block_.Add(reader.figure());
    if (!quick->bounded) return block_.Add(*quick);
    most = std::min({most, kFiguresAtOnce, limits::kMaxChunkObservations - block_.figures()});
    TW_RETURN_IF_ERROR(reader.TakeColumns(most, &columns_));
    return block_.Add(columns_);
  }
  convert::AggregateBlockEncoder& block() { return block_; }
  const convert::AggregateBlockEncoder& block() const { return block_; }

 private:
  convert::AggregateBlockEncoder block_;
  QuickColumns columns_;
};

// Figures on their way into an answer, as rows or as columns.
class FigurePage {
 public:
  // `blocks`: where those go, as fields of the response.
  FigurePage(const convert::Lookup& lookup, bool rows, v1::GetAggregatesResponse* response,
             std::string* blocks)
      : lookup_(lookup), rows_(rows), response_(response), blocks_(*blocks), writer_(&lookup) {}

  // The reader's current figure, perhaps some after it. REQUIRES: !Full(page_size).
  absl::Status Add(engine::AggregateReader& reader, std::size_t page_size) {
    if (!rows_) {
      const std::size_t before = writer_.block().figures();
      TW_RETURN_IF_ERROR(writer_.Add(reader, page_size - figures_));
      figures_ += writer_.block().figures() - before;
      if (writer_.block().figures() == limits::kMaxChunkObservations) Close();
      return absl::OkStatus();
    }
    ++figures_;
    v1::Aggregate* row = response_->add_aggregates();
    TW_RETURN_IF_ERROR(convert::FillRow(reader.figure(), lookup_, row));
    bytes_ += row->ByteSizeLong() + 4;
    return absl::OkStatus();
  }
  bool Full(std::size_t page_size) const {
    return figures_ >= page_size || bytes_ + (rows_ ? 0 : writer_.block().bytes()) >= kPageBytes;
  }
  void Close() {
    if (writer_.block().figures() == 0) return;
    bytes_ += writer_.block().bytes();
    writer_.block().FinishField(v1::GetAggregatesResponse::kBlocksFieldNumber, &blocks_);
  }

 private:
  const convert::Lookup& lookup_;
  const bool rows_;
  v1::GetAggregatesResponse* const response_;
  std::string& blocks_;
  BlockWriter writer_;
  std::size_t figures_ = 0;
  std::size_t bytes_ = 0;
};

absl::Status HandleGet(Call& call, const v1::GetAggregatesRequest& request,
                       v1::GetAggregatesResponse* response) {
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const bool rows, WantsRows(request));
  TW_ASSIGN_OR_RETURN(const std::size_t page_size,
                      PageSize(request.page_size(), rows ? limits::kDefaultPageSize : limits::kMaxPageSize));
  TW_ASSIGN_OR_RETURN(Asked asked, ReadCommon(request, backend.conventions));
  asked.view.explain = request.explain();
  asked.view.with_published_rates = request.with_published_rates();
  PageToken token;
  if (!request.page_token().empty()) {
    TW_ASSIGN_OR_RETURN(token, DecodePageToken(request.page_token(), request));
    asked.vintage = VintageOf(token);
  }
  TW_ASSIGN_OR_RETURN(
      const std::unique_ptr<engine::AggregateReader> reader,
      backend.aggregates.Open(asked.query, asked.vintage, asked.view, {token.after, token.split, token.skip},
                              [&call] { return call.CheckAlive(); }));
  token.vintage = reader->vintage();
  *response->mutable_vintage() = convert::ToWire(reader->vintage());
  *response->mutable_query() = convert::ToWire(reader->query());
  FigurePage page(backend.lookup, rows, response, &call.more_fields());
  for (;;) {
    const bool full = page.Full(page_size);
    engine::AggregatePosition position;
    if (full) position = reader->position();
    TW_ASSIGN_OR_RETURN(const bool more, reader->Next());
    if (!more) break;
    if (full) {  // and one more waits
      token.after = position.after;
      token.split = position.split;
      token.skip = static_cast<std::uint32_t>(position.skip);
      response->set_next_page_token(EncodePageToken(token, request));
      break;
    }
    TW_RETURN_IF_ERROR(page.Add(*reader, page_size));
  }
  page.Close();
  return absl::OkStatus();
}

// Blocks of figures, one a message.
class FigureSource final : public MessageSource {
 public:
  FigureSource(const Backend& backend, std::unique_ptr<engine::AggregateReader> reader)
      : message_bytes_(backend.options.stream_message_bytes),
        reader_(std::move(reader)),
        writer_(&backend.lookup) {}

  absl::StatusOr<std::optional<grpc::ByteBuffer>> Next(const Call& call) override {
    convert::AggregateBlockEncoder& block = writer_.block();
    while (!end_ && block.bytes() < message_bytes_ && block.figures() < limits::kMaxChunkObservations) {
      TW_ASSIGN_OR_RETURN(const bool more, reader_->Next());
      end_ = !more;
      if (more) TW_RETURN_IF_ERROR(writer_.Add(*reader_, kFiguresAtOnce));
    }
    if (block.figures() == 0 && !first_) return std::nullopt;
    v1::StreamAggregatesResponse response;
    if (first_) {
      *response.mutable_vintage() = convert::ToWire(reader_->vintage());
      *response.mutable_query() = convert::ToWire(reader_->query());
    }
    first_ = false;
    std::string field;
    if (block.figures() > 0) block.FinishField(v1::StreamAggregatesResponse::kBlockFieldNumber, &field);
    return std::optional<grpc::ByteBuffer>(Serialize(response, std::move(field)));
  }

 private:
  const std::size_t message_bytes_;
  const std::unique_ptr<engine::AggregateReader> reader_;
  BlockWriter writer_;
  bool first_ = true;
  bool end_ = false;
};

absl::StatusOr<std::unique_ptr<MessageSource>> OpenFigures(Call& call, const grpc::ByteBuffer& bytes) {
  v1::StreamAggregatesRequest request;
  TW_RETURN_IF_ERROR(Parse(bytes, convert::kSmallRequest, &request));
  TW_ASSIGN_OR_RETURN(const Asked asked, ReadCommon(request, call.backend().conventions));
  TW_ASSIGN_OR_RETURN(std::unique_ptr<engine::AggregateReader> reader,
                      call.backend().aggregates.Open(asked.query, asked.vintage, asked.view, {},
                                                     [&call] { return call.CheckAlive(); }));
  return std::make_unique<FigureSource>(call.backend(), std::move(reader));
}

}  // namespace

grpc::ServerUnaryReactor* AggregateService::GetAggregates(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetAggregatesRequest, v1::GetAggregatesResponse>(
      backend_, context, Method::kGetAggregates, request, response, HandleGet, convert::kSmallRequest,
      IsPointFigure);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AggregateService::StreamAggregates(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return new StreamCall(&backend_, context, Method::kStreamAggregates, request, OpenFigures);
}

}  // namespace tidewaiter::rpc
