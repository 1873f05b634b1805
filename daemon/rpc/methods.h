// The methods that are served, and where their work is done: this is the one place that says it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidewaiter::rpc {

enum class Method : std::uint8_t {
  kCreateDataset,
  kGetDataset,
  kListDatasets,
  kListSeries,
  kPushRelease,
  kUploadRelease,
  kRetractRelease,
  kGetRelease,
  kListReleases,
  kListChanges,
  kGetObservations,
  kStreamObservations,
  kGetHistory,
  kStreamHistory,
  kGetAggregates,
  kStreamAggregates,
  kSubscribe,
  kListFindings,
  kGetRevisionStatistics,
  kCompareMirror,
  kSetConventions,
  kGetConventions,
  kTallyImpliedRevisions,
  kSetCalendar,
  kGetCalendar,
  kListExpectedReleases,
  kGetStatus,
  kHealthCheck,
  kHealthWatch,
};
inline constexpr std::size_t kMethods = 29;

// Which threads do a call's work.
enum class Lane : std::uint8_t {
  kInline,      // gRPC's own: what never touches the disk
  kReads,       // reads that come back soon
  kWrites,      // whatever waits for an fsync: many threads, so that they share one
  kBulkWrites,  // the same of many bytes: few threads, so that few are taken apart at a time
  kStreams,     // long reads and subscriptions
  kWishes,      // aggregates that subscribers follow: one thread, so that nobody else waits for them
};

struct MethodInfo {
  std::string_view type;  // as gRPC's metrics name it
  std::string_view service;
  std::string_view name;
  Lane lane;
};

inline constexpr std::array<MethodInfo, kMethods> kMethodTable = {{
    {"unary", "tidewaiter.v1.DatasetService", "CreateDataset", Lane::kWrites},
    {"unary", "tidewaiter.v1.DatasetService", "GetDataset", Lane::kReads},
    {"unary", "tidewaiter.v1.DatasetService", "ListDatasets", Lane::kReads},
    {"unary", "tidewaiter.v1.DatasetService", "ListSeries", Lane::kReads},
    {"unary", "tidewaiter.v1.ReleaseService", "PushRelease", Lane::kWrites},
    {"client_stream", "tidewaiter.v1.ReleaseService", "UploadRelease", Lane::kWrites},
    {"unary", "tidewaiter.v1.ReleaseService", "RetractRelease", Lane::kWrites},
    {"unary", "tidewaiter.v1.ReleaseService", "GetRelease", Lane::kReads},
    {"unary", "tidewaiter.v1.ReleaseService", "ListReleases", Lane::kReads},
    {"unary", "tidewaiter.v1.ReleaseService", "ListChanges", Lane::kStreams},
    {"unary", "tidewaiter.v1.ObservationService", "GetObservations", Lane::kReads},
    {"server_stream", "tidewaiter.v1.ObservationService", "StreamObservations", Lane::kStreams},
    {"unary", "tidewaiter.v1.ObservationService", "GetHistory", Lane::kReads},
    {"server_stream", "tidewaiter.v1.ObservationService", "StreamHistory", Lane::kStreams},
    {"unary", "tidewaiter.v1.AggregateService", "GetAggregates", Lane::kReads},
    {"server_stream", "tidewaiter.v1.AggregateService", "StreamAggregates", Lane::kStreams},
    {"server_stream", "tidewaiter.v1.UpdateService", "Subscribe", Lane::kStreams},
    {"unary", "tidewaiter.v1.AnalysisService", "ListFindings", Lane::kReads},
    {"unary", "tidewaiter.v1.AnalysisService", "GetRevisionStatistics", Lane::kStreams},
    {"unary", "tidewaiter.v1.AnalysisService", "CompareMirror", Lane::kReads},
    {"unary", "tidewaiter.v1.AnalysisService", "SetConventions", Lane::kWrites},
    {"unary", "tidewaiter.v1.AnalysisService", "GetConventions", Lane::kReads},
    {"unary", "tidewaiter.v1.AnalysisService", "TallyImpliedRevisions", Lane::kStreams},
    {"unary", "tidewaiter.v1.AnalysisService", "SetCalendar", Lane::kWrites},
    {"unary", "tidewaiter.v1.AnalysisService", "GetCalendar", Lane::kReads},
    {"unary", "tidewaiter.v1.AnalysisService", "ListExpectedReleases", Lane::kReads},
    {"unary", "tidewaiter.v1.StatusService", "GetStatus", Lane::kReads},
    {"unary", "grpc.health.v1.Health", "Check", Lane::kInline},
    {"server_stream", "grpc.health.v1.Health", "Watch", Lane::kInline},
}};

constexpr const MethodInfo& InfoOf(Method method) { return kMethodTable[static_cast<std::size_t>(method)]; }

}  // namespace tidewaiter::rpc
