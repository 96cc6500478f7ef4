#include "services/rpc/gate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/crypto.h"
#include "services/base/error.h"
#include "services/base/proto_bytes.h"
#include "services/base/status.h"
#include "services/rpc/outward.h"
#include "services/rpc/permit.h"

namespace samverkan::rpc {

using audit::v1::Record;

// One call on its way. Owned by whatever runs it next.
struct Gate::Running {
  const BoundMethod& bound;
  Inbound inbound;
  const google::protobuf::Message& request;
  google::protobuf::Message& response;
  Done done;
  absl::Time started;

  Call call = {};
  // What Check returns once the call is permitted.
  absl::Status fields = {};
  absl::Status preparation = {};
  BoundMethod::Prepared prepared = nullptr;
  // What that was done for; null once an act has taken it.
  std::shared_ptr<const access::Snapshot> prepared_by = nullptr;
  access::MandateId prepared_as = {};
  storage::Key request_key = {};
  Hash body_hash = {};
  // What the caller gets if the record becomes durable.
  absl::Status outcome = {};
  std::optional<access::Object> hidden = std::nullopt;
  std::string internal_reason = {};

  const Method& method() const { return bound.method; }
  bool validate_only() const { return BoolField(request, method().validate_only); }
};

namespace {

// A refusal of the rules carries a reason; what storage or a bug brings does not.
bool IsRefusal(const absl::Status& status) {
  return ReasonOf(status) != errors::v1::ERROR_REASON_UNSPECIFIED;
}

absl::Status TooBusy() {
  return Error(errors::v1::ERROR_REASON_LIMIT_EXCEEDED, "The hub is busy; try again shortly.",
               {{"limit", "calls in flight"}});
}

}  // namespace

const BoundMethod& Gate::Keep(BoundMethod bound, options::v1::Access access) {
  SV_CHECK(bound.method.policy.access() == access,
           "a method's policy must say what its handler does: read or write");
  const std::string name = bound.method.full_name;
  auto [entry, inserted] = bound_.emplace(name, std::make_unique<BoundMethod>(std::move(bound)));
  SV_CHECK(inserted, absl::StrCat(name, " is bound twice").c_str());
  return *entry->second;
}

const Method& Gate::BindStream(const google::protobuf::Descriptor* request) {
  absl::StatusOr<Method> method = MethodOfRequest(request);
  SV_CHECK(method.ok(), method.status().ToString().c_str());
  return Keep(BoundMethod{.method = *std::move(method)}, options::v1::ACCESS_STREAM).method;
}

void Gate::Seal(absl::Span<const google::protobuf::ServiceDescriptor* const> services) {
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string& name = service->method(i)->full_name();
      SV_CHECK(bound_.contains(name), absl::StrCat(name, " is not bound at the gate").c_str());
    }
  }
}

void Gate::Handle(const BoundMethod& bound, Inbound inbound,
                  const google::protobuf::Message& request, google::protobuf::Message& response,
                  Done done) {
  auto running = std::shared_ptr<Running>(new Running{.bound = bound,
                                                      .inbound = std::move(inbound),
                                                      .request = request,
                                                      .response = response,
                                                      .done = std::move(done),
                                                      .started = deps_.clock.Now()});
  running->call.method_ = bound.method.full_name;
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) >= limits_.in_flight_max) {
    Finish(*running, TooBusy());
    return;
  }
  // The task must not move `running` away before Post has refused it.
  if (!deps_.pool.Post([this, running] { Run(running); })) Finish(*running, TooBusy());
}

void Gate::Run(std::shared_ptr<Running> running) {
  if (absl::Status status = Admit(*running); !status.ok()) {
    Finish(*running, std::move(status));
    return;
  }
  running->fields = running->bound.fields.Check(running->request);
  if (running->fields.ok() && running->bound.prepare &&
      Introduce(*running, deps_.clock.Now()).ok()) {
    Prepare(*running);
  }
  if (running->bound.read) {
    Read(std::move(running));
  } else {
    Write(std::move(running));
  }
}

absl::Status Gate::Admit(Running& running) {
  if (deps_.may_serve) SV_RETURN_IF_ERROR(deps_.may_serve());
  const absl::Time now = deps_.clock.Now();
  if (running.inbound.deadline <= now)
    return absl::DeadlineExceededError("the deadline had passed before the call began");
  running.call.deadline_ = std::min(running.inbound.deadline, now + limits_.deadline_max);
  AuthFailure failure;
  absl::StatusOr<access::Principal> principal =
      deps_.authenticator.Authenticate(running.inbound.spiffe_ids, running.inbound.certificate_pem,
                                       running.inbound.bearer_token, &failure);
  if (!principal.ok()) {
    running.internal_reason = failure.reason;
    return std::move(principal).status();
  }
  if (!running.inbound.paced) SV_RETURN_IF_ERROR(CheckRates(*principal, now));
  Call& call = running.call;
  call.principal_ = *std::move(principal);
  deps_.recorder.NoteCaller(call);
  if (const std::string id = TextField(running.request, running.method().request_id); !id.empty()) {
    running.request_key = RequestLog::KeyOf(call.principal_.holder, id);
    running.body_hash =
        RequestLog::HashOf(running.method().full_name, DeterministicBytes(running.request));
    // The key is what records name the request by, too.
    call.request_ref_ = std::string(AsBytes(running.request_key));
  }
  return absl::OkStatus();
}

absl::Status Gate::CheckRates(const access::Principal& principal, absl::Time now) {
  if (holder_rates_.Allow(principal.holder, now) && party_rates_.Allow(principal.party, now))
    return absl::OkStatus();
  return Error(errors::v1::ERROR_REASON_LIMIT_EXCEEDED, "Too many calls a second; slow down.",
               {{"limit", "calls per second"}});
}

absl::Status Gate::Introduce(Running& running, absl::Time now) const {
  Call& call = running.call;
  call.Reset();
  call.policy_ = deps_.policy.Current();
  call.purpose_ = KnownPurpose(*call.policy_, running.inbound);
  call.now_ = now;
  SV_ASSIGN_OR_RETURN(call.mandate_,
                      ResolveMandate(*call.policy_, call.principal_, running.inbound.mandate, now));
  return absl::OkStatus();
}

void Gate::Prepare(Running& running) {
  const Call& call = running.call;
  if (!running.bound.prepare ||
      (running.prepared_by == call.policy_ && running.prepared_as == call.mandate_)) {
    return;
  }
  auto prepared = running.bound.prepare(call, running.request);
  running.preparation = prepared.status();
  running.prepared = prepared.ok() ? *std::move(prepared) : nullptr;
  running.prepared_by = call.policy_;
  running.prepared_as = call.mandate_;
}

absl::Status Gate::PermitCall(Running& running, storage::ReadTx& tx) {
  Call& call = running.call;
  running.hidden.reset();
  running.outcome = Introduce(running, tx.now());
  if (!running.outcome.ok()) return absl::OkStatus();
  SV_ASSIGN_OR_RETURN(PermitOutcome outcome,
                      Permit(tx, deps_.objects, *call.policy_, call.principal_, call.mandate_,
                             running.inbound, running.method(), running.request));
  call.object_ = std::move(outcome.permitted.object);
  call.resource_ = std::move(outcome.permitted.resource);
  running.hidden = std::move(outcome.hidden);
  running.outcome = std::move(outcome.status);
  return absl::OkStatus();
}

absl::Status Gate::Check(const Running& running) const {
  SV_RETURN_IF_ERROR(running.fields);
  const std::string etag = TextField(running.request, running.method().etag);
  if (running.call.object_.id != 0 && !etag.empty() &&
      etag != access::EtagOf(running.call.object_)) {
    return Error(errors::v1::ERROR_REASON_STALE_VERSION,
                 "It changed since you read it; read it again and repeat the act.");
  }
  return absl::OkStatus();
}

absl::Status Gate::ReadInTransaction(Running& running, storage::ReadTx& tx) {
  SV_RETURN_IF_ERROR(PermitCall(running, tx));
  if (running.outcome.ok()) running.outcome = Check(running);
  if (!running.outcome.ok()) return absl::OkStatus();
  running.outcome = running.bound.read(running.call, tx, running.request, running.response);
  return running.outcome.ok() || IsRefusal(running.outcome) ? absl::OkStatus() : running.outcome;
}

void Gate::Read(std::shared_ptr<Running> running) {
  Running& call = *running;
  // The answer waits for the record, which becomes durable after whatever was read.
  absl::Status status = deps_.database.ReadAhead(
      call.call.deadline_, [&](storage::ReadTx& tx) { return ReadInTransaction(call, tx); });
  if (!status.ok()) {
    Finish(call, std::move(status));
    return;
  }
  deps_.database.Write(
      call.call.deadline_, [this, &call](storage::WriteTx& tx) { return RecordOutcome(call, tx); },
      [this, running = std::move(running)](absl::Status recorded) {
        Finish(*running, recorded.ok() ? running->outcome : recorded);
      });
}

absl::Status Gate::RecordOutcome(Running& running, storage::WriteTx& tx) const {
  if (running.outcome.ok()) {
    if (running.call.on_record_) SV_RETURN_IF_ERROR(running.call.on_record_(tx));
    return deps_.recorder.Allowed(tx, running.call,
                                  running.bound.read ? Record::KIND_READ : Record::KIND_WRITE);
  }
  return deps_.recorder.Refused(tx, running.call, running.outcome,
                                TextField(running.request, running.method().resource),
                                running.hidden ? &*running.hidden : nullptr);
}

void Gate::Write(std::shared_ptr<Running> running) {
  Running& call = *running;
  deps_.database.Write(
      call.call.deadline_,
      [this, &call](storage::WriteTx& tx) { return WriteInTransaction(call, tx); },
      [this, running = std::move(running)](absl::Status written) {
        Finish(*running, written.ok() ? running->outcome : written);
      });
}

absl::Status Gate::WriteInTransaction(Running& running, storage::WriteTx& tx) {
  running.response.Clear();
  SV_RETURN_IF_ERROR(PermitCall(running, tx));
  if (running.outcome.ok()) running.outcome = Act(running, tx);
  if (!running.outcome.ok()) {
    if (!IsRefusal(running.outcome)) return running.outcome;
    SV_RETURN_IF_ERROR(tx.Undo());
    running.response.Clear();
  } else if (running.validate_only()) {
    SV_RETURN_IF_ERROR(tx.Undo());
    running.call.side_records_.clear();
    running.call.kind_ = Record::KIND_READ;
  }
  return RecordOutcome(running, tx);
}

absl::Status Gate::Act(Running& running, storage::WriteTx& tx) {
  Call& call = running.call;
  SV_RETURN_IF_ERROR(running.fields);
  const bool remembers = !running.validate_only();
  if (remembers) {
    SV_ASSIGN_OR_RETURN(const auto earlier, deps_.requests.Find(tx, running.request_key));
    if (earlier) {
      if (earlier->body_hash != running.body_hash) {
        return Error(errors::v1::ERROR_REASON_REQUEST_ID_REUSED,
                     "This request_id was used with another body: make a new one for a new act.");
      }
      call.MarkReplayed();
      call.kind_ = Record::KIND_READ;
      return running.bound.render(call, tx, earlier->result, running.response);
    }
  }
  SV_RETURN_IF_ERROR(Check(running));
  Prepare(running);
  SV_RETURN_IF_ERROR(running.preparation);
  running.prepared_by = nullptr;
  SV_RETURN_IF_ERROR(running.bound.write(
      call, tx, running.request, std::exchange(running.prepared, nullptr), running.response));
  if (!remembers) return absl::OkStatus();
  return deps_.requests.Put(tx, running.request_key,
                            {.body_hash = running.body_hash, .result = call.result_});
}

void Gate::OpenStream(const Method& method, Inbound inbound, std::vector<std::string> units,
                      StreamDone done) {
  auto opening =
      std::make_shared<std::pair<Inbound, StreamDone>>(std::move(inbound), std::move(done));
  const bool posted = deps_.pool.Post([this, &method, opening, units = std::move(units)]() mutable {
    const Inbound& from = opening->first;
    if (absl::Status ready = deps_.may_serve ? deps_.may_serve() : absl::OkStatus(); !ready.ok()) {
      opening->second(Outward(std::move(ready), nullptr));
      return;
    }
    AuthFailure failure;
    auto principal = deps_.authenticator.Authenticate(from.spiffe_ids, from.certificate_pem,
                                                      from.bearer_token, &failure);
    // What a stream paces is its messages; that it is opened counts as a call.
    absl::Status admitted =
        principal.ok() ? CheckRates(*principal, deps_.clock.Now()) : std::move(principal).status();
    if (!admitted.ok()) {
      opening->second(Outward(std::move(admitted), nullptr));
      return;
    }
    struct Opening {
      std::unique_ptr<Call> call;
      absl::Status outcome;
      std::string asked;
    };
    auto state = std::make_shared<Opening>();
    state->call.reset(new Call);
    state->call->method_ = method.full_name;
    state->call->principal_ = *std::move(principal);
    deps_.recorder.NoteCaller(*state->call);
    deps_.database.Write(
        deps_.clock.Now() + limits_.deadline_max,
        [this, &method, opening, units = std::move(units), state](storage::WriteTx& tx) {
          Call& call = *state->call;
          call.Reset();
          call.policy_ = deps_.policy.Current();
          call.purpose_ = KnownPurpose(*call.policy_, opening->first);
          call.now_ = tx.now();
          state->outcome = PermitStream(call, method, opening->first, units, tx, state->asked);
          if (!state->outcome.ok()) {
            const std::optional<access::Object> hidden = HiddenUnit(*call.policy_, state->asked);
            return deps_.recorder.Refused(tx, call, state->outcome, state->asked,
                                          hidden ? &*hidden : nullptr);
          }
          return deps_.recorder.Allowed(tx, call, Record::KIND_STREAM_OPENED);
        },
        [opening, state](absl::Status recorded) {
          absl::Status status = recorded.ok() ? state->outcome : recorded;
          if (status.ok()) {
            opening->second(std::move(state->call));
          } else {
            opening->second(Outward(std::move(status), nullptr));
          }
        });
  });
  if (!posted) opening->second(Outward(TooBusy(), nullptr));
}

absl::Status Gate::PermitStream(Call& call, const Method& method, const Inbound& inbound,
                                const std::vector<std::string>& units, storage::ReadTx& tx,
                                std::string& asked) const {
  SV_ASSIGN_OR_RETURN(call.mandate_,
                      ResolveMandate(*call.policy_, call.principal_, inbound.mandate, tx.now()));
  SV_RETURN_IF_ERROR(
      CheckCaller(*call.policy_, call.principal_, call.mandate_, inbound, method, tx.now()));
  call.resource_ = call.unit_name();
  for (const std::string& unit : units) {
    if (unit == call.unit_name()) continue;
    asked = unit;
    return NotFound();
  }
  return absl::OkStatus();
}

void Gate::Finish(Running& running, absl::Status status) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  std::string error_id;
  if (!status.ok() && !IsRefusal(status) && running.internal_reason.empty())
    running.internal_reason = std::string(status.message());
  absl::Status outward = Outward(std::move(status), &error_id);
  if (!outward.ok()) running.response.Clear();
  deps_.observer.OnCall({.method = running.method(),
                         .status = outward,
                         .latency = deps_.clock.Now() - running.started,
                         .party = running.call.principal_.party,
                         .internal_reason = running.internal_reason,
                         .error_id = error_id});
  running.done(std::move(outward), running.call.replayed_);
}

}  // namespace samverkan::rpc
