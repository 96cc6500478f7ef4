#include "services/hub/hub.h"

#include <grpcpp/grpcpp.h>
#include <prometheus/exposer.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "services/access/store/migrations.h"
#include "services/access/store/object_store.h"
#include "services/access/store/owner_index.h"
#include "services/access/store/policy_store.h"
#include "services/agreements/access_notices.h"
#include "services/agreements/agreement_service.h"
#include "services/agreements/migrations.h"
#include "services/audit/audit_service.h"
#include "services/base/calendar.h"
#include "services/base/clock.h"
#include "services/base/crypto.h"
#include "services/base/key_ring.h"
#include "services/base/log.h"
#include "services/base/random.h"
#include "services/base/record_cipher.h"
#include "services/base/status.h"
#include "services/base/ticker.h"
#include "services/directory/bundle.h"
#include "services/directory/directory_service.h"
#include "services/directory/migrations.h"
#include "services/feed/feed_service.h"
#include "services/hub/config.h"
#include "services/hub/connections.h"
#include "services/hub/health.h"
#include "services/hub/housekeeping.h"
#include "services/hub/observer.h"
#include "services/incidents/incident_renderers.h"
#include "services/incidents/incident_service.h"
#include "services/incidents/migrations.h"
#include "services/incidents/sealing.h"
#include "services/journal/audit_log.h"
#include "services/journal/change_log.h"
#include "services/journal/feed_engine.h"
#include "services/journal/guard.h"
#include "services/journal/integrator.h"
#include "services/journal/migrations.h"
#include "services/journal/signing_key.h"
#include "services/journal/timers.h"
#include "services/rpc/authentication.h"
#include "services/rpc/gate.h"
#include "services/rpc/identity_files.h"
#include "services/rpc/migrations.h"
#include "services/storage/migrations.h"
#include "services/storage/sqlite/sqlite_database.h"

namespace samverkan::hub {
namespace {

constexpr int kHandshakeTimeoutMillis = 10'000;
constexpr int kKeepaliveMillis = 20'000;
constexpr int kKeepaliveTimeoutMillis = 10'000;
constexpr int kPingIntervalMinMillis = 10'000;
constexpr int kMetadataBytesMax = 16 * 1024;
constexpr int kSendBytesMax = 4 << 20;
// Between looks at identity files and health; what they find counts well within a second.
constexpr absl::Duration kLook = absl::Milliseconds(200);
// The engine's own readers beside those of the handlers: feed and integrator.
constexpr int kBackgroundReaders = 4;

std::vector<storage::Migration> AllMigrations() {
  std::vector<storage::Migration> all;
  for (const auto* room :
       {&journal::JournalMigrations(), &access::StoreMigrations(), &rpc::RpcMigrations(),
        &directory::DirectoryMigrations(), &agreements::AgreementsMigrations(),
        &incidents::IncidentsMigrations()}) {
    all.insert(all.end(), room->begin(), room->end());
  }
  return all;
}

std::vector<std::string> PartyNames(const directory::v1::DirectoryBundle& bundle) {
  std::vector<std::string> names;
  for (const directory::v1::Party& party : bundle.parties()) names.push_back(party.name());
  return names;
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(const v1::Tls& tls) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  SV_ASSIGN_OR_RETURN(pair.private_key, ReadFile(tls.key_file()));
  SV_ASSIGN_OR_RETURN(pair.cert_chain, ReadFile(tls.certificate_file()));
  SV_ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(tls.client_ca_file()));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

}  // namespace

// In the order of construction; destroyed the other way round.
struct Hub::Parts {
  v1::HubConfig config;
  SystemClock clock;
  SystemRandom random;
  std::optional<Calendar> calendar;
  std::optional<KeyRing> keys;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<journal::AuditLog> audit_log;
  std::unique_ptr<journal::Guard> guard;
  std::unique_ptr<journal::Integrator> integrator;
  std::unique_ptr<access::PolicyStore> policy;
  access::ObjectStore objects;
  std::optional<access::OwnerIndexer> owner_indexer;
  std::unique_ptr<rpc::Authenticator> authenticator;
  std::optional<rpc::IdentityFiles> identity_files;
  std::optional<TokenSealer> sealer;
  std::optional<RecordCipher> cipher;
  std::optional<rpc::Recorder> recorder;
  rpc::RequestLog requests;
  std::optional<Housekeeping> housekeeping;
  Observer observer;
  std::optional<rpc::Pool> pool;
  std::optional<rpc::Gate> gate;
  std::optional<rpc::Pager> pager;

  journal::Ring ring;
  std::optional<journal::ChangeLog> changes;
  std::optional<journal::Timers> timers;
  journal::FeedRenderers renderers;

  std::optional<incidents::IncidentStore> incident_store;
  std::optional<incidents::ReleaseStore> release_store;
  std::optional<incidents::DeliveryView> delivery_view;
  std::optional<incidents::IncidentRenderer> incident_renderer;
  std::optional<incidents::DeliveryRenderer> delivery_renderer;
  agreements::AccessRenderer access_renderer;
  std::unique_ptr<journal::FeedEngine> feed_engine;

  std::optional<incidents::Dependencies> incident_dependencies;
  std::optional<incidents::IncidentHandlers> incident_handlers;
  std::optional<incidents::ReleaseHandlers> release_handlers;
  std::optional<incidents::DeliveryHandlers> delivery_handlers;
  std::optional<agreements::AgreementStore> agreement_store;
  std::optional<agreements::AgreementHandlers> agreement_handlers;
  std::optional<directory::DirectoryHandlers> directory_handlers;
  std::optional<audit::AuditHandlers> audit_handlers;

  std::optional<incidents::IncidentService> incident_service;
  std::optional<agreements::AgreementService> agreement_service;
  std::optional<directory::DirectoryService> directory_service;
  std::optional<audit::AuditService> audit_service;
  std::optional<feed::FeedService> feed_service;
  std::shared_ptr<prometheus::Collectable> collectable;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::unique_ptr<grpc::Server> server;
  std::optional<Health> health;
  std::optional<Ticker> looks;
  int port = 0;

  absl::Status OpenStorage(const TuneStorage& tune);
  absl::Status OpenJournal(const std::vector<std::string>& parties, bool restored);
  absl::Status OpenAccess(const Mode& mode);
  absl::Status MakeGate();
  absl::Status MakeNouns();
  absl::Status MakeServices();
  absl::Status Serve();
  absl::Status State() const;
  void Stop();
};

absl::Status Hub::Parts::OpenStorage(const TuneStorage& tune) {
  SV_ASSIGN_OR_RETURN(calendar, Calendar::Load());
  SV_ASSIGN_OR_RETURN(keys, KeyRing::Load(config.key_file()));
  std::error_code error;
  std::filesystem::create_directories(config.data_dir(), error);
  if (error)
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make data_dir ", config.data_dir(), ": ", error.message()));
  storage::sqlite::SqliteOptions options;
  options.path = config.data_dir() + "/samverkan.db";
  options.clock = &clock;
  options.readers = config.limits().handler_threads() + kBackgroundReaders;
  if (tune) tune(options);
  SV_ASSIGN_OR_RETURN(database, storage::sqlite::OpenSqlite(std::move(options)));
  return storage::Migrate(*database, AllMigrations());
}

absl::Status Hub::Parts::OpenJournal(const std::vector<std::string>& parties, bool restored) {
  for (const std::string& party : parties) SV_RETURN_IF_ERROR(keys->RequireParty(party));
  SV_ASSIGN_OR_RETURN(audit_log, journal::AuditLog::Open(*database, parties));
  SV_ASSIGN_OR_RETURN(guard, journal::OpenGuard(config.guard_file(), *database));
  SV_ASSIGN_OR_RETURN(Ed25519PrivateKey key, journal::LoadSigningKey(config.log_key_file()));
  SV_ASSIGN_OR_RETURN(
      integrator, journal::Integrator::Create(
                      {.origin = config.log_origin(), .key = std::move(key), .restored = restored},
                      *audit_log, *database, *guard, clock));
  return absl::OkStatus();
}

absl::Status Hub::Parts::OpenAccess(const Mode& mode) {
  const std::vector<std::string> files(config.directory_files().begin(),
                                       config.directory_files().end());
  SV_ASSIGN_OR_RETURN(directory::LoadedBundle loaded, directory::LoadBundle(files));
  SV_RETURN_IF_ERROR(OpenJournal(PartyNames(loaded.bundle), mode.restored));
  SV_ASSIGN_OR_RETURN(auto areas, access::AreaMap::Compile(loaded.bundle, loaded.geojson));
  auto bundle = std::make_shared<const directory::v1::DirectoryBundle>(std::move(loaded.bundle));
  SV_ASSIGN_OR_RETURN(policy, access::PolicyStore::Create(*database, bundle, std::move(areas)));
  owner_indexer.emplace(*database);
  for (const std::string& problem : policy->Current()->problems())
    Log(LogLevel::kError, "agreement_inactive", {{"why", problem}});
  SV_RETURN_IF_ERROR(directory::RecordVersion(*database, *audit_log, *bundle));
  SV_ASSIGN_OR_RETURN(rpc::Authenticator::Options authentication,
                      AuthenticationOf(config, mode.demo));
  SV_ASSIGN_OR_RETURN(authenticator, rpc::Authenticator::Create(std::move(authentication), clock));
  identity_files.emplace(*authenticator);
  return absl::OkStatus();
}

absl::Status Hub::Parts::MakeGate() {
  // A restored database goes on under another log_origin: tokens from before it name positions that
  // other entries have taken.
  const Hash token_key = HmacSha256(keys->TokenKey(), config.log_origin());
  SV_ASSIGN_OR_RETURN(sealer, TokenSealer::Create(Secret(AsBytes(token_key)), random));
  cipher.emplace(*keys, random);
  recorder.emplace(*audit_log, *keys);
  housekeeping.emplace(*database, *guard, requests, clock);
  const v1::Limits& limits = config.limits();
  pool.emplace(rpc::Pool::Options{.threads = static_cast<size_t>(limits.handler_threads()),
                                  .queue_max = static_cast<size_t>(limits.handler_queue_max())});
  gate.emplace(
      rpc::Gate::Dependencies{*database, *policy, objects, *authenticator, *recorder, requests,
                              *pool, clock, observer, [this] { return integrator->MayServe(); }},
      rpc::Gate::Limits{.in_flight_max = limits.in_flight_max(),
                        .per_holder = static_cast<double>(limits.calls_per_second_per_holder()),
                        .per_party = static_cast<double>(limits.calls_per_second_per_party())});
  pager.emplace(*sealer);
  return absl::OkStatus();
}

absl::Status Hub::Parts::MakeNouns() {
  changes.emplace(ring);
  timers.emplace(*database, clock);
  incident_store.emplace(objects, *cipher);
  release_store.emplace(*cipher);
  delivery_view.emplace(objects, *release_store);
  incident_renderer.emplace(objects, *incident_store);
  delivery_renderer.emplace(objects, *delivery_view, *policy);
  renderers.Register(journal::ChangeKind::kIncident, *incident_renderer);
  renderers.Register(journal::ChangeKind::kDelivery, *delivery_renderer);
  renderers.Register(journal::ChangeKind::kAccessEnded, access_renderer);
  renderers.Register(journal::ChangeKind::kAccessBegun, access_renderer);
  journal::FeedEngine::Options options = feed::FeedService::EngineOptions(*policy, *authenticator);
  options.streams_max = config.limits().streams_max();
  options.streams_per_holder_max = config.limits().streams_per_holder_max();
  SV_ASSIGN_OR_RETURN(feed_engine,
                      journal::FeedEngine::Create({*database, ring, renderers, *sealer, clock},
                                                  std::move(options)));
  const auto resume_token = [this](const rpc::Call& call, storage::ReadTx& tx) {
    return feed_engine->TokenForNow(
        tx, {.holder = call.principal().holder, .units = {call.unit_name()}});
  };
  incident_dependencies.emplace(incidents::Dependencies{
      objects, *incident_store, *release_store, *changes, *pager, *calendar, random, resume_token,
      [this](const std::string& name) { housekeeping->NoteSealed(name); }});
  incident_handlers.emplace(*incident_dependencies);
  release_handlers.emplace(*incident_dependencies);
  delivery_handlers.emplace(*incident_dependencies, *delivery_view);
  agreement_store.emplace(objects);
  agreement_handlers.emplace(agreements::AgreementHandlers::Dependencies{
      objects, *agreement_store, *policy, *changes, *timers, *pager});
  directory_handlers.emplace(*pager, *calendar);
  audit_handlers.emplace(*audit_log, *pager);
  return absl::OkStatus();
}

absl::Status Hub::Parts::MakeServices() {
  incident_service.emplace(*gate, *incident_handlers, *release_handlers, *delivery_handlers);
  agreement_service.emplace(*gate, *agreement_handlers);
  directory_service.emplace(*gate, *directory_handlers);
  audit_service.emplace(*gate, *audit_handlers);
  feed_service.emplace(*gate, *feed_engine);
  gate->Seal({incidents::v1::CreateIncidentRequest::descriptor()->file()->service(0),
              agreements::v1::GetAgreementRequest::descriptor()->file()->service(0),
              directory::v1::GetPartyRequest::descriptor()->file()->service(0),
              audit::v1::GetCheckpointRequest::descriptor()->file()->service(0),
              feed::v1::WatchRequest::descriptor()->file()->service(0)});
  observer.AddGauge({"samverkan_storage_queue", "Writes that wait or run.",
                     [this] { return static_cast<double>(database->Stats().queue_length); }});
  observer.AddGauge({"samverkan_storage_groups_total", "Groups committed, one fsync each.",
                     [this] { return static_cast<double>(database->Stats().groups); }});
  observer.AddGauge({"samverkan_feed_watchers", "Open watch streams.",
                     [this] { return static_cast<double>(feed_engine->stats().watchers); }});
  observer.AddGauge({"samverkan_feed_rendered_total", "Events rendered.",
                     [this] { return static_cast<double>(feed_engine->stats().rendered); }});
  observer.AddGauge({"samverkan_log_signing", "1 while the audit log is being signed.",
                     [this] { return integrator->Health().ok() ? 1.0 : 0.0; }});
  observer.AddGauge({"samverkan_identity_files_current",
                     "1 while issuers' keys and revocations in use are those of their files.",
                     [this] { return identity_files->current() ? 1.0 : 0.0; }});
  return absl::OkStatus();
}

absl::Status Hub::Parts::Serve() {
  SV_RETURN_IF_ERROR(storage::WriteAndWait(*database, [this](storage::WriteTx& tx) {
    samverkan::audit::v1::Record record;
    record.set_kind(samverkan::audit::v1::Record::KIND_START);
    return audit_log->Append(tx, "", record);
  }));
  integrator->Start();
  timers->Start();
  SV_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(config.tls()));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config.listen(), credentials, &port);
  builder.SetMaxReceiveMessageSize(config.limits().receive_bytes_max());
  builder.SetMaxSendMessageSize(kSendBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             config.limits().streams_per_connection_max());
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMillis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMillis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMillis);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  KeepConnectionsSmall(builder);
  for (grpc::Service* service : {static_cast<grpc::Service*>(&*incident_service),
                                 static_cast<grpc::Service*>(&*agreement_service),
                                 static_cast<grpc::Service*>(&*directory_service),
                                 static_cast<grpc::Service*>(&*audit_service),
                                 static_cast<grpc::Service*>(&*feed_service)}) {
    builder.RegisterService(service);
  }
  server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot serve on ", config.listen(),
                                                   ": is the port taken, or a certificate wrong?"));
  }
  health.emplace([this] { return State(); }, *server->GetHealthCheckService());
  observer.AddGauge({"samverkan_healthy", "1 while the health service says SERVING.",
                     [this] { return health->serving() ? 1.0 : 0.0; }});
  looks.emplace("looks", kLook, [this] {
    identity_files->Look();
    health->Look();
  });
  if (!config.metrics_listen().empty()) {
    exposer = std::make_unique<prometheus::Exposer>(config.metrics_listen(), 1);
    // The exposer itself holds on to nothing.
    collectable = std::shared_ptr<prometheus::Collectable>(&observer, [](auto*) {});
    exposer->RegisterCollectable(collectable);
  }
  return absl::OkStatus();
}

absl::Status Hub::Parts::State() const {
  SV_RETURN_IF_ERROR(database->Ready());
  return integrator->Health();
}

void Hub::Parts::Stop() {
  exposer.reset();
  looks.reset();
  if (feed_engine) feed_engine->BeginStop();
  if (server) {
    server->GetHealthCheckService()->SetServingStatus(false);
    server->Shutdown(
        absl::ToChronoTime(clock.Now() + absl::Seconds(config.limits().drain_seconds())));
    server->Wait();
    server.reset();
  }
  if (timers) timers->Stop();
  feed_engine.reset();
  pool.reset();
  housekeeping.reset();
  owner_indexer.reset();
  if (integrator) integrator->Stop();
  if (database) database->Stop();
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<Hub>> Hub::Start(const v1::HubConfig& config, const Mode& mode,
                                                const TuneStorage& tune) {
  if (mode.demo)
    Log(LogLevel::kWarning, "demo_mode",
        {{"what", std::string("demo issuers are taken: anybody may sign in as anybody")}});
  auto hub = std::unique_ptr<Hub>(new Hub(std::make_unique<Parts>()));
  Parts& parts = *hub->parts_;
  parts.config = config;
  SV_RETURN_IF_ERROR(parts.OpenStorage(tune));
  SV_RETURN_IF_ERROR(parts.OpenAccess(mode));
  SV_RETURN_IF_ERROR(parts.MakeGate());
  SV_RETURN_IF_ERROR(parts.MakeNouns());
  SV_ASSIGN_OR_RETURN(const int64_t sealed,
                      incidents::AgreeOnSeals(*parts.incident_dependencies, *parts.database,
                                              *parts.audit_log, *parts.guard));
  if (sealed > 0) Log(LogLevel::kWarning, "sealed_again", {{"items", sealed}});
  SV_RETURN_IF_ERROR(parts.MakeServices());
  SV_RETURN_IF_ERROR(parts.Serve());
  return hub;
}

Hub::~Hub() {
  parts_->Stop();
}

int Hub::port() const {
  return parts_->port;
}

Hub::Inside Hub::inside() {
  return {*parts_->database, *parts_->gate, *parts_->incident_handlers, *parts_->feed_engine};
}

absl::Status Hub::ReloadIdentities() {
  return parts_->identity_files->Reload();
}

}  // namespace samverkan::hub
