// What a group is: one transaction of many functions, of which each stands or falls alone.
#include "tests/conformance/database_suite.h"

namespace samverkan::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Code = absl::StatusCode;

TEST_P(DatabaseSuite, QueuedFunctionsShareOneGroupAndAreAnsweredInOrder) {
  const DatabaseStats before = db().Stats();
  Group group(db());
  for (int i = 0; i < 20; ++i) {
    group.Add([i](WriteTx& tx) { return AppendLine(tx, std::to_string(i)); });
  }
  EXPECT_EQ(db().Stats().queue_length, 21);
  for (const absl::Status& status : group.Run()) EXPECT_EQ(status, absl::OkStatus());
  const DatabaseStats after = db().Stats();
  EXPECT_EQ(after.groups, before.groups + 1);
  EXPECT_EQ(after.functions, before.functions + 21);
  EXPECT_EQ(after.queue_length, 0);
  const std::vector<size_t> order = group.order();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(Texts("lines").size(), 20);
}

TEST_P(DatabaseSuite, AFailedFunctionLeavesNothingAndHarmsNoOther) {
  Group group(db());
  group.Add([](WriteTx& tx) {
    SV_RETURN_IF_ERROR(PutNote(tx, 1, "first"));
    return AppendLine(tx, "first");
  });
  bool hook_ran = false;
  group.Add([&](WriteTx& tx) -> absl::Status {
    SV_RETURN_IF_ERROR(PutNote(tx, 1, "spoiled"));
    SV_RETURN_IF_ERROR(PutNote(tx, 2, "spoiled"));
    SV_RETURN_IF_ERROR(AppendLine(tx, "spoiled"));
    tx.PutKey(KeySpace::kName, KeyOf(1), 1);
    tx.OnCommit([&] { hook_ran = true; });
    return absl::InternalError("storage failed");
  });
  group.Add([](WriteTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(std::optional<int64_t> key, tx.FindKey(KeySpace::kName, KeyOf(1)));
    EXPECT_EQ(key, std::nullopt);
    SV_RETURN_IF_ERROR(PutNote(tx, 3, "third"));
    return AppendLine(tx, "third");
  });
  const std::vector<absl::Status> statuses = group.Run();
  EXPECT_EQ(statuses[0], absl::OkStatus());
  EXPECT_EQ(statuses[1], absl::InternalError("storage failed"));
  EXPECT_EQ(statuses[2], absl::OkStatus());
  EXPECT_THAT(Texts("notes"), ElementsAre("first", "third"));
  EXPECT_THAT(Texts("lines"), ElementsAre("first", "third"));
  EXPECT_FALSE(hook_ran);
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(1)), std::nullopt);
}

TEST_P(DatabaseSuite, WhatFollowsAnUndoStands) {
  std::vector<std::string> hooks;
  ASSERT_EQ(Write([&](WriteTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(const int64_t number, tx.Next("other"));
              EXPECT_EQ(number, 1);
              SV_RETURN_IF_ERROR(PutNote(tx, 1, "taken back"));
              SV_RETURN_IF_ERROR(AppendLine(tx, "taken back"));
              tx.PutKey(KeySpace::kForeignId, KeyOf(1), 1);
              tx.OnCommit([&] { hooks.push_back("taken back"); });
              SV_RETURN_IF_ERROR(tx.Undo());
              SV_ASSIGN_OR_RETURN(Rows notes, tx.Run("SELECT * FROM notes"));
              EXPECT_THAT(notes, IsEmpty());
              SV_ASSIGN_OR_RETURN(std::optional<int64_t> key,
                                  tx.FindKey(KeySpace::kForeignId, KeyOf(1)));
              EXPECT_EQ(key, std::nullopt);
              SV_RETURN_IF_ERROR(PutNote(tx, 2, "again taken back"));
              SV_RETURN_IF_ERROR(tx.Undo());
              SV_RETURN_IF_ERROR(PutNote(tx, 3, "stands"));
              tx.OnCommit([&] { hooks.push_back("stands"); });
              return AppendLine(tx, "stands");
            }),
            absl::OkStatus());
  EXPECT_THAT(Texts("notes"), ElementsAre("stands"));
  EXPECT_THAT(Texts("lines"), ElementsAre("stands"));
  EXPECT_THAT(hooks, ElementsAre("stands"));
  ASSERT_EQ(Write([](WriteTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(const int64_t number, tx.Next("other"));
              EXPECT_EQ(number, 1) << "an undone number is given again";
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(DatabaseSuite, AppendedRowsAreFoundBeforeTheyAreWritten) {
  Group group(db());
  int64_t id = 0;
  group.Add([&](WriteTx& tx) -> absl::Status {
    SV_RETURN_IF_ERROR(AppendLine(tx, "pending"));
    SV_ASSIGN_OR_RETURN(Rows rows, tx.Run("SELECT * FROM lines"));
    EXPECT_THAT(rows, IsEmpty());
    SV_ASSIGN_OR_RETURN(std::optional<Row> found, tx.Find(kLines, 1));
    EXPECT_EQ(found->Text(1), "pending");
    return absl::OkStatus();
  });
  group.Add([&](WriteTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(std::optional<Row> found, tx.Find(kLines, 1));
    EXPECT_TRUE(found.has_value());
    id = found->Int(0);
    SV_ASSIGN_OR_RETURN(found, tx.Find(kLines, 2));
    EXPECT_FALSE(found.has_value());
    return absl::OkStatus();
  });
  for (const absl::Status& status : group.Run()) EXPECT_EQ(status, absl::OkStatus());
  EXPECT_EQ(id, 1);
  ASSERT_EQ(Write([](WriteTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(std::optional<Row> found, tx.Find(kLines, 1));
              EXPECT_EQ(found->Text(1), "pending");
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(DatabaseSuite, ValuesComeBackAsTheyWent) {
  const std::string text = std::string("å\0ß", 5) + " ";
  ASSERT_EQ(Write([&](WriteTx& tx) { return PutNote(tx, 1, "ÅÄÖ 'quoted'; --"); }),
            absl::OkStatus());
  ASSERT_EQ(Read([&](ReadTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(Rows rows,
                                  tx.Run("SELECT $2, $1, id, NULL, $3 FROM notes WHERE text = $4",
                                         {Blob{std::string("\0\1\xff", 3)}, int64_t{-5}, Blob{},
                                          std::string("ÅÄÖ 'quoted'; --")}));
              EXPECT_EQ(rows.size(), 1);
              EXPECT_EQ(rows[0].Int(0), -5);
              EXPECT_EQ(rows[0].Bytes(1), absl::string_view("\0\1\xff", 3));
              EXPECT_EQ(rows[0].Int(2), 1);
              EXPECT_TRUE(rows[0].IsNull(3));
              EXPECT_FALSE(rows[0].IsNull(4));
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(DatabaseSuite, ConstraintsAreNamedErrorsAndLeaveTheTransaction) {
  ASSERT_EQ(Write([](WriteTx& tx) -> absl::Status {
              SV_RETURN_IF_ERROR(PutNote(tx, 1, "one"));
              absl::Status status =
                  tx.Run("INSERT INTO notes (id, text) VALUES (1, 'two')").status();
              EXPECT_EQ(status.code(), Code::kAlreadyExists);
              status = tx.Run("INSERT INTO notes (id, text) VALUES (2, NULL)").status();
              EXPECT_EQ(status.code(), Code::kFailedPrecondition);
              status = tx.Run("no statement").status();
              EXPECT_EQ(status.code(), Code::kInternal);
              EXPECT_EQ(tx.Run("SELECT $1", {}).status().code(), Code::kInternal);
              return PutNote(tx, 3, "three");
            }),
            absl::OkStatus());
  EXPECT_THAT(Texts("notes"), ElementsAre("one", "three"));
}

TEST_P(DatabaseSuite, AGroupEndsWhenAFunctionSaysSoAndItsHooksRunBeforeTheNext) {
  std::vector<std::string> events;  // Of the writer's thread.
  Group group(db());
  const int64_t groups = db().Stats().groups;
  group.Add([&](WriteTx& tx) {
    events.push_back("policy");
    tx.OnCommit([&] { events.push_back("swapped"); });
    tx.EndGroup();
    return AppendLine(tx, "policy");
  });
  group.Add([&](WriteTx& tx) {
    events.push_back("next");
    return AppendLine(tx, "next");
  });
  group.Run();
  EXPECT_THAT(events, ElementsAre("policy", "swapped", "next"));
  EXPECT_EQ(db().Stats().groups, groups + 2);
}

TEST_P(DatabaseSuite, HooksRunBeforeTheAnswerAndNotForWhatFailed) {
  bool committed = false;
  bool seen = false;
  absl::Notification answered;
  db().Write(
      absl::InfiniteFuture(),
      [&](WriteTx& tx) {
        tx.OnCommit([&] { committed = true; });
        return AppendLine(tx, "x");
      },
      [&](const absl::Status&) {
        seen = committed;
        answered.Notify();
      });
  answered.WaitForNotification();
  EXPECT_TRUE(seen);
}

TEST_P(DatabaseSuite, SequencesHaveNoGapsOverFailuresAndRestarts) {
  for (int round = 0; round < 30; ++round) {
    const bool fails = round % 3 == 0;
    absl::Status status = Write([&](WriteTx& tx) -> absl::Status {
      SV_RETURN_IF_ERROR(AppendLine(tx, "x"));
      SV_RETURN_IF_ERROR(AppendLine(tx, "y"));
      return fails ? absl::InternalError("no") : absl::OkStatus();
    });
    EXPECT_EQ(status.ok(), !fails);
    if (round % 10 == 9) Reopen();
  }
  ASSERT_EQ(Read([](ReadTx& tx) -> absl::Status {
              SV_ASSIGN_OR_RETURN(Rows rows,
                                  tx.Run("SELECT count(*), min(id), max(id) FROM lines"));
              EXPECT_EQ(rows[0].Int(0), 40);
              EXPECT_EQ(rows[0].Int(1), 1);
              EXPECT_EQ(rows[0].Int(2), 40);
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(DatabaseSuite, ALostTransactionRunsEachFunctionAloneOnce) {
  if (engine_->losing_statement().empty()) GTEST_SKIP();
  ASSERT_EQ(Write([](WriteTx& tx) { return PutNote(tx, 1, "stands"); }), absl::OkStatus());
  const int64_t reruns = db().Stats().reruns;
  int runs[3] = {0, 0, 0};
  Group group(db());
  group.Add([&](WriteTx& tx) -> absl::Status {
    ++runs[0];
    SV_RETURN_IF_ERROR(AppendLine(tx, "before"));
    tx.PutKey(KeySpace::kName, KeyOf(1), 1);
    return PutNote(tx, 2, "before");
  });
  group.Add([&](WriteTx& tx) -> absl::Status {
    ++runs[1];
    SV_RETURN_IF_ERROR(AppendLine(tx, "loses"));
    // The function does not even notice.
    tx.Run(engine_->losing_statement(), {int64_t{1}}).status().IgnoreError();
    // Nothing it does afterwards may commit by itself.
    PutNote(tx, 9, "escaped").IgnoreError();
    return absl::OkStatus();
  });
  group.Add([&](WriteTx& tx) {
    ++runs[2];
    return AppendLine(tx, "after");
  });
  const std::vector<absl::Status> statuses = group.Run();
  EXPECT_EQ(statuses[0], absl::OkStatus());
  EXPECT_FALSE(statuses[1].ok());
  EXPECT_EQ(statuses[2], absl::OkStatus());
  EXPECT_THAT(Texts("lines"), ElementsAre("before", "after"));
  EXPECT_THAT(Texts("notes"), ElementsAre("stands", "before"));
  EXPECT_EQ(runs[0], 2);
  EXPECT_EQ(runs[1], 2);
  EXPECT_EQ(runs[2], 1) << "it had not run when the transaction was lost";
  EXPECT_EQ(ReadKey(KeySpace::kName, KeyOf(1)), 1);
  EXPECT_EQ(db().Stats().reruns, reruns + 2);
}

TEST_P(DatabaseSuite, AFunctionThatLosesItsTransactionOnlyOnceSucceeds) {
  if (engine_->losing_statement().empty()) GTEST_SKIP();
  ASSERT_EQ(Write([](WriteTx& tx) { return PutNote(tx, 1, "stands"); }), absl::OkStatus());
  int runs = 0;
  EXPECT_EQ(Write([&](WriteTx& tx) -> absl::Status {
              if (++runs == 1)
                SV_RETURN_IF_ERROR(tx.Run(engine_->losing_statement(), {int64_t{1}}).status());
              return AppendLine(tx, "second");
            }),
            absl::OkStatus());
  EXPECT_THAT(Texts("lines"), ElementsAre("second"));
}

}  // namespace
}  // namespace samverkan::storage
