#include "tests/bench/foundation/calls.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "tests/bench/foundation/cpu.h"
#include "tests/bench/foundation/loop.h"
#include "tests/bench/foundation/server.h"
#include "tests/bench/foundation/world.h"
#include "tests/support/figures.h"

namespace samverkan::bench {
namespace {

using incidents::v1::CreateIncidentRequest;
using incidents::v1::GetIncidentRequest;
using incidents::v1::Incident;
using incidents::v1::IncidentService;
using Async = IncidentService::StubInterface::async_interface;

constexpr int kWrites = 3200;
constexpr int kReads = 6400;
constexpr int kRounds = 7;
constexpr int kConnections = 4;

// What one round took.
struct Took {
  double seconds = 0;
  CpuByThread cpu;  // of the server
};

// The generated client over some connections.
class Client {
 public:
  Client(const testing::HubFolder& folder, Server& server) : server_(server) {
    for (const auto& channel : Connect(folder, server.port(), kConnections))
      stubs_.push_back(IncidentService::NewStub(channel));
  }

  using Answered = std::function<void(const grpc::Status&)>;
  // Makes `count` calls; `call` starts one with the stub and context it is given.
  Took Run(int count,
           const std::function<void(Async&, grpc::ClientContext*, int, Answered)>& call) {
    std::vector<std::unique_ptr<grpc::ClientContext>> contexts(kInFlight);
    const CpuByThread before = CpuOf(server_.process());
    const double seconds = RunCalls(count, [&](Turn turn, std::function<void()> done) {
      const auto place = static_cast<size_t>(turn.place);
      contexts[place] = std::make_unique<grpc::ClientContext>();
      call(*stubs_[place % stubs_.size()]->async(), contexts[place].get(), turn.call,
           [done = std::move(done)](const grpc::Status& status) {
             Require(status.ok(), absl::StrCat("a call is answered: ", status.error_code(), " ",
                                               status.error_message()));
             done();
           });
    });
    return {seconds, Between(before, CpuOf(server_.process()))};
  }

 private:
  Server& server_;
  std::vector<std::unique_ptr<IncidentService::Stub>> stubs_;
};

// Hands in kWrites items; their names are added to `names`.
Took Create(Client& client, std::vector<std::string>& names) {
  const std::vector<CreateIncidentRequest> items = NewItems(kWrites);
  std::vector<Incident> answers(kWrites);
  Took took =
      client.Run(kWrites, [&](Async& stub, grpc::ClientContext* context, int call, auto answered) {
        const auto i = static_cast<size_t>(call);
        stub.CreateIncident(context, &items[i], &answers[i], std::move(answered));
      });
  for (const Incident& answer : answers) {
    Require(!answer.name().empty(), "an item that was handed in has a name");
    names.push_back(answer.name());
  }
  return took;
}

// Reads kReads items, or has their names echoed.
Took Read(Client& client, const std::vector<std::string>& names, bool echo) {
  std::vector<GetIncidentRequest> requests(kReads);
  std::vector<Incident> answers(kReads);
  for (size_t i = 0; i < kReads; ++i) requests[i].set_name(names[i * 7919 % names.size()]);
  Took took =
      client.Run(kReads, [&](Async& stub, grpc::ClientContext* context, int call, auto answered) {
        const auto i = static_cast<size_t>(call);
        stub.GetIncident(context, &requests[i], &answers[i], std::move(answered));
      });
  for (size_t i = 0; i < kReads; ++i) {
    Require(answers[i].name() == requests[i].name() &&
                echo == answers[i].content().description().empty(),
            "each answer is that of its request");
  }
  return took;
}

// Processor time of a call in the server, and which threads spent it.
void ReportCpu(const std::string& name, const std::vector<Took>& rounds, int calls) {
  std::vector<double> micros;
  CpuByThread sum;
  for (const Took& took : rounds) {
    micros.push_back(Total(took.cpu) * 1e6 / calls);
    for (const auto& [thread, seconds] : took.cpu) sum[thread] += seconds;
  }
  Print(absl::StrCat(name, "_server_cpu"), micros, "us", 1);
  std::printf("server cpu of a call, %s: %s\n", name.c_str(),
              PerCall(sum, calls * static_cast<int>(rounds.size())).c_str());
}

void ReportReads(const std::vector<Took>& reads, const std::vector<Took>& echoes) {
  std::vector<double> read_rates, echo_rates, ratios;
  for (size_t round = 0; round < reads.size(); ++round) {
    read_rates.push_back(kReads / reads[round].seconds);
    echo_rates.push_back(kReads / echoes[round].seconds);
    ratios.push_back(echoes[round].seconds / reads[round].seconds);
  }
  Print("tls.reads", read_rates, "reads/s", 0);
  Print("tls.echoes", echo_rates, "calls/s", 0);
  Print("tls.read_over_echo", ratios, "ratio", 2, AtLeast(0.30));
  ReportCpu("tls.read", reads, kReads);
  ReportCpu("tls.echo", echoes, kReads);
}

}  // namespace

void MeasureCalls(const testing::HubFolder& folder) {
  Server hub(Server::Kind::kHub, folder, folder.Config("served"));
  Server echo(Server::Kind::kEcho, folder, folder.Config("echo"));
  Client hub_client(folder, hub);
  Client echo_client(folder, echo);
  std::vector<std::string> names;
  std::vector<Took> writes, reads, echoes;
  std::vector<double> write_rates, per_fsync;
  for (int round = 0; round < kRounds; ++round) {
    const int64_t fsyncs = hub.Counts().fsyncs;
    writes.push_back(Create(hub_client, names));
    per_fsync.push_back(kWrites / static_cast<double>(hub.Counts().fsyncs - fsyncs));
    write_rates.push_back(kWrites / writes.back().seconds);
    reads.push_back(Read(hub_client, names, /*echo=*/false));
    echoes.push_back(Read(echo_client, names, /*echo=*/true));
  }
  Print("tls.writes", write_rates, "writes/s", 0);
  Print("tls.writes_per_fsync", per_fsync, "writes", 1, AtLeast(10));
  ReportCpu("tls.write", writes, kWrites);
  ReportReads(reads, echoes);
}

}  // namespace samverkan::bench
