// What callers may rely on around the transactions: time, deadlines, limits, stopping, readers,
// migrations.
#include <thread>

#include "tests/conformance/database_suite.h"

namespace samverkan::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Code = absl::StatusCode;

TEST_P(DatabaseSuite, TimeIncreasesFromWriteToWriteEvenWhenTheClockStepsBack) {
  absl::Time last = absl::InfinitePast();
  const auto write = [&] {
    ASSERT_EQ(Write([&](WriteTx& tx) {
                EXPECT_GT(tx.now(), last);
                EXPECT_EQ(tx.now(), absl::FromUnixMicros(absl::ToUnixMicros(tx.now())));
                last = tx.now();
                return AppendLine(tx, "x");
              }),
              absl::OkStatus());
  };
  write();
  write();  // The clock stands still.
  clock().Advance(absl::Hours(1));
  write();
  EXPECT_EQ(last, clock().Now());
  clock().Advance(-absl::Hours(2));
  write();
  ASSERT_EQ(Read([&](ReadTx& tx) {
              EXPECT_GE(tx.now(), last) << "a reader is not behind what it can see";
              return absl::OkStatus();
            }),
            absl::OkStatus());
  Reopen();
  write();
  Group group(db());
  std::vector<absl::Time> times;
  for (int i = 0; i < 5; ++i) {
    group.Add([&](WriteTx& tx) {
      times.push_back(tx.now());
      return AppendLine(tx, "x");
    });
  }
  group.Run();
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end(), std::less_equal<>()));
  EXPECT_GT(times.front(), last);
}

TEST_P(DatabaseSuite, AFunctionWhoseDeadlinePassedNeverRuns) {
  Group group(db());
  bool ran = false;
  group.Add(
      [&](WriteTx&) {
        ran = true;
        return absl::OkStatus();
      },
      clock().Now() + absl::Seconds(1));
  group.Add([](WriteTx& tx) { return AppendLine(tx, "in time"); },
            clock().Now() + absl::Seconds(3));
  clock().Advance(absl::Seconds(2));
  const std::vector<absl::Status> statuses = group.Run();
  EXPECT_EQ(statuses[0].code(), Code::kDeadlineExceeded);
  EXPECT_EQ(statuses[1], absl::OkStatus());
  EXPECT_FALSE(ran);
  EXPECT_THAT(Texts("lines"), ElementsAre("in time"));
}

TEST_P(DatabaseSuite, AFullQueueRefusesAtOnceAndTakesAgain) {
  Reopen({.queue_max = 4});
  Group group(db());  // Takes one place.
  for (int i = 0; i < 3; ++i) group.Add([](WriteTx& tx) { return AppendLine(tx, "admitted"); });
  // Answered while the writer is held.
  EXPECT_EQ(Write([](WriteTx& tx) { return AppendLine(tx, "refused"); }).code(),
            Code::kResourceExhausted);
  for (const absl::Status& status : group.Run()) EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(Write([](WriteTx& tx) { return AppendLine(tx, "later"); }), absl::OkStatus());
  EXPECT_THAT(Texts("lines"), ElementsAre("admitted", "admitted", "admitted", "later"));
}

TEST_P(DatabaseSuite, GroupsAreBounded) {
  Reopen({.group_max = 4});
  Group group(db());
  const int64_t groups = db().Stats().groups;
  for (int i = 0; i < 10; ++i) group.Add([](WriteTx& tx) { return AppendLine(tx, "x"); });
  group.Run();
  EXPECT_EQ(db().Stats().groups, groups + 3);
}

TEST_P(DatabaseSuite, StoppingAnswersWhatWasAdmittedAndRefusesTheRest) {
  std::atomic<int> answered = 0;
  for (int i = 0; i < 500; ++i) {
    db().Write(
        absl::InfiniteFuture(), [](WriteTx& tx) { return AppendLine(tx, "x"); },
        [&](const absl::Status& status) {
          EXPECT_EQ(status, absl::OkStatus());
          ++answered;
        });
  }
  db().Stop();
  EXPECT_EQ(answered, 500);
  EXPECT_EQ(Write([](WriteTx& tx) { return AppendLine(tx, "late"); }).code(), Code::kUnavailable);
  EXPECT_EQ(PurgeAndWait(db()).code(), Code::kUnavailable);
  EXPECT_EQ(Texts("lines").size(), 500);
  EXPECT_FALSE(db().Ready().ok());
  Reopen();
  EXPECT_EQ(db().Ready(), absl::OkStatus());
  EXPECT_EQ(Texts("lines").size(), 500);
}

TEST_P(DatabaseSuite, AReaderSeesOneMoment) {
  ASSERT_EQ(Write([](WriteTx& tx) { return PutNote(tx, 1, "old"); }), absl::OkStatus());
  ASSERT_EQ(Read([&](ReadTx& tx) -> absl::Status {
              SV_RETURN_IF_ERROR(Write([](WriteTx& tx) {
                tx.PutKey(KeySpace::kName, KeyOf(1), 1);
                return PutNote(tx, 1, "new");
              }));
              SV_ASSIGN_OR_RETURN(Rows rows, tx.Run("SELECT text FROM notes"));
              EXPECT_EQ(rows[0].Text(0), "old");
              SV_ASSIGN_OR_RETURN(std::optional<int64_t> key,
                                  tx.FindKey(KeySpace::kName, KeyOf(1)));
              EXPECT_EQ(key, std::nullopt) << "the key is newer than the snapshot";
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_THAT(Texts("notes"), ElementsAre("new"));
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(1)), 1);
}

TEST_P(DatabaseSuite, ReadersThatAreAllTakenAreWaitedForUntilTheDeadline) {
  Reopen({.readers = 1});
  ASSERT_EQ(Read([&](ReadTx&) {
              EXPECT_EQ(db().Read(clock().Now() + absl::Milliseconds(5),
                                  [](ReadTx&) { return absl::OkStatus(); })
                            .code(),
                        Code::kDeadlineExceeded);
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Read([](ReadTx&) { return absl::OkStatus(); }), absl::OkStatus());
}

TEST_P(DatabaseSuite, AReadersErrorIsItsOwn) {
  EXPECT_EQ(Read([](ReadTx&) { return absl::NotFoundError("none"); }), absl::NotFoundError("none"));
  EXPECT_FALSE(Read([](ReadTx& tx) { return tx.Run("SELECT * FROM nowhere").status(); }).ok());
  EXPECT_EQ(db().Ready(), absl::OkStatus());
}

TEST_P(DatabaseSuite, MigrationsRunOnceInOrder) {
  const Migration tables = engine_->tables();
  std::vector<Migration> migrations = {
      tables,
      {.room = "rooms",
       .number = 1,
       .name = "a",
       .sql = "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1);"},
      {.room = "rooms",
       .number = 2,
       .name = "b",
       .sql = "INSERT INTO a SELECT id + 1 FROM a; -- the end"}};
  ASSERT_EQ(Migrate(db(), migrations), absl::OkStatus());
  ASSERT_EQ(Migrate(db(), migrations), absl::OkStatus());
  Reopen();
  ASSERT_EQ(Migrate(db(), migrations), absl::OkStatus());
  ASSERT_EQ(Read([](ReadTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(Rows rows, tx.Run("SELECT sum(id) FROM a"));
              EXPECT_EQ(rows[0].Int(0), 3);
              return absl::OkStatus();
            }),
            absl::OkStatus());

  absl::Status older = Migrate(db(), absl::MakeConstSpan(migrations).first(2));
  EXPECT_EQ(older.code(), Code::kFailedPrecondition);
  EXPECT_THAT(older.message(),
              HasSubstr("newer than this program: it has migration 2 of room rooms"));

  migrations[1].sql += " ";
  absl::Status changed = Migrate(db(), migrations);
  EXPECT_EQ(changed.code(), Code::kFailedPrecondition);
  EXPECT_THAT(changed.message(), HasSubstr("migration 1 of room rooms is not the one"));

  EXPECT_EQ(
      Migrate(db(), {tables, {.room = "gap", .number = 2, .name = "g", .sql = "SELECT 1"}}).code(),
      Code::kInternal);
}

TEST_P(DatabaseSuite, AnInterruptedMigrationLeavesNothingAndIsContinued) {
  std::vector<Migration> migrations = {
      engine_->tables(),
      {.room = "rooms", .number = 1, .name = "a", .sql = "CREATE TABLE a (id INTEGER);"},
      {.room = "rooms",
       .number = 2,
       .name = "b",
       .sql = "CREATE TABLE b (id INTEGER); INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES "
              "(1);"}};
  EXPECT_FALSE(Migrate(db(), migrations).ok());
  ASSERT_EQ(Read([](ReadTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(Rows rows, tx.Run("SELECT * FROM a"));
              EXPECT_THAT(rows, IsEmpty());
              EXPECT_FALSE(tx.Run("SELECT * FROM b").ok());
              return absl::OkStatus();
            }),
            absl::OkStatus());
  migrations[2].sql = "CREATE TABLE b (id INTEGER); INSERT INTO a VALUES (1);";
  Reopen();
  EXPECT_EQ(Migrate(db(), migrations), absl::OkStatus());
  EXPECT_EQ(Read([](ReadTx& tx) { return tx.Run("SELECT * FROM b").status(); }), absl::OkStatus());
}

}  // namespace
}  // namespace samverkan::storage
