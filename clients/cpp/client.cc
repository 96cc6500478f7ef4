#include "clients/cpp/client.h"

#include <google/protobuf/descriptor.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/status.h"
#include "clients/cpp/uuid.h"
#include "samverkan/options/v1/options.pb.h"

namespace samverkan::client {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;

// Every method has a request type of its own, declared beside it.
bool IsRead(const Descriptor& request) {
  const FileDescriptor& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    for (int m = 0; m < file.service(s)->method_count(); ++m) {
      const auto& method = *file.service(s)->method(m);
      if (method.input_type() != &request) continue;
      return method.options().GetExtension(options::v1::policy).access() ==
             options::v1::ACCESS_READ;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(Profile profile) {
  // Outlives every client; it holds nothing but the end of waits.
  static SystemClock& clock = *new SystemClock;
  SC_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, OpenChannel(profile));
  return std::make_unique<Client>(std::move(profile), std::move(channel), clock);
}

Client::Client(Profile profile, std::shared_ptr<grpc::Channel> channel, Clock& clock)
    : profile_(std::move(profile)),
      clock_(clock),
      channel_(std::move(channel)),
      stubs_(DirectoryService::NewStub(channel_), AgreementService::NewStub(channel_),
             IncidentService::NewStub(channel_), FeedService::NewStub(channel_),
             AuditService::NewStub(channel_)) {}

bool Client::PrepareRequest(google::protobuf::Message& request) {
  const Descriptor& type = *request.GetDescriptor();
  const FieldDescriptor* request_id = type.FindFieldByName("request_id");
  if (request_id == nullptr) return IsRead(type);
  const auto& reflection = *request.GetReflection();
  if (reflection.GetString(request, request_id).empty()) {
    reflection.SetString(&request, request_id, NewUuid());
  }
  return true;
}

absl::Status Client::Identify(grpc::ClientContext& context, const CallOptions& options) const {
  if (profile_.token) {
    SC_ASSIGN_OR_RETURN(const std::string token, profile_.token());
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  const std::string& mandate = options.mandate.empty() ? profile_.mandate : options.mandate;
  const std::string& purpose = options.purpose.empty() ? profile_.purpose : options.purpose;
  if (!mandate.empty()) context.AddMetadata("samverkan-mandate", mandate);
  if (!purpose.empty()) context.AddMetadata("samverkan-purpose", purpose);
  return absl::OkStatus();
}

absl::Status Client::Run(bool repeatable, const CallOptions& options,
                         absl::FunctionRef<grpc::Status(grpc::ClientContext&)> attempt) {
  const absl::Time deadline = clock_.Now() + profile_.timeout;
  Backoff backoff(profile_.retry, SystemRandom());
  while (true) {
    absl::Status status = Attempt(deadline, options, attempt);
    if (status.ok() || !repeatable) return status;
    const CallError error = ErrorOf(status);
    if (!MayRetry(error)) return status;
    const std::optional<absl::Duration> delay = backoff.Next(error);
    if (!delay.has_value() || clock_.Now() + *delay >= deadline) return status;
    if (!clock_.Wait(*delay)) return absl::CancelledError("interrupted");
  }
}

absl::Status Client::Attempt(absl::Time deadline, const CallOptions& options,
                             absl::FunctionRef<grpc::Status(grpc::ClientContext&)> attempt) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoNanoseconds(deadline - clock_.Now()));
  SC_RETURN_IF_ERROR(Identify(context, options));
  absl::Status status = ToStatus(attempt(context));
  if (options.replayed != nullptr) {
    *options.replayed = context.GetServerTrailingMetadata().count("samverkan-replayed") > 0;
  }
  return status;
}

}  // namespace samverkan::client
