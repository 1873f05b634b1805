#include "daemon/rpc/release_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/change_blocks.h"
#include "daemon/rpc/change_list.h"
#include "daemon/rpc/log_entry.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/push_content.h"
#include "daemon/rpc/unary.h"
#include "daemon/rpc/upload_call.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {
namespace {

// A row may have come out of a read, with its two timestamps and all its texts.
constexpr convert::ParseLimits kPushMessage = {.messages = 4 * limits::kMaxUnaryObservations,
                                               .texts = 10 * limits::kMaxUnaryObservations};
constexpr std::size_t kEntriesSlice = 200;

absl::Status FillPreview(const Backend& backend, const engine::Preview& preview,
                         v1::PushReleaseResponse* response) {
  if (preview.replay_of) {
    *response->mutable_release() = ToWire(*preview.replay_of);
    response->set_replayed(true);
    return absl::OkStatus();
  }
  storage::LogEntry entry;
  entry.header = preview.header;
  entry.sections = preview.sections;
  entry.digest = preview.digest;
  *response->mutable_release() = ToWire(entry);
  response->mutable_release()->clear_chain();  // it has no place in the log
  ChangeBlocks blocks(&backend.lookup);
  for (const engine::SeriesChanges& series : preview.changes) {
    TW_RETURN_IF_ERROR(blocks.Add(series, /*omit_confirmed=*/false));
  }
  TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> changes, blocks.Finish());
  for (v1::ChangeBlock& block : changes) *response->add_changes() = std::move(block);
  response->set_omitted_withdrawals(preview.omitted_withdrawals);
  return absl::OkStatus();
}

absl::Status Preview(const Backend& backend, engine::Intake& intake, PushContent content,
                     v1::PushReleaseResponse* response) {
  std::vector<Release::Section> sections = content.sections;
  const absl::StatusOr<engine::Preview> preview = intake.DryRun(content.header, std::move(sections));
  if (!preview.ok()) return content.Translate(preview.status());
  TW_RETURN_IF_ERROR(content.unreadable().ToStatus());
  return FillPreview(backend, *preview, response);
}

absl::Status HandlePush(Call& call, const v1::PushReleaseRequest& request,
                        v1::PushReleaseResponse* response) {
  Backend& backend = call.backend();
  TW_RETURN_IF_ERROR(backend.CheckNotDraining());
  TW_ASSIGN_OR_RETURN(PushContent content, PushContent::Read(request));
  // With something unreadable it cannot be taken; a dry run says what else is wrong.
  if (request.validate_only() || !content.unreadable().empty()) {
    return Preview(backend, backend.intake, std::move(content), response);
  }
  const absl::StatusOr<storage::PushOutcome> outcome =
      backend.intake.Push(std::move(content.header), std::move(content.sections));
  if (!outcome.ok()) return content.Translate(outcome.status());
  if (!outcome->replayed)
    backend.metrics->Pushed(outcome->entry.observations(), absl::ToDoubleSeconds(call.elapsed()));
  *response->mutable_release() = ToWire(outcome->entry);
  response->set_replayed(outcome->replayed);
  response->set_twin(outcome->twin);
  return absl::OkStatus();
}

absl::Status HandleRetract(Call& call, const v1::RetractReleaseRequest& request,
                           v1::RetractReleaseResponse* response) {
  TW_RETURN_IF_ERROR(call.backend().CheckNotDraining());
  TW_ASSIGN_OR_RETURN(
      const storage::LogEntry entry,
      call.backend().intake.Retract(request.agency(), request.release_id(), request.reason()));
  *response->mutable_retraction() = ToWire(entry);
  return absl::OkStatus();
}

absl::Status HandleGet(Call& call, const v1::GetReleaseRequest& request, v1::GetReleaseResponse* response) {
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const storage::LogEntry entry,
                      FindEntry(*backend.store, request.sequence(), request.agency(), request.release_id()));
  *response->mutable_release() = ToWire(entry);
  response->set_resume_token(TokenAfter(backend.log_id, entry));
  return absl::OkStatus();
}

// Adds releases until the page is full; the sequence to go on after, or 0.
absl::StatusOr<Sequence> FillReleases(Call& call, const std::string& dataset, Sequence after,
                                      std::size_t page_size, v1::ListReleasesResponse* response) {
  std::size_t bytes = 0;
  while (true) {
    TW_RETURN_IF_ERROR(call.CheckAlive());
    TW_ASSIGN_OR_RETURN(const std::vector<storage::LogEntry> slice,
                        call.backend().store->ListEntries(dataset, after, kEntriesSlice));
    for (const storage::LogEntry& entry : slice) {
      if (static_cast<std::size_t>(response->releases_size()) == page_size || bytes > kPageBytes)
        return after;
      v1::Release* release = response->add_releases();
      *release = ToWire(entry);
      bytes += release->ByteSizeLong();
      after = entry.sequence;
    }
    if (slice.size() < kEntriesSlice) return 0;
  }
}

absl::Status HandleList(Call& call, const v1::ListReleasesRequest& request,
                        v1::ListReleasesResponse* response) {
  const absl::StatusOr<Sequence> after = convert::SequenceFromWire(request.after_sequence());
  if (!after.ok()) return PrefixFields(after.status(), "after_sequence");
  if (!request.dataset().empty())
    TW_RETURN_IF_ERROR(call.backend().store->GetDataset(request.dataset()).status());
  TW_ASSIGN_OR_RETURN(const std::size_t page_size, PageSize(request.page_size(), limits::kDefaultPageSize));
  TW_ASSIGN_OR_RETURN(const Sequence next,
                      FillReleases(call, request.dataset(), *after, page_size, response));
  response->set_next_after_sequence(next);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* ReleaseService::PushRelease(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return ServeUnary<v1::PushReleaseRequest, v1::PushReleaseResponse>(
      backend_, context, Method::kPushRelease, request, response, HandlePush, kPushMessage);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* ReleaseService::UploadRelease(grpc::CallbackServerContext* context,
                                                                         grpc::ByteBuffer* response) {
  return new UploadCall(&backend_, context, response);
}

grpc::ServerUnaryReactor* ReleaseService::RetractRelease(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return ServeUnary<v1::RetractReleaseRequest, v1::RetractReleaseResponse>(
      backend_, context, Method::kRetractRelease, request, response, HandleRetract);
}

grpc::ServerUnaryReactor* ReleaseService::GetRelease(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetReleaseRequest, v1::GetReleaseResponse>(backend_, context, Method::kGetRelease,
                                                                   request, response, HandleGet);
}

grpc::ServerUnaryReactor* ReleaseService::ListReleases(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListReleasesRequest, v1::ListReleasesResponse>(
      backend_, context, Method::kListReleases, request, response, HandleList);
}

grpc::ServerUnaryReactor* ReleaseService::ListChanges(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListChangesRequest, v1::ListChangesResponse>(backend_, context, Method::kListChanges,
                                                                     request, response, HandleListChanges);
}

}  // namespace tidewaiter::rpc
