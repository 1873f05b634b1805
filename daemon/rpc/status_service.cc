#include "daemon/rpc/status_service.h"

#include "daemon/rpc/unary.h"
#include "domain/errors.h"
#include "proto/convert/time.h"

namespace tidewaiter::rpc {
namespace {

absl::Status HandleGet(Call& call, const v1::GetStatusRequest& request, v1::GetStatusResponse* response) {
  const Backend& backend = call.backend();
  const storage::StoreStatus status = backend.store->Status();
  TW_ASSIGN_OR_RETURN(const storage::ResumePoint point, backend.store->PointAt(status.head));
  response->set_version(backend.version);
  response->set_log_id(storage::ToHex(backend.log_id));
  response->set_head(status.head);
  response->set_resume_token(storage::EncodeToken(point));
  response->set_datasets(backend.store->ListDatasets().size());
  response->set_series(status.series);
  response->set_observations(status.observations);
  response->set_directory(status.directory);
  response->set_format_version(status.format_version);
  response->set_disk_bytes(status.disk_bytes);
  response->set_free_disk_bytes(status.free_disk_bytes);
  response->set_reserve_bytes(status.reserve_bytes);
  response->set_accepting(status.accepting && !backend.draining.load());
  response->set_subscribers(static_cast<std::uint32_t>(backend.subscribers.load()));
  response->set_uploads(static_cast<std::uint32_t>(backend.uploads.load()));
  *response->mutable_started_at() = convert::ToWire(backend.started_at);
  return absl::OkStatus();
}

}  // namespace

telemetry::DaemonState StateOf(const Backend& backend) {
  const storage::StoreStatus status = backend.store->Status();
  const engine::FindingsState findings = backend.findings.state();
  return {.head = status.head,
          .observations = status.observations,
          .series = status.series,
          .store_bytes = status.disk_bytes,
          .free_bytes = status.free_disk_bytes,
          .reserve_bytes = status.reserve_bytes,
          .subscribers = static_cast<std::uint64_t>(backend.subscribers.load()),
          .uploads = static_cast<std::uint64_t>(backend.uploads.load()),
          .accepting = status.accepting && !backend.draining.load(),
          .findings_position = findings.position,
          .findings = findings.findings,
          .findings_dropped = findings.dropped,
          .finding_errors = findings.errors,
          .overdue_releases = backend.calendars.Overdue()->releases.size(),
          .series_cache_bytes = status.series_memory.bytes,
          .series_cache_series = status.series_memory.series,
          .series_cache_hits = status.series_memory.hits,
          .series_cache_misses = status.series_memory.misses,
          .series_cache_evicted = status.series_memory.evicted};
}

grpc::ServerUnaryReactor* StatusService::GetStatus(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request,
                                                   grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetStatusRequest, v1::GetStatusResponse>(backend_, context, Method::kGetStatus,
                                                                 request, response, HandleGet);
}

}  // namespace tidewaiter::rpc
