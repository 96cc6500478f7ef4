#include "tests/bench/foundation/server.h"

#include <fcntl.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/grpcpp.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "services/hub/config.h"
#include "services/hub/connections.h"
#include "services/hub/hub.h"
#include "services/journal/feed_engine.h"
#include "services/storage/database.h"
#include "tests/support/figures.h"

namespace samverkan::bench {
namespace {

constexpr char kHubRole[] = "--serve-hub";
constexpr char kEchoRole[] = "--serve-echo";

int64_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

int64_t ResidentBytes() {
  // Pages: all, then resident.
  int64_t all = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Says the port, then answers each line of standard input with the counts of that moment.
void AnswerOrders(int port, const hub::Hub::Inside* inside) {
  std::printf("%d\n", port);
  std::fflush(stdout);
  std::array<char, 16> order = {};
  while (std::fgets(order.data(), order.size(), stdin) != nullptr) {
    malloc_trim(0);
    const int64_t fsyncs = inside == nullptr ? 0 : inside->database.Stats().fsyncs;
    const journal::FeedEngine::Stats feed =
        inside == nullptr ? journal::FeedEngine::Stats() : inside->feed.stats();
    std::printf("%s\n", absl::StrCat(fsyncs, " ", feed.rendered, " ", feed.watchers, " ",
                                     HeapBytes(), " ", ResidentBytes())
                            .c_str());
    std::fflush(stdout);
  }
}

class EchoService final : public incidents::v1::IncidentService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetIncident(grpc::CallbackServerContext* context,
                                        const incidents::v1::GetIncidentRequest* request,
                                        incidents::v1::Incident* response) override {
    response->set_name(request->name());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int ServeEcho(const hub::v1::HubConfig& config) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_key_cert_pairs.push_back({.private_key = *hub::ReadFile(config.tls().key_file()),
                                    .cert_chain = *hub::ReadFile(config.tls().certificate_file())});
  tls.pem_root_certs = *hub::ReadFile(config.tls().client_ca_file());
  EchoService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config.listen(), grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(&service);
  hub::KeepConnectionsSmall(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Require(server != nullptr, "the echo serves");
  AnswerOrders(port, nullptr);
  server->Shutdown();
  return 0;
}

int ServeHub(const hub::v1::HubConfig& config) {
  const auto hub = hub::Hub::Start(config, {.demo = true});
  Require(hub.ok(), hub.status().ToString());
  const hub::Hub::Inside inside = (*hub)->inside();
  AnswerOrders((*hub)->port(), &inside);
  return 0;
}

}  // namespace

bool IsRole(const std::string& argument) {
  return argument == kHubRole || argument == kEchoRole;
}

int Serve(const std::string& role, const std::string& config_file) {
  const auto config = hub::LoadConfig(config_file);
  Require(config.ok(), config.status().ToString());
  return role == kHubRole ? ServeHub(*config) : ServeEcho(*config);
}

Server::Server(Kind kind, const testing::HubFolder& folder, const hub::v1::HubConfig& config) {
  std::string role = kind == Kind::kHub ? kHubRole : kEchoRole;
  std::string file = absl::StrCat(folder.path(), "/served", role, ".textproto");
  std::string text;
  google::protobuf::TextFormat::PrintToString(config, &text);
  std::ofstream(file) << text;
  std::array<int, 2> orders = {};
  std::array<int, 2> answers = {};
  Require(::pipe2(orders.data(), O_CLOEXEC) == 0 && ::pipe2(answers.data(), O_CLOEXEC) == 0,
          "pipes can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, orders[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe";
  const std::array<char*, 4> arguments = {program.data(), role.data(), file.data(), nullptr};
  const int failed =
      ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments.data(), environ);
  Require(failed == 0, "a server can be started");
  posix_spawn_file_actions_destroy(&actions);
  ::close(orders[0]);
  ::close(answers[1]);
  orders_ = ::fdopen(orders[1], "w");
  answers_ = ::fdopen(answers[0], "r");
  Require(absl::SimpleAtoi(ReadLine(), &port_) && port_ > 0, "the server serves");
}

Server::~Server() {
  std::fclose(orders_);
  int status = 0;
  Require(
      ::waitpid(process_, &status, 0) == process_ && WIFEXITED(status) && WEXITSTATUS(status) == 0,
      "the server ended well");
  std::fclose(answers_);
}

std::string Server::ReadLine() {
  std::array<char, 256> line = {};
  Require(std::fgets(line.data(), line.size(), answers_) != nullptr, "the server answers");
  std::string text = line.data();
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

ServerCounts Server::Counts() {
  Require(std::fputs("counts\n", orders_) >= 0 && std::fflush(orders_) == 0, "the server listens");
  std::vector<int64_t> numbers;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(ReadLine(), ' '))) {
    Require(absl::SimpleAtoi(word, &numbers.emplace_back()), "the server tells numbers");
  }
  Require(numbers.size() == 5, "the server tells all its counts");
  return {.fsyncs = numbers[0],
          .rendered = numbers[1],
          .watchers = numbers[2],
          .heap = numbers[3],
          .resident = numbers[4]};
}

}  // namespace samverkan::bench
