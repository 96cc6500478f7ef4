// What the writer costs beyond SQLite itself: the same rows through Database::Write with 64
// functions in flight, and by replaying the identical statements in groups of 64 on a bare
// connection.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "tests/support/figures.h"
#include "tests/support/replay.h"
#include "tests/support/temporary_database.h"

namespace samverkan::storage {
namespace {

using bench::Executed;
using bench::Recording;
using bench::Require;

constexpr int kInFlight = 64;
constexpr int kGroups = 100;
constexpr int kFunctions = kInFlight * kGroups;
constexpr int kRounds = 5;

const Migration kTables = {.room = "bench", .number = 1, .name = "tables", .sql = R"sql(
CREATE TABLE items (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE TABLE changes (position INTEGER PRIMARY KEY, object INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT;
CREATE TABLE leaves (seq INTEGER PRIMARY KEY, tree INTEGER NOT NULL, hash BLOB NOT NULL, record BLOB NOT NULL) STRICT;
CREATE TABLE requests (id INTEGER PRIMARY KEY, hash BLOB NOT NULL, object INTEGER NOT NULL) STRICT;
)sql"};

const AppendTable kItems = {.name = "items", .columns = {"id", "owner", "content"}};
const AppendTable kObjects = {.name = "objects", .columns = {"id", "name", "state"}};
const AppendTable kChanges = {.name = "changes", .columns = {"position", "object", "kind"}};
const AppendTable kLeaves = {.name = "leaves", .columns = {"seq", "tree", "hash", "record"}};
const AppendTable kRequests = {.name = "requests", .columns = {"id", "hash", "object"}};

Key KeyOf(uint64_t number) {
  Key key;
  for (size_t i = 0; i < key.size(); ++i) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    key[i] = static_cast<uint8_t>(number >> 56);
  }
  return key;
}

// Six rows and two keys: what an item costs with its label, change entry, two audit leaves and
// request id.
absl::Status WriteItem(WriteTx& tx) {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("objects"));
  SV_ASSIGN_OR_RETURN(const int64_t position, tx.Next("changes"));
  tx.Append(kItems, {id, int64_t{7}, Blob{std::string(400, 'c')}});
  tx.Append(kObjects,
            {id, absl::StrCat("parties/polisregion-stockholm/incidents/", id), int64_t{1}});
  tx.Append(kChanges, {position, id, int64_t{3}});
  for (int leaf = 0; leaf < 2; ++leaf) {
    SV_ASSIGN_OR_RETURN(const int64_t seq, tx.Next("leaves"));
    tx.Append(kLeaves,
              {seq, int64_t{leaf}, Blob{std::string(32, 'h')}, Blob{std::string(200, 'r')}});
  }
  SV_ASSIGN_OR_RETURN(const int64_t request, tx.Next("requests"));
  tx.Append(kRequests, {request, Blob{std::string(32, 'q')}, id});
  tx.PutKey(KeySpace::kName, KeyOf(static_cast<uint64_t>(id)), id);
  tx.PutKey(KeySpace::kRequestId, KeyOf(static_cast<uint64_t>(id) << 32), request);
  return absl::OkStatus();
}

double Seconds(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Keeps kInFlight functions in flight until all are answered.
class Load {
 public:
  explicit Load(Database& database) : database_(database) {}
  double Run() {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kInFlight; ++i) Next();
    finished_.WaitForNotification();
    return Seconds(start);
  }

 private:
  void Next() {
    database_.Write(absl::InfiniteFuture(), WriteItem, [this](absl::Status status) {
      Require(status.ok(), status.ToString());
      const int answered = ++answered_;
      if (answered + kInFlight <= kFunctions) Next();
      if (answered == kFunctions) finished_.Notify();
    });
  }
  Database& database_;
  // Of the completion thread.
  int answered_ = 0;
  absl::Notification finished_;
};

// Runs kFunctions in groups of exactly kInFlight and returns what the engine executed for them.
std::vector<Executed> Record() {
  SystemClock clock;
  Recording recording(kGroups);
  sqlite::SqliteOptions options;
  options.clock = &clock;
  options.group_max = kInFlight;
  options.queue_max = kFunctions + 1;
  options.trace = recording.Trace();
  TemporaryDatabase database({kTables}, options);
  const int64_t groups = database->Stats().groups;
  recording.Hold(*database);
  for (int i = 0; i < kFunctions; ++i) {
    database->Write(absl::InfiniteFuture(), WriteItem,
                    [](absl::Status status) { Require(status.ok(), "a write failed"); });
  }
  recording.Release();
  database->Stop();
  Require(database->Stats().groups - groups == kGroups, "the recorded groups are full");
  return recording.statements();
}

int Main() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  SystemClock clock;
  const std::vector<Executed> statements = Record();
  std::vector<double> ratios, rates, raw_rates, per_fsync;
  for (int round = 0; round < kRounds; ++round) {
    TemporaryDatabase bare({kTables});
    bare.Close();
    const double raw = bench::Replay(bare.options().path, statements).seconds;
    sqlite::SqliteOptions options;
    options.clock = &clock;
    TemporaryDatabase database({kTables}, options);
    const int64_t fsyncs = database->Stats().fsyncs;
    const double written = Load(*database).Run();
    Require(database->Stats().failures == 0, "no write fails");
    per_fsync.push_back(kFunctions / static_cast<double>(database->Stats().fsyncs - fsyncs));
    rates.push_back(kFunctions / written);
    raw_rates.push_back(kFunctions / raw);
    ratios.push_back(raw / written);
  }
  std::printf("statements per write %.2f\n", static_cast<double>(statements.size()) / kFunctions);
  bench::Print("storage.replay_writes", raw_rates, "writes/s", 0);
  bench::Print("storage.writes", rates, "writes/s", 0);
  bench::Print("storage.writes_per_fsync", per_fsync, "writes", 1, bench::AtLeast(10));
  bench::Print("storage.writes_over_replay", ratios, "ratio", 2, bench::AtLeast(0.7));
  return 0;
}

}  // namespace
}  // namespace samverkan::storage

int main() {
  return samverkan::storage::Main();
}
