#include "tests/bench/foundation/writes.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "services/base/status.h"
#include "services/hub/hub.h"
#include "services/incidents/incident_handlers.h"
#include "services/rpc/gate.h"
#include "services/rpc/grpc_status.h"
#include "services/storage/sqlite/sqlite_database.h"
#include "tests/bench/foundation/cpu.h"
#include "tests/bench/foundation/loop.h"
#include "tests/bench/foundation/world.h"
#include "tests/support/figures.h"
#include "tests/support/replay.h"

namespace samverkan::bench {
namespace {

using incidents::v1::CreateIncidentRequest;
using incidents::v1::Incident;
using storage::sqlite::SqliteOptions;

constexpr int kGroups = 100;
constexpr int kWrites = kGroups * kInFlight;
constexpr int kRounds = 7;
constexpr int kChannels = 4;
constexpr int kRowsPerWriteMax = 8;
constexpr int kTriesMax = 20;

// A hub in this process, on a copy of the empty hub's files.
class LocalHub {
 public:
  LocalHub(const testing::HubFolder& folder, const std::string& data,
           const hub::Hub::TuneStorage& tune = nullptr)
      : config_(folder.Config(data)) {
    const std::filesystem::path empty = folder.path() + "/empty";
    if (std::filesystem::exists(empty)) {
      std::filesystem::copy(empty, config_.data_dir());
      std::filesystem::copy(folder.path() + "/guard/empty.guard", config_.guard_file());
    }
    // Room for all that a recording holds back.
    config_.mutable_limits()->set_handler_queue_max(2 * kWrites);
    auto hub = hub::Hub::Start(config_, {.demo = true}, tune);
    Require(hub.ok(), hub.status().ToString());
    hub_ = *std::move(hub);
    hub::Hub::Inside inside = hub_->inside();
    // The hub's own gate has its methods bound for its port.
    gate_ = std::make_unique<rpc::Gate>(inside.gate.dependencies(), rpc::Gate::Limits());
  }
  ~LocalHub() {
    gate_.reset();
    hub_.reset();
    if (kept_) return;
    std::filesystem::remove_all(config_.data_dir());
    std::filesystem::remove(config_.guard_file());
  }

  // Its files stay when it goes.
  void Keep() { kept_ = true; }

  storage::Database& database() { return hub_->inside().database; }
  rpc::Unary<CreateIncidentRequest, Incident> BindCreate() {
    using Handlers = incidents::IncidentHandlers;
    return gate_->Bind(hub_->inside().incidents, &Handlers::PrepareCreate, &Handlers::Create,
                       &Handlers::Render);
  }

 private:
  hub::v1::HubConfig config_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<rpc::Gate> gate_;
  bool kept_ = false;
};

void RequireCreated(const absl::Status& status, bool replayed, const Incident& incident) {
  Require(status.ok() && !replayed && !incident.name().empty(),
          absl::StrCat("an item is created: ", status.ToString()));
}

// What kWrites items took.
struct Took {
  double seconds = 0;
  CpuByThread cpu;
  // Times the engine waited for the disk.
  int64_t fsyncs = 0;
};

// Straight to the gate.
Took WriteAtGate(const testing::HubFolder& folder, const rpc::Inbound& inbound) {
  LocalHub hub(folder, "gate");
  const auto create = hub.BindCreate();
  const std::vector<CreateIncidentRequest> items = NewItems(kWrites);
  std::vector<Incident> answers(kInFlight);
  const int64_t fsyncs = hub.database().Stats().fsyncs;
  const CpuByThread before = CpuOf(getpid());
  const double seconds = RunCalls(kWrites, [&](Turn turn, std::function<void()> done) {
    // Like a server, which has sent an answer and keeps none.
    Incident& answer = answers[static_cast<size_t>(turn.place)];
    create.Handle(inbound, items[static_cast<size_t>(turn.call)], answer,
                  [&answer, done = std::move(done)](const absl::Status& status, bool replayed) {
                    RequireCreated(status, replayed, answer);
                    done();
                  });
  });
  const CpuByThread cpu = Between(before, CpuOf(getpid()));
  return {seconds, cpu, hub.database().Stats().fsyncs - fsyncs};
}

// What an edge in the hub's process will be to the gate: gRPC without a socket. The edge, which
// would tell the gate who calls, does not exist yet; here the service itself says that it is the
// police's system, whose certificate the gate checks as it checks those of the port.
class InProcessService final : public incidents::v1::IncidentService::CallbackService {
 public:
  InProcessService(LocalHub& hub, rpc::Inbound inbound)
      : create_(hub.BindCreate()), inbound_(std::move(inbound)) {}

  grpc::ServerUnaryReactor* CreateIncident(grpc::CallbackServerContext* context,
                                           const CreateIncidentRequest* request,
                                           Incident* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    create_.Handle(inbound_, *request, *response,
                   [reactor, response](const absl::Status& status, bool replayed) {
                     RequireCreated(status, replayed, *response);
                     reactor->Finish(rpc::ToGrpc(status));
                   });
    return reactor;
  }

 private:
  const rpc::Unary<CreateIncidentRequest, Incident> create_;
  const rpc::Inbound inbound_;
};

// The same through the in-process channel, with the generated client.
Took WriteInProcess(const testing::HubFolder& folder, const rpc::Inbound& inbound) {
  LocalHub hub(folder, "channel");
  InProcessService service(hub, inbound);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::vector<std::unique_ptr<incidents::v1::IncidentService::Stub>> stubs;
  for (int i = 0; i < kChannels; ++i) {
    stubs.push_back(incidents::v1::IncidentService::NewStub(
        server->InProcessChannel(grpc::ChannelArguments())));
  }
  const std::vector<CreateIncidentRequest> items = NewItems(kWrites);
  std::vector<Incident> answers(kInFlight);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts(kInFlight);
  int64_t fsyncs = hub.database().Stats().fsyncs;
  const CpuByThread before = CpuOf(getpid());
  const double seconds = RunCalls(kWrites, [&](Turn turn, std::function<void()> done) {
    auto& context = contexts[static_cast<size_t>(turn.place)];
    context = std::make_unique<grpc::ClientContext>();
    Incident& answer = answers[static_cast<size_t>(turn.place)];
    answer.Clear();
    stubs[static_cast<size_t>(turn.place) % stubs.size()]->async()->CreateIncident(
        context.get(), &items[static_cast<size_t>(turn.call)], &answer,
        [&answer, done = std::move(done)](const grpc::Status& status) {
          Require(status.ok() && !answer.name().empty(),
                  absl::StrCat("an item is created: ", status.error_message()));
          done();
        });
  });
  const CpuByThread after = CpuOf(getpid());
  fsyncs = hub.database().Stats().fsyncs - fsyncs;
  server->Shutdown();
  return {seconds, Between(before, after), fsyncs};
}

// True when nothing but the items was recorded: the hub's own work may have come in between.
bool HoldsItemsAlone(const std::vector<Executed>& statements) {
  int64_t items = 0;
  int64_t records = 0;
  int64_t changes = 0;
  for (const Executed& executed : statements) {
    const absl::string_view sql = executed.sql;
    items += absl::StartsWith(sql, "INSERT INTO objects ") ? 1 : 0;
    records += absl::StartsWith(sql, "INSERT INTO audit_log ") ? 1 : 0;
    changes += absl::StartsWith(sql, "UPDATE ") || absl::StartsWith(sql, "DELETE ") ? 1 : 0;
  }
  return items == kWrites && records == kWrites && changes == 0;
}

// What the engine executes for kWrites items in groups of exactly 64. Keys are merged into their
// tree after the acknowledgement, so not here.
std::vector<Executed> RecordOnce(const testing::HubFolder& folder, const rpc::Inbound& inbound) {
  Recording recording(kGroups);
  LocalHub hub(folder, "recorded", [&recording](SqliteOptions& options) {
    options.group_max = kInFlight;
    options.key_merge_min = 1 << 30;
    options.trace = recording.Trace();
  });
  const auto create = hub.BindCreate();
  const std::vector<CreateIncidentRequest> items = NewItems(kWrites);
  std::vector<Incident> answers(kWrites);
  std::atomic<int> left = kWrites;
  absl::Notification answered;
  recording.Hold(hub.database());
  const int64_t queued = hub.database().Stats().queue_length;
  for (size_t i = 0; i < kWrites; ++i) {
    create.Handle(inbound, items[i], answers[i], [&, i](const absl::Status& status, bool again) {
      RequireCreated(status, again, answers[i]);
      if (--left == 0) answered.Notify();
    });
  }
  while (hub.database().Stats().queue_length < queued + kWrites) std::this_thread::yield();
  recording.Release();
  answered.WaitForNotification();
  return recording.statements();
}

std::vector<Executed> RecordWrites(const testing::HubFolder& folder, const rpc::Inbound& inbound) {
  for (int i = 0; i < kTriesMax; ++i) {
    std::vector<Executed> statements = RecordOnce(folder, inbound);
    if (HoldsItemsAlone(statements)) return statements;
  }
  Require(false, "the items can be recorded without the hub's own work in between");
  return {};
}

// A copy of the empty hub's database file, for a replay.
class EmptyDatabase {
 public:
  explicit EmptyDatabase(const testing::HubFolder& folder) : folder_(folder.path() + "/replay") {
    std::filesystem::copy(folder.path() + "/empty", folder_);
  }
  ~EmptyDatabase() { std::filesystem::remove_all(folder_); }
  std::string file() const { return folder_ + "/samverkan.db"; }

 private:
  const std::string folder_;
};

Replayed ReplayWrites(const testing::HubFolder& folder, const std::vector<Executed>& statements) {
  const EmptyDatabase empty(folder);
  return Replay(empty.file(), statements);
}

// Rates of one way in, their ratio to the replays of the same rounds, and where the processor was.
void ReportWay(const std::string& name, const std::vector<Replayed>& replays,
               const std::vector<Took>& took, Goal goal) {
  std::vector<double> rates, ratios, per_fsync;
  CpuByThread cpu;
  for (size_t round = 0; round < took.size(); ++round) {
    rates.push_back(kWrites / took[round].seconds);
    ratios.push_back(replays[round].seconds / took[round].seconds);
    per_fsync.push_back(static_cast<double>(kWrites) / static_cast<double>(took[round].fsyncs));
    for (const auto& [thread, seconds] : took[round].cpu) cpu[thread] += seconds;
  }
  Print(absl::StrCat("writes.", name), rates, "writes/s", 0);
  Print(absl::StrCat("writes.", name, "_over_replay"), ratios, "ratio", 2, goal);
  Print(absl::StrCat("writes.", name, "_per_fsync"), per_fsync, "writes", 1);
  std::printf("cpu of a write, %s: %s\n", name.c_str(),
              PerCall(cpu, kWrites * static_cast<int>(took.size())).c_str());
}

void Report(const std::vector<Executed>& statements, const std::vector<Replayed>& replays,
            const std::vector<Took>& at_gate, const std::vector<Took>& in_process) {
  std::vector<double> rates, cpu, rows;
  for (const Replayed& replayed : replays) {
    rates.push_back(kWrites / replayed.seconds);
    cpu.push_back(replayed.cpu_seconds * 1e6 / kWrites);
    rows.push_back(static_cast<double>(replayed.rows) / kWrites);
  }
  Print("writes.statements", {static_cast<double>(statements.size()) / kWrites}, "per_write", 2);
  Print("writes.rows", rows, "per_write", 2, AtMost(kRowsPerWriteMax));
  Print("writes.replay", rates, "writes/s", 0);
  Print("writes.replay_cpu", cpu, "us", 1);
  ReportWay("gate", replays, at_gate, AtLeast(0.55));
  ReportWay("in_process", replays, in_process, AtLeast(0.40));
}

}  // namespace

void MeasureWrites(const testing::HubFolder& folder) {
  const rpc::Inbound inbound = InboundOfCaller(folder);
  LocalHub(folder, "empty").Keep();
  const std::vector<Executed> statements = RecordWrites(folder, inbound);
  RequireNoIndex(EmptyDatabase(folder).file(), statements);

  std::vector<Replayed> replays;
  std::vector<Took> at_gate, in_process;
  for (int round = 0; round < kRounds; ++round) {
    replays.push_back(ReplayWrites(folder, statements));
    at_gate.push_back(WriteAtGate(folder, inbound));
    in_process.push_back(WriteInProcess(folder, inbound));
  }
  Report(statements, replays, at_gate, in_process);
}

}  // namespace samverkan::bench
