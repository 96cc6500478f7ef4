// A small program for the crash tests: writes through the embedded engine until it is killed, and
// says what was acknowledged; or opens what is left and says whether it is whole.
//
//   crash_writer write DATABASE COUNT   opens, checks, writes COUNT records with many in flight;
//   "ack N" for each crash_writer check DATABASE         opens and checks crash_writer file PATH a
//   plain file: "kept" is written and synced, "lost" is written; then waits for input
//
// Both begin with "holds N": records 1 to N are there, every one of them whole. Exit 3: something
// is half there.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "services/base/clock.h"
#include "services/base/failpoint.h"
#include "services/base/status.h"
#include "services/storage/migrations.h"
#include "services/storage/sqlite/sqlite_database.h"

namespace samverkan::storage {
namespace {

constexpr int kInFlight = 32;

// One record is a row in each of two append tables, a row and a sum changed by statements, and two
// keys, of which the one of the record before is removed.
const AppendTable kRecords = {.name = "records", .columns = {"id", "text"}};
const AppendTable kLeaves = {.name = "leaves", .columns = {"id", "record"}};

std::vector<Migration> Migrations() {
  return {{.room = "crash", .number = 1, .name = "appended", .sql = R"sql(
CREATE TABLE records (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE leaves (id INTEGER PRIMARY KEY, record INTEGER NOT NULL) STRICT;)sql"},
          {.room = "crash", .number = 2, .name = "changed", .sql = R"sql(
CREATE TABLE states (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE totals (id INTEGER PRIMARY KEY, sum INTEGER NOT NULL) STRICT;
INSERT INTO totals (id, sum) VALUES (1, 0);)sql"}};
}

[[noreturn]] void Fail(const std::string& why, int code) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(code);
}

void Require(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString(), 2);
}

Key KeyOf(int64_t number) {
  uint64_t state = static_cast<uint64_t>(number);
  Key key = {};
  for (uint8_t& byte : key) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<uint8_t>(state >> 56);
  }
  return key;
}

std::string TextOf(int64_t number) {
  return absl::StrCat(number, ":", std::string(static_cast<size_t>(number % 700), 'x'));
}

absl::StatusOr<int64_t> WriteRecord(WriteTx& tx) {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("records"));
  SV_ASSIGN_OR_RETURN(const int64_t leaf, tx.Next("leaves"));
  tx.Append(kRecords, {id, TextOf(id)});
  tx.Append(kLeaves, {leaf, id});
  SV_RETURN_IF_ERROR(
      tx.Run("INSERT INTO states (id, text) VALUES ($1, $2)", {id, TextOf(id)}).status());
  SV_RETURN_IF_ERROR(tx.Run("UPDATE totals SET sum = sum + $1", {id}).status());
  tx.PutKey(KeySpace::kName, KeyOf(id), id);
  tx.PutKey(KeySpace::kRequestId, KeyOf(id), id);
  if (id > 1) tx.RemoveKeys(KeySpace::kRequestId, {KeyOf(id - 1)});
  return id;
}

// How many records there are; fails when any of them is not whole.
absl::StatusOr<int64_t> Check(ReadTx& tx) {
  const absl::Status half = absl::DataLossError("a record is half there");
  SV_ASSIGN_OR_RETURN(
      Rows rows,
      tx.Run(
          "SELECT r.id, r.text, l.record, s.text FROM records r LEFT JOIN leaves l ON l.id = r.id "
          "LEFT JOIN states s ON s.id = r.id ORDER BY r.id"));
  int64_t id = 0;
  int64_t sum = 0;
  for (const Row& row : rows) {
    ++id;
    sum += id;
    if (row.Int(0) != id || row.Text(1) != TextOf(id) || row.Int(2) != id ||
        row.Text(3) != TextOf(id))
      return half;
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> name, tx.FindKey(KeySpace::kName, KeyOf(id)));
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> request,
                        tx.FindKey(KeySpace::kRequestId, KeyOf(id)));
    if (name != id || request.has_value() != (id == static_cast<int64_t>(rows.size()))) return half;
  }
  SV_ASSIGN_OR_RETURN(
      Rows counts,
      tx.Run(
          "SELECT (SELECT count(*) FROM leaves), (SELECT count(*) FROM states), sum FROM totals"));
  if (counts[0].Int(0) != id || counts[0].Int(1) != id || counts[0].Int(2) != sum) return half;
  SV_ASSIGN_OR_RETURN(Rows integrity, tx.Run("SELECT * FROM pragma_integrity_check"));
  if (integrity.size() != 1 || integrity[0].Text(0) != "ok")
    return absl::DataLossError("the file is damaged");
  return id;
}

void Say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(2);
}

// Keeps records in flight until `count` are answered. A full disk is said, not failed on.
class Load {
 public:
  Load(Database& database, int64_t count) : database_(database), count_(count) {}
  void Run() {
    for (int i = 0; i < kInFlight; ++i) Start();
    finished_.WaitForNotification();
  }

 private:
  void Start() {
    auto id = std::make_shared<int64_t>(0);
    database_.Write(
        absl::InfiniteFuture(),
        [id](WriteTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(*id, WriteRecord(tx));
          return absl::OkStatus();
        },
        [this, id](const absl::Status& status) {
          if (absl::IsResourceExhausted(status)) {
            Say("full\n");
          } else {
            Require(status);
            Say(absl::StrCat("ack ", *id, "\n"));
          }
          ++answered_;
          if (answered_ + kInFlight <= count_) Start();
          if (answered_ == count_) finished_.Notify();
        });
  }
  Database& database_;
  const int64_t count_;
  int64_t answered_ = 0;
  absl::Notification finished_;
};

int WriteFile(const char* path) {
  const int fd = ::open(path, O_CREAT | O_RDWR, 0600);
  if (::write(fd, "kept", 4) != 4 || ::fsync(fd) != 0 || ::write(fd, "lost", 4) != 4) return 2;
  char content[16] = {};
  if (::pread(fd, content, sizeof(content), 0) != 8 || std::string(content) != "keptlost") return 3;
  Say("written\n");
  return ::read(STDIN_FILENO, content, 1) < 0 ? 2 : 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string mode = argc > 2 ? argv[1] : "";
  if (mode == "file") return WriteFile(argv[2]);
  int64_t count = 0;
  if (mode != "check" && !(mode == "write" && argc == 4 && absl::SimpleAtoi(argv[3], &count))) {
    Fail("usage: crash_writer write DATABASE COUNT | check DATABASE | file PATH", 2);
  }
  SystemClock clock;
  // Small limits, so that merges and checkpoints happen all the time.
  auto database = sqlite::OpenSqlite({.path = argv[2],
                                      .clock = &clock,
                                      .checkpoint_pages = 100,
                                      .key_merge_min = 200,
                                      .key_merge_slice = 40,
                                      .read_max = absl::Seconds(20)});
  Require(database.status());
  Require(Migrate(**database, Migrations()));
  absl::StatusOr<int64_t> held;
  Require((*database)->Read(absl::InfiniteFuture(), [&](ReadTx& tx) {
    held = Check(tx);
    return absl::OkStatus();
  }));
  if (!held.ok()) Fail(held.status().ToString(), 3);
  Say(absl::StrCat("holds ", *held, "\n"));
  if (mode == "write") Load(**database, count).Run();
  return 0;
}

}  // namespace
}  // namespace samverkan::storage

int main(int argc, char** argv) {
  return samverkan::storage::Main(argc, argv);
}
