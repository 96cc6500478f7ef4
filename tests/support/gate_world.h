#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/uuid.h"
#include "services/rpc/gate.h"
#include "tests/support/faulty_database.h"
#include "tests/support/handler_world.h"
#include "tests/support/identities.h"

namespace samverkan::testing {

// Handlers behind the gate that note what they do in a table of their own. What they answer is the
// test's to say.
class NotingHandlers {
 public:
  using Call = rpc::Call;

  // Run by every handler after it has noted itself; what it returns is the answer.
  std::function<absl::Status(Call&)> act = [](Call&) { return absl::OkStatus(); };
  // The verdict of the heavy work before the transaction.
  std::function<absl::Status()> prepare = [] { return absl::OkStatus(); };

  absl::StatusOr<incidents::v1::Incident> Get(Call& call, storage::ReadTx& tx,
                                              const incidents::v1::GetIncidentRequest& request) {
    SV_RETURN_IF_ERROR(act(call));
    return Named(call.object().name);
  }
  absl::StatusOr<incidents::v1::ListIncidentsResponse> List(
      Call& call, storage::ReadTx& tx, const incidents::v1::ListIncidentsRequest& request) {
    SV_RETURN_IF_ERROR(act(call));
    return incidents::v1::ListIncidentsResponse();
  }
  absl::StatusOr<incidents::v1::Incident> Reject(
      Call& call, storage::WriteTx& tx, const incidents::v1::RejectIncidentRequest& request) {
    SV_RETURN_IF_ERROR(Note(tx, request.reason()));
    call.SetResult({.object_id = call.object().id, .revision = call.object().revision});
    SV_RETURN_IF_ERROR(act(call));
    return Named(call.object().name);
  }
  absl::StatusOr<incidents::v1::Incident> Render(Call& call, storage::ReadTx& tx,
                                                 const rpc::Replay& replay) {
    return Named(absl::StrCat("rendered ", replay.object_id));
  }
  absl::StatusOr<std::string> PrepareRelease(const Call& call,
                                             const incidents::v1::ReleaseIncidentRequest& request) {
    SV_RETURN_IF_ERROR(prepare());
    return "prepared";
  }
  absl::StatusOr<incidents::v1::Release> Release(
      Call& call, storage::WriteTx& tx, const incidents::v1::ReleaseIncidentRequest& request,
      std::string prepared) {
    SV_RETURN_IF_ERROR(Note(tx, prepared));
    call.SetKind(audit::v1::Record::KIND_RELEASE);
    call.AlsoRecord({"parties/sthlm-sdn-hal", audit::v1::Record::KIND_DELIVERY, "the copy"});
    call.SetResult({.object_id = call.object().id, .revision = 1, .detail = 7});
    SV_RETURN_IF_ERROR(act(call));
    incidents::v1::Release release;
    release.set_name(call.object().name);
    return release;
  }
  absl::StatusOr<incidents::v1::Release> RenderRelease(Call& call, storage::ReadTx& tx,
                                                       const rpc::Replay& replay) {
    incidents::v1::Release release;
    release.set_name(absl::StrCat("rendered ", replay.detail));
    return release;
  }

  static std::vector<storage::Migration> Tables() {
    return {{.room = "noting",
             .number = 1,
             .name = "notes",
             .sql = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"}};
  }

 private:
  static absl::Status Note(storage::WriteTx& tx, const std::string& text) {
    return tx.Run("INSERT INTO notes (text) VALUES ($1)", {text}).status();
  }
  static incidents::v1::Incident Named(const std::string& name) {
    incidents::v1::Incident incident;
    incident.set_name(name);
    return incident;
  }
};

// A gate over Stockholm's directory, whose people call as systems with certificates: no tokens.
class GateWorld : private rpc::CallObserver {
 public:
  // A call that ended, as the observer was told.
  struct Report {
    std::string method;
    absl::Status status;
    std::string party;
    std::string internal_reason;
    std::string error_id;
  };
  struct Answer {
    absl::Status status;
    bool replayed = false;
    errors::v1::ErrorReason reason() const { return ReasonOf(status); }
  };

  static constexpr char kTrustDomain[] = "samverkan.example";

  GateWorld() : GateWorld(rpc::Gate::Limits(), rpc::Pool::Options()) {}
  GateWorld(rpc::Gate::Limits limits, rpc::Pool::Options pool)
      : world_({.migrations = NotingHandlers::Tables(), .change = HeldBySystems}),
        faulty_(world_.database()),
        log_(Must(journal::AuditLog::Open(world_.database(), world_.Parties()))),
        authenticator_(Must(rpc::Authenticator::Create({kTrustDomain, {}, {}}, clock()))),
        recorder_(*log_, world_.keys()),
        pool_(std::make_unique<rpc::Pool>(pool)),
        gate_(rpc::Gate::Dependencies{faulty_, world_.policy(), world_.objects(), *authenticator_,
                                      recorder_, requests_, *pool_, clock(), *this,
                                      [this] { return may_serve(); }},
              limits),
        get(gate_.Bind(handlers, &NotingHandlers::Get)),
        list(gate_.Bind(handlers, &NotingHandlers::List)),
        reject(gate_.Bind(handlers, &NotingHandlers::Reject, &NotingHandlers::Render)),
        release(gate_.Bind(handlers, &NotingHandlers::PrepareRelease, &NotingHandlers::Release,
                           &NotingHandlers::RenderRelease)) {}
  ~GateWorld() override { pool_.reset(); }

  HandlerWorld& world() { return world_; }
  FakeClock& clock() { return world_.clock(); }
  storage::FaultyDatabase& database() { return faulty_; }
  rpc::Gate& gate() { return gate_; }
  const rpc::RequestLog& requests() const { return requests_; }

  // What a system brings that holds this mandate.
  rpc::Inbound As(absl::string_view mandate, std::string purpose = "") {
    return Holding(HolderOf(world_.MandateName(mandate)), std::move(purpose));
  }
  rpc::Inbound Holding(const std::string& spiffe_id, std::string purpose = "") {
    static const PrivateKey& key = *new PrivateKey(PrivateKey::P256());
    rpc::Inbound inbound;
    inbound.spiffe_ids = {spiffe_id};
    inbound.certificate_pem =
        CertificatePem(key, {.names = {absl::StrCat("URI:", spiffe_id)},
                             .valid_from = clock().Now() - absl::Hours(1),
                             .valid_to = clock().Now() + absl::Hours(24 * 30)});
    inbound.purpose = std::move(purpose);
    return inbound;
  }

  template <typename Request, typename Response>
  Answer Ask(const rpc::Unary<Request, Response>& method, rpc::Inbound inbound,
             const Request& request, Response* response = nullptr) {
    Response ignored;
    Answer answer;
    absl::Notification answered;
    method.Handle(std::move(inbound), request, response != nullptr ? *response : ignored,
                  [&](absl::Status status, bool replayed) {
                    answer = {std::move(status), replayed};
                    answered.Notify();
                  });
    answered.WaitForNotification();
    return answer;
  }

  // An item in the space of Skärholmen's police, unless another unit is named.
  std::string Item(absl::string_view unit = "parties/pol/units/pol-sth-syd-skarh",
                   absl::string_view area = "areas/stadsdel-fruangen") {
    access::Object object;
    object.owner_unit = std::string(unit);
    object.owner_party = object.owner_unit.substr(0, object.owner_unit.find("/units"));
    object.name =
        absl::StrCat(object.owner_party, "/incidents/", Uuid::Random(world_.random()).ToString());
    object.category = "IKA_HANDELSE";
    object.cells = {"areas/city", std::string(area)};
    const absl::Status stored =
        storage::WriteAndWait(world_.database(), [&](storage::WriteTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(object.id, world_.objects().NextId(tx));
          return world_.objects().Insert(tx, object);
        });
    SV_CHECK(stored.ok(), stored.ToString().c_str());
    return object.name;
  }
  incidents::v1::RejectIncidentRequest Rejection(const std::string& item) {
    incidents::v1::RejectIncidentRequest request;
    request.set_name(item);
    request.set_etag("e1");
    request.set_reason("Dubblett.");
    request.set_request_id(Uuid::Random(world_.random()).ToString());
    return request;
  }
  incidents::v1::ReleaseIncidentRequest ReleaseOf(const std::string& item) {
    incidents::v1::ReleaseIncidentRequest request;
    request.set_name(item);
    request.set_etag("e1");
    request.set_clause("agreements/lok-hal-skarh/clauses/l2");
    request.add_recipients("parties/sthlm-sdn-hal/units/sthlm-sdn-hal");
    request.mutable_legal_position()->set_code("LB_NOT_SECRET_TESTED");
    request.set_request_id(Uuid::Random(world_.random()).ToString());
    return request;
  }

  // What the handlers noted, in order.
  std::vector<std::string> Notes() { return Column("SELECT text FROM notes ORDER BY id"); }
  // The records of a party's tree, or the hub's for "", in order.
  std::vector<audit::v1::Record> Records(absl::string_view party) {
    std::vector<audit::v1::Record> records;
    for (const std::string& bytes : Column(absl::StrCat(
             "SELECT record FROM audit_log WHERE tree = ", *log_->TreeOf(party), " ORDER BY seq")))
      SV_CHECK(records.emplace_back().ParseFromString(bytes), "a record parses");
    return records;
  }
  std::vector<Report> Reports() {
    absl::MutexLock lock(&mutex_);
    return reports_;
  }

 private:
  template <typename T>
  static T Must(absl::StatusOr<T> value) {
    SV_CHECK(value.ok(), value.status().ToString().c_str());
    return *std::move(value);
  }

  // spiffe://samverkan.example/{party}/{unit}/{mandate}
  static std::string HolderOf(const directory::v1::Mandate& mandate) {
    const std::vector<std::string> unit = absl::StrSplit(mandate.unit(), '/');
    const std::vector<std::string> name = absl::StrSplit(mandate.name(), '/');
    return absl::StrCat("spiffe://", kTrustDomain, "/", unit[1], "/", unit[3], "/", name[3]);
  }
  static void HeldBySystems(World& world) {
    for (auto& mandate : *world.directory->mutable_mandates())
      mandate.set_holder(HolderOf(mandate));
  }
  std::string HolderOf(const std::string& mandate_name) {
    for (const auto& mandate : world_.snapshot()->input().directory->mandates()) {
      if (mandate.name() == mandate_name) return mandate.holder();
    }
    return "";
  }

  void OnCall(const rpc::CallReport& report) override {
    absl::MutexLock lock(&mutex_);
    reports_.push_back({report.method.full_name, report.status, report.party,
                        report.internal_reason, report.error_id});
  }

  std::vector<std::string> Column(const std::string& sql) {
    std::vector<std::string> values;
    const absl::Status status =
        world_.database().Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const storage::Rows rows, tx.Run(sql));
          for (const storage::Row& row : rows)
            values.emplace_back(std::holds_alternative<storage::Blob>(row.at(0)) ? row.Bytes(0)
                                                                                 : row.Text(0));
          return absl::OkStatus();
        });
    SV_CHECK(status.ok(), status.ToString().c_str());
    return values;
  }

  HandlerWorld world_;
  storage::FaultyDatabase faulty_;
  const std::unique_ptr<journal::AuditLog> log_;
  const std::unique_ptr<rpc::Authenticator> authenticator_;
  const rpc::Recorder recorder_;
  const rpc::RequestLog requests_{};
  std::unique_ptr<rpc::Pool> pool_;
  absl::Mutex mutex_;
  std::vector<Report> reports_ ABSL_GUARDED_BY(mutex_);
  rpc::Gate gate_;

 public:
  NotingHandlers handlers;
  // Whether the hub may answer at all; any thread asks.
  std::function<absl::Status()> may_serve = [] { return absl::OkStatus(); };
  const rpc::Unary<incidents::v1::GetIncidentRequest, incidents::v1::Incident> get;
  const rpc::Unary<incidents::v1::ListIncidentsRequest, incidents::v1::ListIncidentsResponse> list;
  const rpc::Unary<incidents::v1::RejectIncidentRequest, incidents::v1::Incident> reject;
  const rpc::Unary<incidents::v1::ReleaseIncidentRequest, incidents::v1::Release> release;
};

}  // namespace samverkan::testing
