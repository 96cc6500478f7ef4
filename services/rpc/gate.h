#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"
#include "services/access/store/object_store.h"
#include "services/access/store/policy_store.h"
#include "services/base/clock.h"
#include "services/base/limits.h"
#include "services/base/status.h"
#include "services/rpc/authentication.h"
#include "services/rpc/call.h"
#include "services/rpc/field_checks.h"
#include "services/rpc/inbound.h"
#include "services/rpc/method.h"
#include "services/rpc/pool.h"
#include "services/rpc/rate_limiter.h"
#include "services/rpc/recorder.h"
#include "services/rpc/request_log.h"
#include "services/storage/database.h"

namespace samverkan::rpc {

// What the world outside the room may know of a call that ended.
struct CallReport {
  const Method& method;
  const absl::Status& status;
  absl::Duration latency;
  // Empty where authentication failed.
  const std::string& party;
  // Why authentication failed, or the text of an internal failure: for the log alone.
  std::string internal_reason;
  std::string error_id;
};

// Told of every call, on whatever thread ended it. Must not block.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnCall(const CallReport& report) = 0;
};

// One method with its handler, types erased.
struct BoundMethod {
  using Message = google::protobuf::Message;
  using Prepared = std::shared_ptr<void>;

  Method method;
  std::function<absl::Status(Call&, storage::ReadTx&, const Message&, Message&)> read = nullptr;
  std::function<absl::Status(Call&, storage::WriteTx&, const Message&, Prepared, Message&)> write =
      nullptr;
  std::function<absl::Status(Call&, storage::ReadTx&, const Replay&, Message&)> render = nullptr;
  std::function<absl::StatusOr<Prepared>(const Call&, const Message&)> prepare = nullptr;
  FieldChecks fields = FieldChecks(method.descriptor->input_type());
};

template <typename Request, typename Response>
class Unary;

// The only door: every method of every service passes it, nothing else makes a Call or a
// transaction for one. Admit (pool, no I/O) -> Permit (in the transaction) -> Check -> Act ->
// Record; the answer leaves when its record is durable. Thread-safe after Seal.
class Gate {
 public:
  struct Limits {
    // Calls between admission and answer; beyond it LIMIT_EXCEEDED at once.
    int64_t in_flight_max = 8192;
    // The deadline of a call that names none or a later one.
    absl::Duration deadline_max = kUnaryDeadlineMax;
    // Calls a second, with a burst of as many.
    double per_holder = std::numeric_limits<double>::infinity();
    double per_party = std::numeric_limits<double>::infinity();
  };

  struct Dependencies {
    storage::Database& database;
    access::PolicyStore& policy;
    const access::ObjectStore& objects;
    Authenticator& authenticator;
    const Recorder& recorder;
    const RequestLog& requests;
    Pool& pool;
    Clock& clock;
    CallObserver& observer;
    // OK while the hub may answer at all; asked before anything else is. None: always.
    std::function<absl::Status()> may_serve = nullptr;
  };

  // The status as it leaves the hub, and whether an earlier act's answer is repeated.
  using Done = absl::AnyInvocable<void(absl::Status status, bool replayed)>;

  Gate(Dependencies dependencies, Limits limits)
      : deps_(dependencies),
        limits_(limits),
        holder_rates_(limits.per_holder),
        party_rates_(limits.per_party) {}

  // Binds a reading method.
  template <typename H, typename Request, typename Response>
  Unary<Request, Response> Bind(H& handlers,
                                absl::StatusOr<Response> (H::*act)(Call&, storage::ReadTx&,
                                                                   const Request&));

  // Binds a writing method; `render` answers a repeat under the same request_id.
  template <typename H, typename Request, typename Response>
  Unary<Request, Response> Bind(
      H& handlers, absl::StatusOr<Response> (H::*act)(Call&, storage::WriteTx&, const Request&),
      absl::StatusOr<Response> (H::*render)(Call&, storage::ReadTx&, const Replay&));

  // Binds a writing method with heavy pure work: `prepare` runs on the pool before the transaction,
  // for the rules and the mandate of that moment, and never answers; its status is returned in
  // Check. The act takes what was prepared. Where rules or mandate have changed since, or the
  // transaction runs again, it is prepared anew inside it.
  template <typename H, typename Request, typename Response, typename Prepared>
  Unary<Request, Response> Bind(
      H& handlers, absl::StatusOr<Prepared> (H::*prepare)(const Call&, const Request&),
      absl::StatusOr<Response> (H::*act)(Call&, storage::WriteTx&, const Request&, Prepared),
      absl::StatusOr<Response> (H::*render)(Call&, storage::ReadTx&, const Replay&));

  // Ends the process unless every method of the services is bound (streams: announced by
  // BindStream) and has a policy.
  void Seal(absl::Span<const google::protobuf::ServiceDescriptor* const> services);

  // Runs one call. `request` and `response` outlive `done`, which runs once, on a thread of the
  // pool or of the database.
  void Handle(const BoundMethod& bound, Inbound inbound, const google::protobuf::Message& request,
              google::protobuf::Message& response, Done done);

  // For streams: the method of a stream's request type, noted as bound.
  const Method& BindStream(const google::protobuf::Descriptor* request);

  // For streams: authenticates and resolves who opens one, on the pool, as a call that counts for
  // the rates; `done` gets a call whose policy is that of now. The opening is recorded before
  // `done` runs. `units` are those the stream is about: each must be the mandate's own.
  using StreamDone = absl::AnyInvocable<void(absl::StatusOr<std::unique_ptr<Call>>)>;
  void OpenStream(const Method& method, Inbound inbound, std::vector<std::string> units,
                  StreamDone done);

  const Dependencies& dependencies() const { return deps_; }

 private:
  struct Running;

  const BoundMethod& Keep(BoundMethod bound, options::v1::Access access);
  void Run(std::shared_ptr<Running> running);
  absl::Status Admit(Running& running);
  absl::Status CheckRates(const access::Principal& principal, absl::Time now);
  void Read(std::shared_ptr<Running> running);
  void Write(std::shared_ptr<Running> running);
  absl::Status ReadInTransaction(Running& running, storage::ReadTx& tx);
  absl::Status WriteInTransaction(Running& running, storage::WriteTx& tx);
  absl::Status Act(Running& running, storage::WriteTx& tx);
  // Who the call is judged as at an instant; what storage is not asked for.
  absl::Status Introduce(Running& running, absl::Time now) const;
  // The heavy pure work, where it is not done for the rules and mandate that the call now has.
  static void Prepare(Running& running);
  absl::Status PermitStream(Call& call, const Method& method, const Inbound& inbound,
                            const std::vector<std::string>& units, storage::ReadTx& tx,
                            std::string& asked) const;
  // Sets the outcome; returns what storage failed with.
  absl::Status PermitCall(Running& running, storage::ReadTx& tx);
  absl::Status Check(const Running& running) const;
  absl::Status RecordOutcome(Running& running, storage::WriteTx& tx) const;
  void Finish(Running& running, absl::Status status);

  Dependencies deps_;
  Limits limits_;
  absl::flat_hash_map<std::string, std::unique_ptr<BoundMethod>> bound_;  // by full method name
  std::atomic<int64_t> in_flight_ = 0;
  RateLimiter holder_rates_;
  RateLimiter party_rates_;
};

// A bound method with its types: what a service starts, a stream's messages pass, and a benchmark
// calls.
template <typename Request, typename Response>
class Unary {
 public:
  Unary(Gate& gate, const BoundMethod& bound) : gate_(gate), bound_(bound) {}
  void Handle(Inbound inbound, const Request& request, Response& response, Gate::Done done) const {
    gate_.Handle(bound_, std::move(inbound), request, response, std::move(done));
  }

 private:
  Gate& gate_;
  const BoundMethod& bound_;
};

namespace internal {

template <typename Response>
absl::Status Store(absl::StatusOr<Response> result, google::protobuf::Message& response) {
  if (!result.ok()) return std::move(result).status();
  static_cast<Response&>(response) = *std::move(result);
  return absl::OkStatus();
}

template <typename Request>
Method MethodFor() {
  absl::StatusOr<Method> method = MethodOfRequest(Request::descriptor());
  SV_CHECK(method.ok(), method.status().ToString().c_str());
  return *std::move(method);
}

template <typename H, typename Response>
auto Renderer(H& handlers,
              absl::StatusOr<Response> (H::*render)(Call&, storage::ReadTx&, const Replay&)) {
  return [&handlers, render](Call& call, storage::ReadTx& tx, const Replay& replay,
                             google::protobuf::Message& response) {
    return Store<Response>((handlers.*render)(call, tx, replay), response);
  };
}

}  // namespace internal

template <typename H, typename Request, typename Response>
Unary<Request, Response> Gate::Bind(H& handlers,
                                    absl::StatusOr<Response> (H::*act)(Call&, storage::ReadTx&,
                                                                       const Request&)) {
  BoundMethod bound{.method = internal::MethodFor<Request>()};
  bound.read = [&handlers, act](Call& call, storage::ReadTx& tx,
                                const google::protobuf::Message& request,
                                google::protobuf::Message& response) {
    return internal::Store<Response>(
        (handlers.*act)(call, tx, static_cast<const Request&>(request)), response);
  };
  return {*this, Keep(std::move(bound), options::v1::ACCESS_READ)};
}

template <typename H, typename Request, typename Response>
Unary<Request, Response> Gate::Bind(
    H& handlers, absl::StatusOr<Response> (H::*act)(Call&, storage::WriteTx&, const Request&),
    absl::StatusOr<Response> (H::*render)(Call&, storage::ReadTx&, const Replay&)) {
  BoundMethod bound{.method = internal::MethodFor<Request>()};
  bound.write = [&handlers, act](
                    Call& call, storage::WriteTx& tx, const google::protobuf::Message& request,
                    const BoundMethod::Prepared&, google::protobuf::Message& response) {
    return internal::Store<Response>(
        (handlers.*act)(call, tx, static_cast<const Request&>(request)), response);
  };
  bound.render = internal::Renderer(handlers, render);
  return {*this, Keep(std::move(bound), options::v1::ACCESS_WRITE)};
}

template <typename H, typename Request, typename Response, typename Prepared>
Unary<Request, Response> Gate::Bind(
    H& handlers, absl::StatusOr<Prepared> (H::*prepare)(const Call&, const Request&),
    absl::StatusOr<Response> (H::*act)(Call&, storage::WriteTx&, const Request&, Prepared),
    absl::StatusOr<Response> (H::*render)(Call&, storage::ReadTx&, const Replay&)) {
  BoundMethod bound{.method = internal::MethodFor<Request>()};
  bound.prepare = [&handlers, prepare](const Call& call, const google::protobuf::Message& request)
      -> absl::StatusOr<BoundMethod::Prepared> {
    absl::StatusOr<Prepared> prepared =
        (handlers.*prepare)(call, static_cast<const Request&>(request));
    if (!prepared.ok()) return std::move(prepared).status();
    return BoundMethod::Prepared(std::make_shared<Prepared>(*std::move(prepared)));
  };
  bound.write = [&handlers, act](
                    Call& call, storage::WriteTx& tx, const google::protobuf::Message& request,
                    const BoundMethod::Prepared& prepared, google::protobuf::Message& response) {
    return internal::Store<Response>(
        (handlers.*act)(call, tx, static_cast<const Request&>(request),
                        std::move(*static_cast<Prepared*>(prepared.get()))),
        response);
  };
  bound.render = internal::Renderer(handlers, render);
  return {*this, Keep(std::move(bound), options::v1::ACCESS_WRITE)};
}

}  // namespace samverkan::rpc
