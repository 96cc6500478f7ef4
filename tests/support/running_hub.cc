#include "tests/support/running_hub.h"

#include <google/protobuf/text_format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/demo_issuer.h"
#include "clients/cpp/channel.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "samverkan/hub/v1/config.pb.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "services/hub/config.h"
#include "services/rpc/method.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr char kAudience[] = "samverkan";
constexpr char kDirectory[] = "deploy/data/stockholm.textproto";
// Tests call as fast as they can.
constexpr int kCallsPerSecond = 1'000'000;

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

// As deploy/pki/make_pki makes them: every algorithm the hub takes is used by one.
std::string AlgorithmOf(const std::string& issuer) {
  if (issuer == "city") return "RS256";
  return issuer == "region" ? "EdDSA" : "ES256";
}

void AddIssuers(const directory::v1::DirectoryBundle& directory, const std::string& pki,
                hub::v1::HubConfig& config) {
  std::map<std::string, std::string> codes;
  for (const auto& party : directory.parties()) codes[party.name()] = party.code();
  std::map<std::string, std::set<std::string>> parties;
  for (const auto& mandate : directory.mandates()) {
    const std::vector<std::string> holder = absl::StrSplit(mandate.holder(), ' ');
    if (holder.size() == 2)
      parties[holder[0]].insert(mandate.unit().substr(0, mandate.unit().find("/units/")));
  }
  for (const auto& [url, members] : parties) {
    const std::string name = url.substr(8, url.find('.') - 8);  // after "https://"
    hub::v1::Issuer* issuer = config.add_issuers();
    issuer->set_issuer(url);
    issuer->set_audience(kAudience);
    issuer->add_algorithms(AlgorithmOf(name));
    issuer->set_jwks_file(absl::StrCat(pki, "/hub/issuers/", name, ".json"));
    issuer->set_demo(true);
    if (members.size() == 1) {
      issuer->set_party(*members.begin());
      continue;
    }
    for (const std::string& party : members) {
      hub::v1::OrgUnit* unit = issuer->add_by_org_unit();
      unit->set_org_unit(codes[party]);
      unit->set_party(party);
    }
  }
}

hub::v1::HubConfig ConfigIn(const std::string& folder,
                            const directory::v1::DirectoryBundle& directory,
                            const std::string& directory_file) {
  const std::string pki = folder + "/pki";
  std::filesystem::create_directory(folder + "/guard");
  hub::v1::HubConfig config;
  config.set_data_dir(folder + "/db");
  config.set_listen("127.0.0.1:0");
  config.mutable_tls()->set_certificate_file(pki + "/hub/server.pem");
  config.mutable_tls()->set_key_file(pki + "/hub/server.key");
  config.mutable_tls()->set_client_ca_file(pki + "/ca.pem");
  config.set_trust_domain("samverkan.example");
  config.add_directory_files(directory_file);
  config.add_directory_files(pki + "/hub/keys.textproto");
  config.set_key_file(pki + "/hub/hub.keys");
  config.set_log_key_file(pki + "/hub/log.key");
  config.set_guard_file(folder + "/guard/hub.guard");
  config.set_log_origin("hub.demo.samverkan.example/audit");
  config.mutable_limits()->set_calls_per_second_per_holder(kCallsPerSecond);
  config.mutable_limits()->set_calls_per_second_per_party(kCallsPerSecond);
  AddIssuers(directory, pki, config);
  return config;
}

// One exchange of a stream, or a unary call: gRPC's generic stub knows no difference.
class Exchange {
 public:
  Exchange(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
           const std::string& path)
      : stub_(channel), call_(stub_.PrepareCall(&context, path, &queue_)) {}
  ~Exchange() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Start() {
    call_->StartCall(this);
    return Await();
  }
  bool WriteLast(const grpc::ByteBuffer& bytes) {
    call_->WriteLast(bytes, grpc::WriteOptions(), this);
    return Await();
  }
  bool Read(grpc::ByteBuffer* bytes) {
    call_->Read(bytes, this);
    return Await();
  }
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Await();
    return status;
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

grpc::ByteBuffer ToBytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string FromBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  SV_CHECK(buffer.Dump(&slices).ok(), "an answer can be read");
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

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
  folder_ = (std::filesystem::temp_directory_path() / "samverkan_hub_XXXXXX").string();
  SV_CHECK(::mkdtemp(folder_.data()) != nullptr, "a temporary folder can be made");
  const std::string make =
      absl::StrCat("deploy/pki/make_pki ", folder_, "/pki >", folder_, "/pki.log");
  SV_CHECK(std::system(make.c_str()) == 0,
           "tests run from the project's root, where deploy/pki/make_pki is");
  const std::string directory_file = std::filesystem::absolute(kDirectory).string();
  directory::v1::DirectoryBundle directory;
  const auto text = cli::ReadFile(directory_file);
  SV_CHECK(text.ok() && google::protobuf::TextFormat::ParseFromString(*text, &directory),
           "the directory can be read");
  std::string config_text;
  google::protobuf::TextFormat::PrintToString(ConfigIn(folder_, directory, directory_file),
                                              &config_text);
  auto config = hub::ParseConfig(config_text, folder_ + "/hub.textproto");
  SV_CHECK(config.ok(), config.status().ToString().c_str());
  auto hub = hub::Hub::Start(*config, /*demo_mode=*/true);
  SV_CHECK(hub.ok(), hub.status().ToString().c_str());
  hub_ = *std::move(hub);
  std::ofstream(folder_ + "/client.json")
      << nlohmann::json{{"target", absl::StrCat("127.0.0.1:", hub_->port())},
                        {"directory", directory_file},
                        {"pki", "pki"},
                        {"audience", kAudience},
                        {"demo", true}};
  auto home = cli::Home::Open(folder_);
  SV_CHECK(home.ok(), home.status().ToString().c_str());
  home_ = std::make_unique<cli::Home>(*std::move(home));
}

RunningHub::~RunningHub() {
  {
    absl::MutexLock lock(&mutex_);
    channels_.clear();
  }
  hub_.reset();
  std::filesystem::remove_all(folder_);
}

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

Outcome RunningHub::Send(const Caller& caller, const Sent& sent, std::string* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(SystemClock().Now() + sent.deadline));
  const std::string token = caller.token.empty() ? TokenOf(caller.handle) : caller.token;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  if (!caller.mandate.empty()) context.AddMetadata("samverkan-mandate", caller.mandate);
  if (!caller.purpose.empty()) context.AddMetadata("samverkan-purpose", caller.purpose);
  Exchange exchange(ChannelOf(caller), context, sent.path);
  grpc::ByteBuffer answer;
  const bool answered =
      exchange.Start() && exchange.WriteLast(ToBytes(sent.bytes)) && exchange.Read(&answer);
  // A watch goes on until its client ends it.
  if (answered && sent.streams) context.TryCancel();
  Outcome outcome;
  outcome.status = exchange.Finish();
  if (answered && sent.streams) outcome.status = grpc::Status::OK;
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    outcome.trailers.emplace(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
  }
  if (answered && response != nullptr) *response = FromBytes(answer);
  return outcome;
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
