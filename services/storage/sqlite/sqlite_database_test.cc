#include "services/storage/sqlite/sqlite_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "services/base/status.h"
#include "tests/support/temporary_database.h"

namespace samverkan::storage::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Migration kTables = {.room = "test", .number = 1, .name = "tables", .sql = R"sql(
CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
)sql"};

const AppendTable kLog = {.name = "log", .columns = {"id", "text"}};

absl::Status AppendLine(WriteTx& tx, std::string text) {
  SV_ASSIGN_OR_RETURN(const int64_t id, tx.Next("log"));
  tx.Append(kLog, {id, std::move(text)});
  return absl::OkStatus();
}

std::string FileContent(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(SqliteDatabase, SecondOpeningIsRefusedAndSaysWhy) {
  TemporaryDatabase database;
  auto second = OpenSqlite(database.options());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr(absl::StrCat("pid ", ::getpid())));
  EXPECT_THAT(second.status().message(), HasSubstr("stop that process"));
}

TEST(SqliteDatabase, ForeignFilesAreRefused) {
  TemporaryDatabase database;
  const std::string path = database.directory() / "other.db";
  {
    auto connection = Connection::Open({.path = path});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->RunScript("CREATE TABLE others (id INTEGER)").ok());
  }
  auto opened = OpenSqlite({.path = path, .clock = &database.clock()});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("another program"));
}

TEST(SqliteDatabase, NewerStorageIsRefused) {
  TemporaryDatabase database;
  database.Close();
  {
    auto connection = Connection::Open({.path = database.options().path});
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE((*connection)->Control("PRAGMA user_version = 2").ok());
  }
  auto opened = OpenSqlite(database.options());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(opened.status().message(), HasSubstr("storage version 2"));
}

TEST(SqliteDatabase, CallersCannotTouchTransactionsOrPragmas) {
  TemporaryDatabase database({kTables});
  for (const char* sql : {"COMMIT", "BEGIN", "SAVEPOINT x", "ROLLBACK", "PRAGMA synchronous = OFF",
                          "ATTACH 'x.db' AS x"}) {
    absl::Status status =
        WriteAndWait(*database, [&](WriteTx& tx) { return tx.Run(sql).status(); });
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << sql;
  }
  EXPECT_FALSE(database
                   ->Read(absl::InfiniteFuture(),
                          [](ReadTx& tx) {
                            return tx.Run("INSERT INTO notes (id, text) VALUES (1, 'x')").status();
                          })
                   .ok());
}

// The statements of one group, without the housekeeping of the connection.
TEST(SqliteDatabase, AppendsNeedNoSavepointAndCountersOneRowPerGroup) {
  std::vector<std::string> statements;
  absl::Mutex mutex;
  TemporaryDatabase database({kTables},
                             {.trace = [&](absl::string_view sql, absl::Span<const Value>) {
                               absl::MutexLock lock(&mutex);
                               statements.emplace_back(sql.substr(0, sql.find(' ', 12)));
                             }});
  {
    absl::MutexLock lock(&mutex);
    statements.clear();
  }
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                SV_RETURN_IF_ERROR(AppendLine(tx, "a"));
                return AppendLine(tx, "b");
              }).ok());
  {
    absl::MutexLock lock(&mutex);
    EXPECT_THAT(statements, ElementsAre("BEGIN IMMEDIATE", "INSERT INTO log", "INSERT INTO log",
                                        "INSERT INTO storage_counters",
                                        "INSERT INTO storage_counters", "COMMIT"));
    statements.clear();
  }
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                return tx
                    .Run("INSERT INTO notes (id, text) VALUES ($1, $2)",
                         {int64_t{1}, std::string("n")})
                    .status();
              }).ok());
  absl::MutexLock lock(&mutex);
  EXPECT_THAT(statements, ElementsAre("BEGIN IMMEDIATE", "SAVEPOINT f", "INSERT INTO notes",
                                      "RELEASE f", "INSERT INTO storage_counters", "COMMIT"));
}

TEST(SqliteDatabase, TheFileHasALimitAndHealsWhenRoomReturns) {
  TemporaryDatabase database({kTables}, {.pages_max = 64});
  absl::Status status;
  int written = 0;
  while (status.ok() && written < 1000) {
    status =
        WriteAndWait(*database, [](WriteTx& tx) { return AppendLine(tx, std::string(4000, 'x')); });
    if (status.ok()) ++written;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_EQ(database->Ready().code(), absl::StatusCode::kResourceExhausted);
  // What was acknowledged is there, and reading works.
  ASSERT_TRUE(database
                  ->Read(absl::InfiniteFuture(),
                         [&](ReadTx& tx) -> absl::Status {
                           SV_ASSIGN_OR_RETURN(Rows rows,
                                               tx.Run("SELECT count(*), max(id) FROM log"));
                           EXPECT_EQ(rows[0].Int(0), written);
                           EXPECT_EQ(rows[0].Int(1), written);
                           return absl::OkStatus();
                         })
                  .ok());
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                return tx.Run("DELETE FROM log WHERE id % 2 = 0").status();
              }).ok());
  EXPECT_TRUE(database->Ready().ok());
  EXPECT_TRUE(WriteAndWait(*database, [](WriteTx& tx) { return AppendLine(tx, "after"); }).ok());
}

TEST(SqliteDatabase, ReadyTriesAgainAfterAFullDisk) {
  TemporaryDatabase database({kTables}, {.pages_max = 64});
  ASSERT_FALSE(WriteAndWait(*database, [](WriteTx& tx) {
                 return AppendLine(tx, std::string(400'000, 'x'));
               }).ok());
  EXPECT_FALSE(database->Ready().ok());
  // The attempt that Ready began is answered before this function is.
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx&) { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(database->Ready().ok());
}

TEST(SqliteDatabase, PurgeLeavesNothingOfWhatWasDeleted) {
  TemporaryDatabase database({kTables});
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                return tx.Run("INSERT INTO notes (id, text) VALUES (1, 'planted-marker')").status();
              }).ok());
  const std::string wal = database.options().path + "-wal";
  EXPECT_THAT(FileContent(wal), HasSubstr("planted-marker"));
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                return tx.Run("DELETE FROM notes").status();
              }).ok());
  EXPECT_THAT(FileContent(wal), HasSubstr("planted-marker"));
  ASSERT_TRUE(PurgeAndWait(*database).ok());
  EXPECT_EQ(std::filesystem::file_size(wal), 0);
  EXPECT_THAT(FileContent(database.options().path), Not(HasSubstr("planted-marker")));
  EXPECT_EQ(database->Stats().wal_pages, 0);
}

TEST(SqliteDatabase, PurgeWaitsForAnOlderReader) {
  TemporaryDatabase database({kTables}, {.read_max = absl::Milliseconds(20)});
  ASSERT_TRUE(
      WriteAndWait(*database, [](WriteTx& tx) { return AppendLine(tx, "planted-marker"); }).ok());
  std::atomic<bool> purged = false;
  absl::Notification answered;
  ASSERT_TRUE(database
                  ->Read(absl::InfiniteFuture(),
                         [&](ReadTx& tx) {
                           SV_RETURN_IF_ERROR(WriteAndWait(
                               *database, [](WriteTx& tx) { return AppendLine(tx, "newer"); }));
                           database->Purge([&](absl::Status status) {
                             EXPECT_TRUE(status.ok());
                             purged = true;
                             answered.Notify();
                           });
                           // Runs after the first attempt to purge, which this reader makes fail.
                           SV_RETURN_IF_ERROR(WriteAndWait(
                               *database, [](WriteTx& tx) { return AppendLine(tx, "newest"); }));
                           EXPECT_FALSE(purged);
                           return tx.Run("SELECT * FROM log").status();
                         })
                  .ok());
  answered.WaitForNotification();
}

TEST(SqliteDatabase, TheLogIsCopiedIntoTheFileAndBeginsAnew) {
  TemporaryDatabase database({kTables}, {.checkpoint_pages = 32});
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) {
                  return AppendLine(tx, std::string(3000, 'x'));
                }).ok());
  }
  // What the writer does between groups goes on after the last answer.
  database->Stop();
  const DatabaseStats stats = database->Stats();
  EXPECT_GT(stats.checkpoints, 10);
  EXPECT_LT(stats.wal_pages, 200);
  EXPECT_EQ(stats.fsyncs, stats.groups + 2 * stats.checkpoints);
}

TEST(SqliteDatabase, WhileTheDiskIsBusyWritesRunAndNothingIsToldOfThem) {
  std::atomic<bool> slow = false, seen = false, returned = false;
  absl::Notification busy, free, next_ran, next_answered;
  TemporaryDatabase database({kTables}, {.before_sync = [&] {
                               if (!slow.exchange(false)) return;
                               busy.Notify();
                               free.WaitForNotification();
                             }});
  const auto lines = [&](ReadTx& tx) {
    const auto rows = tx.Run("SELECT * FROM log");
    return rows.ok() ? static_cast<int64_t>(rows->size()) : -1;
  };
  slow = true;
  database->Write(
      absl::InfiniteFuture(),
      [&](WriteTx& tx) {
        tx.OnCommit([&] { EXPECT_TRUE(free.HasBeenNotified()); });
        return AppendLine(tx, "on its way");
      },
      [&](const absl::Status&) { EXPECT_TRUE(free.HasBeenNotified()); });
  busy.WaitForNotification();
  database->Write(
      absl::InfiniteFuture(),
      [&](WriteTx& tx) {
        next_ran.Notify();
        return AppendLine(tx, "next");
      },
      [&](const absl::Status&) {
        EXPECT_TRUE(free.HasBeenNotified());
        next_answered.Notify();
      });
  next_ran.WaitForNotification();
  EXPECT_TRUE(database
                  ->ReadAhead(absl::InfiniteFuture(),
                              [&](ReadTx& tx) {
                                EXPECT_EQ(lines(tx), 1);
                                return absl::OkStatus();
                              })
                  .ok());
  std::thread reader([&] {
    EXPECT_TRUE(database
                    ->Read(absl::InfiniteFuture(),
                           [&](ReadTx& tx) {
                             EXPECT_EQ(lines(tx), 1);
                             seen = true;
                             return absl::OkStatus();
                           })
                    .ok());
    returned = true;
  });
  // Time enough for a Read that does not wait.
  for (int i = 0; i < 10'000 || !seen; ++i) std::this_thread::yield();
  EXPECT_FALSE(returned);
  free.Notify();
  reader.join();
  next_answered.WaitForNotification();
}

TEST(SqliteDatabase, ReadersEndWithTheirTime) {
  TemporaryDatabase database({kTables});
  absl::Status status = database->Read(absl::InfiniteFuture(), [&](ReadTx& tx) {
    SV_RETURN_IF_ERROR(tx.Run("SELECT 1").status());
    database.clock().Advance(absl::Seconds(2));
    return tx.Run("SELECT 1").status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  // A single statement too.
  status = database->Read(absl::InfiniteFuture(), [&](ReadTx& tx) {
    std::thread later([&] { database.clock().Advance(absl::Seconds(2)); });
    absl::Status endless = tx.Run(
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                 "SELECT max(i) FROM n")
                               .status();
    later.join();
    return endless;
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(database->Ready().ok());
}

TEST(SqliteDatabase, NothingIsLeftOfTheLogAfterClosing) {
  TemporaryDatabase database({kTables});
  ASSERT_TRUE(WriteAndWait(*database, [](WriteTx& tx) { return AppendLine(tx, "x"); }).ok());
  database.Close();
  const std::filesystem::path wal = database.options().path + "-wal";
  EXPECT_TRUE(!std::filesystem::exists(wal) || std::filesystem::file_size(wal) == 0);
}

}  // namespace
}  // namespace samverkan::storage::sqlite
