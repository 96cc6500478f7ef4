#include "tests/support/running_hub.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/demo_issuer.h"
#include "clients/cpp/channel.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "services/rpc/method.h"
#include "tests/support/exchange.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

RunningHub* running = nullptr;

// Stops the hub before the process ends, while everything it uses is still there.
class StopAtEnd final : public ::testing::Environment {
 public:
  void TearDown() override {
    delete running;
    running = nullptr;
  }
};

[[maybe_unused]] const auto* const kStopAtEnd = ::testing::AddGlobalTestEnvironment(new StopAtEnd);

}  // namespace

std::string Outcome::reason() const {
  if (status.ok()) return "OK";
  const std::string reason = error().reason;
  return reason.empty() ? absl::StrCat(status.error_code()) : reason;
}

std::string Outcome::field() const {
  const std::vector<client::FieldFault> faults = error().fields;
  return faults.empty() ? "" : faults.front().field;
}

RunningHub& RunningHub::Get() {
  if (running == nullptr) running = new RunningHub;
  return *running;
}

RunningHub::RunningHub() {
  // As the programs do: Debian's Abseil looks for deadlocks at every lock otherwise, inside gRPC
  // too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto hub = hub::Hub::Start(folder_.Config(), {.demo = true});
  SV_CHECK(hub.ok(), hub.status().ToString().c_str());
  hub_ = *std::move(hub);
  home_ = std::make_unique<cli::Home>(folder_.HomeAt(hub_->port()));
}

RunningHub::~RunningHub() = default;

Caller RunningHub::As(const std::string& handle, const std::string& purpose) const {
  const auto identity = home_->Find(handle);
  SV_CHECK(identity.ok(), identity.status().ToString().c_str());
  Caller caller;
  caller.key_path = identity->key_path.substr(home_->pki().size() + 1);
  if (!identity->issuer.empty()) caller.handle = handle;
  caller.mandate = identity->mandate;
  caller.purpose = purpose;
  return caller;
}

std::string RunningHub::SigningKeyOf(const std::string& handle) const {
  const std::string path = As(handle).key_path;  // parties/{party}/{unit}-cli
  return absl::StrCat(home_->pki(), "/", path.substr(0, path.rfind('-')), "-sign.key");
}

std::shared_ptr<grpc::Channel> RunningHub::ChannelOf(const Caller& caller) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<grpc::Channel>& channel = channels_[caller.key_path];
  if (channel != nullptr) return channel;
  cli::Identity identity;
  identity.key_path =
      absl::StrCat(home_->pki(), "/", caller.key_path.empty() ? "operator/cli" : caller.key_path);
  const auto profile = home_->ProfileOf(identity);
  SV_CHECK(profile.ok(), profile.status().ToString().c_str());
  if (caller.key_path.empty()) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = profile->ca;
    channel = grpc::CreateChannel(profile->target, grpc::SslCredentials(tls));
  } else {
    channel = *client::OpenChannel(*profile);
  }
  return channel;
}

std::string RunningHub::TokenOf(const std::string& handle) {
  if (handle.empty()) return "";
  absl::MutexLock lock(&mutex_);
  client::TokenSource& source = tokens_[handle];
  if (source == nullptr) source = cli::DemoTokens(*home_, *home_->Find(handle));
  const auto token = source();
  SV_CHECK(token.ok(), token.status().ToString().c_str());
  return *token;
}

void RunningHub::Identify(const Caller& caller, grpc::ClientContext& context) {
  const std::string token = caller.token.empty() ? TokenOf(caller.handle) : caller.token;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  if (!caller.mandate.empty()) context.AddMetadata("samverkan-mandate", caller.mandate);
  if (!caller.purpose.empty()) context.AddMetadata("samverkan-purpose", caller.purpose);
}

Outcome RunningHub::Send(const Caller& caller, const Sent& sent, std::string* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + sent.deadline));
  Identify(caller, context);
  Exchange exchange(ChannelOf(caller), context, sent.path);
  std::string answer;
  const bool answered =
      exchange.Start() && exchange.WriteLast(sent.bytes) && exchange.Read(&answer);
  // A watch goes on until its client ends it.
  if (answered && sent.streams) context.TryCancel();
  Outcome outcome;
  outcome.status = exchange.Finish();
  if (answered && sent.streams) outcome.status = grpc::Status::OK;
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    outcome.trailers.emplace(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
  }
  if (answered && response != nullptr) *response = std::move(answer);
  return outcome;
}

Outcome RunningHub::SendAll(const Caller& caller, const std::string& path,
                            const std::vector<std::string>& messages,
                            std::vector<std::string>* responses) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + Sent().deadline));
  Identify(caller, context);
  Exchange exchange(ChannelOf(caller), context, path);
  bool open = exchange.Start();
  for (size_t i = 0; open && i < messages.size(); ++i) {
    open = i + 1 < messages.size() ? exchange.Write(messages[i]) : exchange.WriteLast(messages[i]);
  }
  for (std::string answer; exchange.Read(&answer);) responses->push_back(std::move(answer));
  return {.status = exchange.Finish(), .trailers = {}};
}

Outcome RunningHub::Call(const Caller& caller, const MethodDescriptor* method,
                         const Message& request, Message* response) {
  const std::string path = absl::StrCat("/", method->service()->full_name(), "/", method->name());
  std::string answer;
  Outcome outcome = Send(
      caller,
      {.path = path, .bytes = request.SerializeAsString(), .streams = method->server_streaming()},
      &answer);
  if (outcome.status.ok() && response != nullptr) {
    SV_CHECK(response->ParseFromString(answer), "the hub answers with the method's message");
  }
  return outcome;
}

Outcome RunningHub::Call(const Caller& caller, const Message& request, Message* response) {
  const auto method = rpc::MethodOfRequest(request.GetDescriptor());
  SV_CHECK(method.ok(), method.status().ToString().c_str());
  return Call(caller, method->descriptor, request, response);
}

}  // namespace samverkan::testing
