#include "services/journal/change_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "services/base/status.h"
#include "services/journal/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {
namespace {

using testing::ElementsAre;

class ChangeLogTest : public testing::Test {
 protected:
  std::vector<EntryPtr> Scan(int64_t after, int64_t limit) {
    std::vector<EntryPtr> entries;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(entries, ChangeLog::Scan(tx, after, limit));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return entries;
  }
  LogHead Head() {
    LogHead head;
    EXPECT_TRUE(database_
                    ->Read(absl::InfiniteFuture(),
                           [&](storage::ReadTx& tx) -> absl::Status {
                             SV_ASSIGN_OR_RETURN(head, ChangeLog::FindHead(tx));
                             return absl::OkStatus();
                           })
                    .ok());
    return head;
  }

  storage::TemporaryDatabase database_{JournalMigrations()};
  Ring ring_{16};
  ChangeLog log_{ring_};
};

ChangeEntry Release() {
  return {.kind = ChangeKind::kIncident,
          .object_id = 17,
          .revision = 2,
          .targets = {{ChangeKind::kIncident, "parties/pol/units/pol-a", 17},
                      {ChangeKind::kDelivery, "parties/hal/units/hal-sdf", 18}}};
}

TEST_F(ChangeLogTest, KeepsWhatWasAppended) {
  EXPECT_EQ(Head().position, 0);
  absl::Time now;
  ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                now = tx.now();
                SV_ASSIGN_OR_RETURN(const int64_t position, log_.Append(tx, Release()));
                EXPECT_EQ(position, 1);
                return absl::OkStatus();
              }).ok());
  const std::vector<EntryPtr> entries = Scan(0, 10);
  ASSERT_EQ(entries.size(), 1);
  const ChangeEntry& entry = *entries[0];
  EXPECT_EQ(entry.position, 1);
  EXPECT_EQ(entry.time, now);
  EXPECT_EQ(entry.kind, ChangeKind::kIncident);
  EXPECT_EQ(entry.object_id, 17);
  EXPECT_EQ(entry.revision, 2);
  ASSERT_EQ(entry.targets.size(), 2);
  EXPECT_EQ(entry.targets[1].kind, ChangeKind::kDelivery);
  EXPECT_EQ(entry.targets[1].unit, "parties/hal/units/hal-sdf");
  EXPECT_EQ(entry.targets[1].object_id, 18);
  EXPECT_EQ(Head().position, 1);
  EXPECT_EQ(Head().time, now);
}

TEST_F(ChangeLogTest, PublishesWhatIsDurableAndNothingElse) {
  ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                SV_RETURN_IF_ERROR(log_.Append(tx, Release()).status());
                SV_RETURN_IF_ERROR(log_.Append(tx, Release()).status());
                SV_RETURN_IF_ERROR(tx.Undo());
                EXPECT_EQ(ring_.head().position, 0);
                return log_.Append(tx, Release()).status();
              }).ok());
  EXPECT_EQ(ring_.head().position, 1);
  ASSERT_FALSE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                 SV_RETURN_IF_ERROR(log_.Append(tx, Release()).status());
                 return absl::InternalError("storage failed");
               }).ok());
  EXPECT_EQ(ring_.head().position, 1);
  EXPECT_EQ(Scan(0, 10).size(), 1);
}

TEST_F(ChangeLogTest, ScansInPages) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return log_.Append(tx, Release()).status();
                }).ok());
  }
  std::vector<int64_t> positions;
  for (const EntryPtr& entry : Scan(1, 3)) positions.push_back(entry->position);
  EXPECT_THAT(positions, ElementsAre(2, 3, 4));
  EXPECT_EQ(Scan(5, 3).size(), 0);
}

TEST(AccessChangeTest, SurvivesItsEncoding) {
  const AccessChange change{.clause = "agreements/lok-hal-skarh/clauses/l1",
                            .version = 3,
                            .reason = "SUSPENDED",
                            .since = absl::FromUnixMicros(1'772'438'400'000'001)};
  const auto decoded = AccessChange::Decode(change.Encode());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->clause, change.clause);
  EXPECT_EQ(decoded->version, 3);
  EXPECT_EQ(decoded->reason, "SUSPENDED");
  EXPECT_EQ(decoded->since, change.since);

  const AccessChange begun{.clause = "agreements/a/clauses/b", .version = 1};
  EXPECT_EQ(AccessChange::Decode(begun.Encode())->reason, "");
  EXPECT_FALSE(AccessChange::Decode("damaged").ok());
}

}  // namespace
}  // namespace samverkan::journal
