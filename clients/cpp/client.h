#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/call_error.h"
#include "clients/cpp/clock.h"
#include "clients/cpp/profile.h"
#include "samverkan/agreements/v1/agreements.grpc.pb.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "samverkan/directory/v1/directory.grpc.pb.h"
#include "samverkan/feed/v1/feed.grpc.pb.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"

namespace samverkan::client {

using ::samverkan::agreements::v1::AgreementService;
using ::samverkan::audit::v1::AuditService;
using ::samverkan::directory::v1::DirectoryService;
using ::samverkan::feed::v1::FeedService;
using ::samverkan::incidents::v1::IncidentService;

// What one call says beside its request; empty fields take the profile's.
struct CallOptions {
  std::string mandate = {};
  std::string purpose = {};
  // Set to whether the answer was that of an earlier identical request.
  bool* replayed = nullptr;
};

// One caller at one hub. Every unary call has a deadline; a mutation gets its request_id before the
// first send; a call that is safe to repeat (it carries a request_id, or its method's policy is
// read) is repeated with the same bytes after UNAVAILABLE, and after RESOURCE_EXHAUSTED that says
// when. Errors carry their details: see ErrorOf. Thread-safe.
class Client {
 public:
  static absl::StatusOr<std::unique_ptr<Client>> Connect(Profile profile);
  // For channels made elsewhere. The clock must outlive the client.
  Client(Profile profile, std::shared_ptr<grpc::Channel> channel, Clock& clock);

  // client.Call(&DirectoryService::Stub::GetParty, request)
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                Request request, const CallOptions& options = {}) {
    const bool repeatable = PrepareRequest(request);
    Response response;
    absl::Status status = Run(repeatable, options, [&](grpc::ClientContext& context) {
      response.Clear();
      return (stub<Stub>().*method)(&context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  template <typename Stub>
  Stub& stub() {
    return *std::get<std::unique_ptr<Stub>>(stubs_);
  }

  // Puts identity, mandate and purpose on a context, for streams.
  absl::Status Identify(grpc::ClientContext& context, const CallOptions& options = {}) const;

  const Profile& profile() const { return profile_; }
  Clock& clock() const { return clock_; }

 private:
  // Gives a mutation its request_id; true where the call may be repeated.
  static bool PrepareRequest(google::protobuf::Message& request);
  absl::Status Run(bool repeatable, const CallOptions& options,
                   absl::FunctionRef<grpc::Status(grpc::ClientContext&)> attempt);
  absl::Status Attempt(absl::Time deadline, const CallOptions& options,
                       absl::FunctionRef<grpc::Status(grpc::ClientContext&)> attempt);

  const Profile profile_;
  Clock& clock_;
  const std::shared_ptr<grpc::Channel> channel_;
  std::tuple<std::unique_ptr<DirectoryService::Stub>, std::unique_ptr<AgreementService::Stub>,
             std::unique_ptr<IncidentService::Stub>, std::unique_ptr<FeedService::Stub>,
             std::unique_ptr<AuditService::Stub>>
      stubs_;
};

}  // namespace samverkan::client
