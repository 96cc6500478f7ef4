#include "services/journal/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "services/base/status.h"
#include "services/base/uuid.h"
#include "services/journal/merkle.h"
#include "services/journal/migrations.h"
#include "services/journal/tree_store.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {
namespace {

using audit::v1::Record;
using testing::ElementsAre;

class AuditLogTest : public testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open(std::vector<std::string> parties) {
    auto log = AuditLog::Open(*database_, parties);
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  absl::Status Append(const AuditLog& log, absl::string_view party, const Record& record) {
    return storage::WriteAndWait(
        *database_, [&](storage::WriteTx& tx) { return log.Append(tx, party, record); });
  }
  std::vector<Leaf> Leaves() {
    std::vector<Leaf> leaves;
    EXPECT_TRUE(database_
                    ->Read(absl::InfiniteFuture(),
                           [&](storage::ReadTx& tx) -> absl::Status {
                             SV_ASSIGN_OR_RETURN(leaves, LoadLeavesAfter(tx, 0, 100));
                             return absl::OkStatus();
                           })
                    .ok());
    return leaves;
  }

  storage::TemporaryDatabase database_{JournalMigrations()};
};

Record Read(const std::string& resource) {
  Record record;
  record.set_kind(Record::KIND_READ);
  record.set_resource(resource);
  return record;
}

TEST_F(AuditLogTest, GivesEachPartyATreeForEver) {
  EXPECT_EQ(Open({"parties/b"})->TreeOf("parties/b"), 1);
  auto log = Open({"parties/a", "parties/b"});
  EXPECT_EQ(log->TreeOf("parties/b"), 1);
  EXPECT_EQ(log->TreeOf("parties/a"), 2);
  EXPECT_EQ(log->TreeOf(""), kHubTree);
  EXPECT_EQ(log->TreeOf("parties/c"), std::nullopt);
  EXPECT_EQ(log->trees().size(), 3u);
  // A party that left the directory keeps its tree.
  EXPECT_EQ(Open({})->TreeOf("parties/a"), 2);
}

TEST_F(AuditLogTest, StoresTheBytesThatItHashed) {
  auto log = Open({"parties/a", "parties/b"});
  ASSERT_TRUE(Append(*log, "parties/a", Read("first")).ok());
  ASSERT_TRUE(Append(*log, "", Read("second")).ok());
  ASSERT_TRUE(Append(*log, "parties/a", Read("third")).ok());
  const std::vector<Leaf> leaves = Leaves();
  ASSERT_EQ(leaves.size(), 3u);
  std::vector<std::string> resources;
  for (size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_EQ(leaves[i].seq, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(leaves[i].hash, LeafHash(leaves[i].record));
    Record record;
    ASSERT_TRUE(record.ParseFromString(leaves[i].record));
    EXPECT_EQ(record.version(), 1);
    EXPECT_GE(record.time_micros(), absl::ToUnixMicros(database_.clock().Now()));
    resources.push_back(record.resource());
  }
  EXPECT_THAT(resources, ElementsAre("first", "second", "third"));
  EXPECT_EQ(leaves[0].tree, 1);
  EXPECT_EQ(leaves[0].index, 0);
  EXPECT_EQ(leaves[1].tree, kHubTree);
  EXPECT_EQ(leaves[1].index, 0);
  EXPECT_EQ(leaves[2].tree, 1);
  EXPECT_EQ(leaves[2].index, 1);
}

TEST_F(AuditLogTest, IndicesHaveNoGapAfterAnUndoneOrFailedFunction) {
  auto log = Open({"parties/a"});
  ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                SV_RETURN_IF_ERROR(log->Append(tx, "parties/a", Read("undone")));
                SV_RETURN_IF_ERROR(tx.Undo());
                return log->Append(tx, "parties/a", Read("stands"));
              }).ok());
  EXPECT_FALSE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                 SV_RETURN_IF_ERROR(log->Append(tx, "parties/a", Read("failed")));
                 return absl::InternalError("storage");
               }).ok());
  ASSERT_TRUE(Append(*log, "parties/a", Read("next")).ok());
  const std::vector<Leaf> leaves = Leaves();
  ASSERT_EQ(leaves.size(), 2u);
  EXPECT_EQ(leaves[0].index, 0);
  EXPECT_EQ(leaves[1].index, 1);
  EXPECT_EQ(leaves[1].seq, 2);
}

TEST_F(AuditLogTest, RefusesAPartyWithoutATreeAndARecordTooLarge) {
  auto log = Open({"parties/a"});
  EXPECT_EQ(Append(*log, "parties/b", Read("")).code(), absl::StatusCode::kInternal);
  Record record;
  for (size_t i = 0; i < kRecordSizeMax / 16; ++i) record.add_related_refs(std::string(16, 'x'));
  EXPECT_EQ(Append(*log, "parties/a", record).code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(Leaves().empty());
}

TEST(RefTest, IsTheUuidOrHalfTheHash) {
  const std::string uuid = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  EXPECT_EQ(RefOfName("parties/a/incidents/" + uuid), Uuid::Parse(uuid)->bytes());
  EXPECT_EQ(RefOfName(uuid), Uuid::Parse(uuid)->bytes());
  EXPECT_EQ(AsBytes(RefOfName("agreements/a")), AsBytes(Sha256("agreements/a")).substr(0, 16));
  EXPECT_NE(RefOfName("agreements/a"), RefOfName("agreements/b"));
}

}  // namespace
}  // namespace samverkan::journal
