#include "tests/bench/foundation/watchers.h"

#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "samverkan/feed/v1/feed.grpc.pb.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "services/base/clock.h"
#include "tests/bench/foundation/server.h"
#include "tests/bench/foundation/world.h"
#include "tests/support/figures.h"

namespace samverkan::bench {
namespace {

using feed::v1::FeedService;
using feed::v1::WatchRequest;
using feed::v1::WatchResponse;

constexpr int kWatchers = 100;
constexpr int kEvents = 15;
// For memory: enough that a page more or less does not show.
constexpr int kIdle = 300;
constexpr int kRounds = 3;
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kSettle = absl::Milliseconds(200);
constexpr int64_t kSettled = 64 * 1024;

// How many streams stand, and how many got how many events.
class Tally {
 public:
  void Event() {
    absl::MutexLock lock(&mutex_);
    ++events_;
  }
  void Ended() {
    absl::MutexLock lock(&mutex_);
    ++ended_;
  }
  int64_t events() const {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  void AwaitEvents(int64_t count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return events_ >= count; };
    Require(mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience), "every watcher is told");
  }
  void AwaitEnded(int64_t count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_ == count; };
    Require(mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience), "every stream ends");
  }

 private:
  mutable absl::Mutex mutex_;
  int64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One watch of the caller's unit, until it is cancelled.
class Watcher final : public grpc::ClientReadReactor<WatchResponse> {
 public:
  Watcher(FeedService::Stub& stub, Tally& tally) : tally_(tally) {
    WatchRequest request;
    request.add_subscriptions()->set_unit(kUnit);
    request_ = request;
    stub.async()->Watch(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    for (const feed::v1::Event& event : response_.events()) {
      if (event.has_incident()) tally_.Event();
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    Require(status.error_code() == grpc::StatusCode::CANCELLED,
            absl::StrCat("a watch ends when it is cancelled: ", status.error_message()));
    tally_.Ended();
  }

 private:
  Tally& tally_;
  grpc::ClientContext context_;
  WatchRequest request_;
  WatchResponse response_;
};

// Watchers over some connections, open until it goes.
class Watch {
 public:
  Watch(Server& server, const std::vector<std::shared_ptr<grpc::Channel>>& channels, int count)
      : server_(server) {
    for (const auto& channel : channels) stubs_.push_back(FeedService::NewStub(channel));
    for (int i = 0; i < count; ++i) {
      watchers_.push_back(
          std::make_unique<Watcher>(*stubs_[static_cast<size_t>(i) % stubs_.size()], tally_));
    }
    AwaitWatchers(count);
  }
  ~Watch() {
    for (const auto& watcher : watchers_) watcher->Cancel();
    tally_.AwaitEnded(static_cast<int64_t>(watchers_.size()));
    AwaitWatchers(0);
  }

  Tally& tally() { return tally_; }

 private:
  void AwaitWatchers(int64_t count) {
    const absl::Time end = SystemClock().Now() + kPatience;
    while (server_.Counts().watchers != count)
      Require(SystemClock().Now() < end, absl::StrCat("there are ", count, " watchers"));
  }

  Server& server_;
  Tally tally_;
  std::vector<std::unique_ptr<FeedService::Stub>> stubs_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
};

hub::v1::HubConfig RoomyConfig(const testing::HubFolder& folder) {
  hub::v1::HubConfig config = folder.Config("watched");
  config.mutable_limits()->set_streams_per_holder_max(2 * kIdle);
  config.mutable_limits()->set_streams_per_connection_max(2 * kIdle);
  return config;
}

// Renderings for each of kEvents events, while kWatchers look on.
std::vector<double> RenderingsPerEvent(const testing::HubFolder& folder, Server& server) {
  const auto channels = Connect(folder, server.port(), 4);
  Watch watch(server, channels, kWatchers);
  const auto incidents = incidents::v1::IncidentService::NewStub(channels.front());
  std::vector<double> rendered;
  int64_t told = 0;
  for (const auto& item : NewItems(kEvents)) {
    const int64_t before = server.Counts().rendered;
    grpc::ClientContext context;
    incidents::v1::Incident incident;
    Require(incidents->CreateIncident(&context, item, &incident).ok(), "an item is created");
    told += kWatchers;
    watch.tally().AwaitEvents(told);
    rendered.push_back(static_cast<double>(server.Counts().rendered - before));
  }
  Require(watch.tally().events() == told, "every watcher is told of every event once");
  return rendered;
}

// Counts once memory has come to rest: what a closed connection held goes some moments later.
ServerCounts Settled(Server& server) {
  ServerCounts last = server.Counts();
  const absl::Time end = SystemClock().Now() + kPatience;
  while (SystemClock().Now() < end) {
    absl::Notification never;
    never.WaitForNotificationWithTimeout(kSettle);
    const ServerCounts now = server.Counts();
    if (std::abs(now.heap - last.heap) < kSettled) return now;
    last = now;
  }
  Require(false, "the hub's memory comes to rest");
  return last;
}

struct Memory {
  std::vector<double> watcher, watcher_resident, connection, connection_resident;
};

double KibEach(int64_t more, int64_t less) {
  return static_cast<double>(more - less) / 1024 / kIdle;
}

// kIdle watchers on one connection that stands already, then on a connection each.
void MeasureMemory(const testing::HubFolder& folder, Server& server, Memory& memory) {
  double watcher = 0;
  double resident = 0;
  {
    const auto channels = Connect(folder, server.port(), 1);
    const ServerCounts before = Settled(server);
    const Watch watch(server, channels, kIdle);
    const ServerCounts with = Settled(server);
    watcher = KibEach(with.heap, before.heap);
    resident = KibEach(with.resident, before.resident);
  }
  memory.watcher.push_back(watcher);
  memory.watcher_resident.push_back(resident);
  const ServerCounts before = Settled(server);
  const auto channels = Connect(folder, server.port(), kIdle);
  const Watch watch(server, channels, kIdle);
  const ServerCounts with = Settled(server);
  memory.connection.push_back(KibEach(with.heap, before.heap) - watcher);
  memory.connection_resident.push_back(KibEach(with.resident, before.resident) - resident);
}

}  // namespace

void MeasureWatchers(const testing::HubFolder& folder) {
  Server server(Server::Kind::kHub, folder, RoomyConfig(folder));
  Print("watch.renderings_for_100_watchers", RenderingsPerEvent(folder, server), "per_event", 0,
        Exactly(1));
  // The first round makes what a hub keeps for later, too.
  Memory first;
  MeasureMemory(folder, server, first);
  Memory memory;
  for (int round = 0; round < kRounds; ++round) MeasureMemory(folder, server, memory);
  Print("watch.idle_watcher", memory.watcher, "KiB", 1, AtMost(32));
  Print("watch.idle_watcher_resident", memory.watcher_resident, "KiB", 1);
  Print("watch.direct_connection", memory.connection, "KiB", 1, AtMost(128));
  Print("watch.direct_connection_resident", memory.connection_resident, "KiB", 1);
}

}  // namespace samverkan::bench
