// A client of tidewaiterd.
//
//   auto client = client::Client::Connect({.address = "127.0.0.1:7443"});
//   client::ReadQuery query{.dataset = "GACC_PRESS", .keys = {"CN.RU.T.VALUE.USD.BN"}};
//   query.vintage.as_of_day = absl::CivilDay(2025, 8, 7);
//   absl::StatusOr<client::ReadPage> page = (*client)->Read(query);
//
// Errors carry what the daemon said: absl::Status::code(), and DetailsOf(status) of domain/errors.h with the
// stable reason, the field violations and metadata ("request_id", "retry_delay_ms" among them). A daemon that
// cannot be reached is UNAVAILABLE, a deadline that passed DEADLINE_EXCEEDED.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/aggregates.h"
#include "client/types.h"

namespace tidewaiter::client {

// Files in PEM format. An empty name: the system's roots, or no certificate of our own.
struct Tls {
  std::string ca_file = {};
  std::string cert_file = {};
  std::string key_file = {};
  std::string server_name = {};  // expected in the certificate; empty: the host of the address
};

struct ConnectOptions {
  std::string address = "127.0.0.1:7443";  // host:port, [::1]:port or unix:/path
  std::optional<Tls> tls = {};             // none: plaintext
  // Deadline of every call that names none of its own. Streams (Upload, StreamRead, StreamHistory,
  // Subscription) have one only if CallOptions gives it: their length is the data's.
  absl::Duration timeout = absl::Seconds(30);
  std::string user_agent = "tidewaiter-client";
};

struct CallOptions {
  std::optional<absl::Duration> timeout;  // none: as ConnectOptions says
};

class Upload;
class Subscription;
struct SubscribeOptions;

// One channel to one daemon. Thread-safe: calls may run at the same time. Every call blocks its thread until
// it is answered, its deadline passes or CancelAll() is called. Uploads and subscriptions must be gone before
// it.
class Client {
 public:
  // Does not wait for the daemon. Error: INVALID_ARGUMENT for an address of another form, TLS files that
  // cannot be read.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const ConnectOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Datasets and series.
  absl::StatusOr<DatasetInfo> CreateDataset(const DatasetDefinition& definition,
                                            const CallOptions& call = {});
  absl::StatusOr<DatasetInfo> GetDataset(std::string_view id, const CallOptions& call = {});
  absl::StatusOr<std::vector<DatasetInfo>> ListDatasets(const CallOptions& call = {});
  // `key`: an SDMX selector. `page_size` 0: the daemon's default.
  absl::StatusOr<SeriesPage> ListSeries(std::string_view dataset, std::string_view key,
                                        std::uint32_t page_size = 0, std::string_view page_token = {},
                                        const CallOptions& call = {});

  // Pushes a release that is held in memory, whole: by one call if it fits one, else by an upload, for which
  // it sorts a copy of each section. Durable when it returns. The same release again gives the same answer,
  // `replayed`; so a push whose answer was lost can be repeated. Violations name fields as
  // "sections[i].observations[j].period", by the order given.
  absl::StatusOr<PushResult> Push(const ReleaseDraft& draft, const std::vector<Release::Section>& sections,
                                  const CallOptions& call = {});
  struct DryRunResult {
    ReleaseInfo release;                  // as it would be; sequence 0
    bool replayed = false;                // it is held already
    std::string twin;                     // as in PushResult
    std::vector<DatasetChanges> changes;  // against what is known now
  };
  // What a push would do; stores nothing. At most limits::kMaxUnaryObservations observations.
  absl::StatusOr<DryRunResult> DryRun(const ReleaseDraft& draft,
                                      const std::vector<Release::Section>& sections,
                                      const CallOptions& call = {});
  // Begins an upload of any size; see upload.h.
  absl::StatusOr<std::unique_ptr<Upload>> StartUpload(const ReleaseDraft& draft,
                                                      const CallOptions& call = {});
  // Returns the retraction.
  absl::StatusOr<ReleaseInfo> Retract(std::string_view agency, std::string_view release_id,
                                      std::string_view reason, const CallOptions& call = {});

  struct FoundRelease {
    ReleaseInfo release;
    std::string resume_token;  // stands right after it
  };
  absl::StatusOr<FoundRelease> GetRelease(Sequence sequence, const CallOptions& call = {});
  absl::StatusOr<FoundRelease> GetRelease(std::string_view agency, std::string_view release_id,
                                          const CallOptions& call = {});
  // In sequence order; `dataset` empty: of all. `page_size` 0: the daemon's default.
  absl::StatusOr<ReleasePage> ListReleases(std::string_view dataset, Sequence after_sequence = 0,
                                           std::uint32_t page_size = 0, const CallOptions& call = {});

  // One page of what a release or a retraction changed when it came: the same for ever. Later pages: the same
  // query with the page token. `page_size` in cells; 0: the daemon's default.
  absl::StatusOr<ChangesPage> ListChanges(const ChangesQuery& query, std::uint32_t page_size = 0,
                                          std::string_view page_token = {}, const CallOptions& call = {});

  // One page of what is known at a vintage. Later pages: the same query with the page token, read at the same
  // vintage. A series is never split between pages.
  absl::StatusOr<ReadPage> Read(const ReadQuery& query, std::uint32_t page_size = 0,
                                std::string_view page_token = {}, const CallOptions& call = {});
  // The same whole, as it comes; a long series may come in several runs. `run` may move from its argument; an
  // error that it returns ends the read and is returned. Returns the vintage that was read.
  using SeriesRun = std::function<absl::Status(SeriesCells& cells)>;
  absl::StatusOr<Vintage> StreamRead(const ReadQuery& query, const SeriesRun& run,
                                     const CallOptions& call = {});
  // Every statement, by series, period and published order; otherwise as StreamRead.
  using HistorySink = std::function<absl::Status(HistoryLine& line)>;
  absl::StatusOr<Vintage> StreamHistory(const HistoryQuery& query, const HistorySink& sink,
                                        const CallOptions& call = {});

  // One page of figures, as rows: with explanations and published rates, if asked for. Later pages as in
  // Read(). `page_size` 0: the daemon's default.
  absl::StatusOr<AggregatePage> Aggregate(const AggregateRequest& request, std::uint32_t page_size = 0,
                                          std::string_view page_token = {}, const CallOptions& call = {});
  // All figures, as columns come: for cross-sections of many series. Neither explanations nor published
  // rates.
  absl::StatusOr<AggregateHeading> StreamAggregates(const AggregateRequest& request, const FigureSink& sink,
                                                    const CallOptions& call = {});
  // What the checks of the releases found; later pages: the same query with the page token. A page may hold
  // none though there is a next one. `page_size` 0: the daemon's default.
  absl::StatusOr<FindingPage> ListFindings(const FindingQuery& query, std::uint32_t page_size = 0,
                                           std::string_view page_token = {}, const CallOptions& call = {});

  absl::StatusOr<RevisionAnswer> GetRevisionStatistics(const RevisionQuery& query,
                                                       const CallOptions& call = {});
  absl::StatusOr<MirrorAnswer> CompareMirror(const MirrorQuery& query, const CallOptions& call = {});
  // Gives the canonical text; empty: no conventions.
  absl::StatusOr<std::string> SetConventions(std::string_view dataset, std::string_view text,
                                             bool allow_unknown_codes, const CallOptions& call = {});
  absl::StatusOr<ConventionsInfo> GetConventions(std::string_view dataset, const CallOptions& call = {});
  absl::StatusOr<TallyAnswer> TallyImpliedRevisions(const TallyQuery& query, const CallOptions& call = {});
  // Both give the canonical text; empty: no calendar.
  absl::StatusOr<std::string> SetCalendar(std::string_view dataset, std::string_view text,
                                          const CallOptions& call = {});
  absl::StatusOr<std::string> GetCalendar(std::string_view dataset, const CallOptions& call = {});
  // Of periods whose last month lies between `months`, both given.
  absl::StatusOr<ExpectedReleases> ListExpectedReleases(std::string_view dataset, const PeriodRange& months,
                                                        const VintageQuery& vintage = {},
                                                        const CallOptions& call = {});

  absl::StatusOr<StoreStatus> GetStatus(const CallOptions& call = {});

  // A subscription, not yet running; see subscription.h.
  std::unique_ptr<Subscription> Subscribe(SubscribeOptions options);

  // Ends every call under way, in every thread, and all later ones, with CANCELLED. For good.
  void CancelAll();
  // CancelAll() was called.
  bool cancelled() const;

  struct Core;  // the channel, the stubs and the calls under way; for this room only

 private:
  explicit Client(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace tidewaiter::client
