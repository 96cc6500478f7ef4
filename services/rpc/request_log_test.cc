#include "services/rpc/request_log.h"

#include "gtest/gtest.h"
#include "services/base/limits.h"
#include "services/base/status.h"
#include "services/rpc/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::rpc {
namespace {

class RequestLogTest : public ::testing::Test {
 protected:
  void Put(const std::string& holder, const std::string& id, int64_t object) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return log_.Put(tx, RequestLog::KeyOf(holder, id),
                                  {.body_hash = RequestLog::HashOf("method", id),
                                   .result = {.object_id = object, .revision = 2, .detail = 3}});
                }).ok());
  }
  std::optional<RequestLog::Entry> Find(const std::string& holder, const std::string& id) {
    std::optional<RequestLog::Entry> found;
    EXPECT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(found, log_.Find(tx, RequestLog::KeyOf(holder, id)));
                  return absl::OkStatus();
                }).ok());
    return found;
  }
  int64_t Sweep(absl::Time before, int64_t limit) {
    int64_t swept = 0;
    EXPECT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(swept, log_.Sweep(tx, before, limit));
                  return absl::OkStatus();
                }).ok());
    return swept;
  }

  storage::TemporaryDatabase database_{RpcMigrations()};
  const RequestLog log_{};
};

TEST_F(RequestLogTest, FindsWhatWasDoneAfterARestartToo) {
  EXPECT_FALSE(Find("holder", "id").has_value());
  Put("holder", "id", 17);
  for (int i = 0; i < 2; ++i) {
    const auto entry = Find("holder", "id");
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->body_hash, RequestLog::HashOf("method", "id"));
    EXPECT_EQ(entry->result.object_id, 17);
    EXPECT_EQ(entry->result.revision, 2);
    EXPECT_EQ(entry->result.detail, 3);
    database_.Reopen();
  }
}

TEST_F(RequestLogTest, AnIdIsItsHoldersAlone) {
  Put("holder", "id", 17);
  EXPECT_FALSE(Find("another", "id").has_value());
  EXPECT_FALSE(Find("holderi", "d").has_value()) << "where one ends and the other begins counts";
}

TEST_F(RequestLogTest, ABodyIsOfItsMethod) {
  EXPECT_NE(RequestLog::HashOf("a", "body"), RequestLog::HashOf("b", "body"));
  EXPECT_NE(RequestLog::HashOf("a", "body"), RequestLog::HashOf("a", "bodies"));
}

TEST_F(RequestLogTest, ThePromiseLastsADay) {
  Put("holder", "first", 1);
  const absl::Time first = database_.clock().Now();
  database_.clock().Advance(absl::Hours(1));
  Put("holder", "second", 2);
  database_.clock().Set(first + kRequestIdLifetime);
  EXPECT_EQ(Sweep(database_.clock().Now() - kRequestIdLifetime, 10), 0) << "to the instant";
  database_.clock().Advance(absl::Milliseconds(1));
  EXPECT_EQ(Sweep(database_.clock().Now() - kRequestIdLifetime, 10), 1);
  EXPECT_FALSE(Find("holder", "first").has_value());
  EXPECT_TRUE(Find("holder", "second").has_value());
  Put("holder", "first", 3);
  EXPECT_EQ(Find("holder", "first")->result.object_id, 3) << "the id is as good as new";
}

TEST_F(RequestLogTest, ASweepTakesNoMoreThanItWasTold) {
  for (int i = 0; i < 5; ++i) Put("holder", absl::StrCat(i), i);
  const absl::Time later = database_.clock().Now() + absl::Hours(48);
  EXPECT_EQ(Sweep(later, 2), 2);
  EXPECT_FALSE(Find("holder", "0").has_value());
  EXPECT_FALSE(Find("holder", "1").has_value());
  EXPECT_TRUE(Find("holder", "2").has_value());
  EXPECT_EQ(Sweep(later, 10), 3);
  EXPECT_EQ(Sweep(later, 10), 0);
}

}  // namespace
}  // namespace samverkan::rpc
