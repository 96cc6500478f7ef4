// What the writer costs beyond SQLite itself: the same rows through Database::Write with 64
// functions in flight, and by replaying the identical statements in groups of 64 on a bare
// connection.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "tests/support/temporary_database.h"

namespace samverkan::storage {
namespace {

constexpr int kInFlight = 64;
constexpr int kGroups = 100;
constexpr int kFunctions = kInFlight * kGroups;
constexpr int kRounds = 5;
constexpr double kGoal = 0.7;

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

void Require(bool condition, absl::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
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

struct Executed {
  std::string sql;
  std::vector<Value> parameters;
};

// Runs kFunctions in groups of exactly kInFlight and returns what the engine executed for them.
std::vector<Executed> Record() {
  SystemClock clock;
  std::vector<Executed> statements;
  bool recording = false;
  sqlite::SqliteOptions options;
  options.clock = &clock;
  options.group_max = kInFlight;
  options.queue_max = kFunctions + 1;
  options.trace = [&](absl::string_view sql, absl::Span<const Value> parameters) {
    if (recording) statements.push_back({std::string(sql), {parameters.begin(), parameters.end()}});
  };
  TemporaryDatabase database({kTables}, options);
  absl::Notification queued;
  database->Write(
      absl::InfiniteFuture(),
      [&](WriteTx& tx) {
        queued.WaitForNotification();
        tx.OnCommit([&] { recording = true; });
        tx.EndGroup();
        return absl::OkStatus();
      },
      [](absl::Status) {});
  for (int i = 0; i < kFunctions; ++i) {
    database->Write(absl::InfiniteFuture(), WriteItem,
                    [](absl::Status status) { Require(status.ok(), "a write failed"); });
  }
  queued.Notify();
  database->Stop();
  Require(database->Stats().groups == kGroups + 1, "the recorded groups are full");
  return statements;
}

void Bind(sqlite3_stmt* statement, const std::vector<Value>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int position = static_cast<int>(i) + 1;
    if (const auto* number = std::get_if<int64_t>(&parameters[i])) {
      sqlite3_bind_int64(statement, position, *number);
    } else if (const auto* text = std::get_if<std::string>(&parameters[i])) {
      sqlite3_bind_text(statement, position, text->data(), static_cast<int>(text->size()),
                        SQLITE_STATIC);
    } else if (const auto* blob = std::get_if<Blob>(&parameters[i])) {
      sqlite3_bind_blob(statement, position, blob->bytes.data(),
                        static_cast<int>(blob->bytes.size()), SQLITE_STATIC);
    }
  }
}

double Replay(const std::vector<Executed>& statements) {
  TemporaryDatabase database({kTables});
  database.Close();
  sqlite3* connection = nullptr;
  Require(sqlite3_open_v2(database.options().path.c_str(), &connection,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) == SQLITE_OK,
          "the replay opens its database");
  sqlite3_exec(
      connection,
      "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536; "
      "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON",
      nullptr, nullptr, nullptr);
  absl::flat_hash_map<std::string, sqlite3_stmt*> prepared;
  const auto start = std::chrono::steady_clock::now();
  for (const Executed& executed : statements) {
    sqlite3_stmt*& statement = prepared[executed.sql];
    if (statement == nullptr) {
      Require(sqlite3_prepare_v3(connection, executed.sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                 &statement, nullptr) == SQLITE_OK,
              executed.sql);
    }
    Bind(statement, executed.parameters);
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    Require(code == SQLITE_DONE, absl::StrCat(executed.sql, ": ", sqlite3_errmsg(connection)));
    sqlite3_reset(statement);
  }
  const double seconds = Seconds(start);
  for (auto& [sql, statement] : prepared) sqlite3_finalize(statement);
  sqlite3_close(connection);
  return seconds;
}

std::string Spread(std::vector<double> values, int decimals) {
  std::sort(values.begin(), values.end());
  std::array<char, 96> text = {};
  std::snprintf(text.data(), text.size(), "%.*f/%.*f/%.*f", decimals, values.front(), decimals,
                values[values.size() / 2], decimals, values.back());
  return text.data();
}

int Main() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  SystemClock clock;
  const std::vector<Executed> statements = Record();
  std::vector<double> ratios, rates, raw_rates, per_fsync;
  for (int round = 0; round < kRounds; ++round) {
    const double raw = Replay(statements);
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
  std::vector<double> sorted = ratios;
  std::sort(sorted.begin(), sorted.end());
  std::printf("statements per write %.2f\n", static_cast<double>(statements.size()) / kFunctions);
  std::printf("figure storage.replay_writes %s writes/s goal >= 0 met\n",
              Spread(raw_rates, 0).c_str());
  std::printf("figure storage.writes %s writes/s goal >= 0 met\n", Spread(rates, 0).c_str());
  std::printf("figure storage.writes_per_fsync %s writes goal >= 10 %s\n",
              Spread(per_fsync, 1).c_str(),
              *std::min_element(per_fsync.begin(), per_fsync.end()) >= 10 ? "met" : "missed");
  std::printf("figure storage.writes_over_replay %s ratio goal >= %.2f %s\n",
              Spread(ratios, 2).c_str(), kGoal,
              sorted[sorted.size() / 2] >= kGoal ? "met" : "missed");
  return 0;
}

}  // namespace
}  // namespace samverkan::storage

int main() {
  return samverkan::storage::Main();
}
