#include "services/hub/housekeeping.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/limits.h"
#include "services/base/status.h"
#include "services/journal/ref.h"
#include "services/rpc/migrations.h"
#include "tests/support/forwarding_database.h"
#include "tests/support/temporary_database.h"

namespace samverkan::hub {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// More than one slice of a sweep.
constexpr int kMany = 2'500;

// Counts what housekeeping asks of a database, so that a test can wait for it.
class WatchedDatabase final : public storage::ForwardingDatabase {
 public:
  explicit WatchedDatabase(storage::Database& inner) : ForwardingDatabase(inner) {}

  // From now on writes fail with this.
  void FailWrites(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  void AwaitPurges(int count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return purges_ >= count; };
    mutex_.Await(absl::Condition(&reached));
  }
  void AwaitWrites(int count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return writes_ >= count; };
    mutex_.Await(absl::Condition(&reached));
  }
  int purges() {
    absl::MutexLock lock(&mutex_);
    return purges_;
  }
  int writes() {
    absl::MutexLock lock(&mutex_);
    return writes_;
  }

  void Write(absl::Time deadline, WriteFunction fn, Done done) override {
    absl::Status failure;
    {
      absl::MutexLock lock(&mutex_);
      failure = failure_;
    }
    auto counted = [this, done = std::move(done)](absl::Status status) mutable {
      {
        absl::MutexLock lock(&mutex_);
        ++writes_;
      }
      done(std::move(status));
    };
    if (!failure.ok()) fn = [failure](storage::WriteTx&) { return failure; };
    ForwardingDatabase::Write(deadline, std::move(fn), std::move(counted));
  }
  void Purge(Done done) override {
    {
      absl::MutexLock lock(&mutex_);
      ++purges_;
    }
    ForwardingDatabase::Purge(std::move(done));
  }

 private:
  absl::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  int purges_ ABSL_GUARDED_BY(mutex_) = 0;
  int writes_ ABSL_GUARDED_BY(mutex_) = 0;
};

class HousekeepingTest : public ::testing::Test {
 protected:
  void Put(int count) {
    const absl::Status status =
        storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
          for (int i = 0; i < count; ++i) {
            SV_RETURN_IF_ERROR(
                requests_.Put(tx, rpc::RequestLog::KeyOf("holder", absl::StrCat(put_ + i)), {}));
          }
          return absl::OkStatus();
        });
    ASSERT_TRUE(status.ok()) << status;
    put_ += count;
  }
  int64_t Kept() {
    int64_t count = -1;
    const absl::Status status =
        database_->Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(const storage::Rows rows, tx.Run("SELECT count(*) FROM requests"));
          count = rows[0].Int(0);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }
  FakeClock& clock() { return database_.clock(); }
  // Its thread has begun, done what it was given, and looked around after it.
  void AwaitIdle() {
    const int purges = watched_.purges();
    keeping_->NoteSealed("parties/pol/incidents/idle");
    watched_.AwaitPurges(purges + 1);
  }
  void Begin() { keeping_.emplace(watched_, *guard_, requests_, clock()); }

  storage::TemporaryDatabase database_{rpc::RpcMigrations()};
  WatchedDatabase watched_{*database_};
  const std::string guard_path_ = database_.directory() / "guard";
  std::unique_ptr<journal::Guard> guard_ = *journal::Guard::Open(guard_path_, true);
  const rpc::RequestLog requests_{};
  int put_ = 0;
  std::optional<Housekeeping> keeping_;
};

TEST_F(HousekeepingTest, ASealIsNotedInTheGuardFileAndItsBytesForgotten) {
  Begin();
  keeping_->NoteSealed("parties/pol/incidents/a");
  watched_.AwaitPurges(1);
  EXPECT_THAT(guard_->sealed(), UnorderedElementsAre(journal::RefOfName("parties/pol/incidents/a")))
      << "before the bytes are gone";
  keeping_.reset();
  guard_ = *journal::Guard::Open(guard_path_, false);
  EXPECT_THAT(guard_->sealed(),
              UnorderedElementsAre(journal::RefOfName("parties/pol/incidents/a")));
  EXPECT_EQ(watched_.writes(), 0);
}

TEST_F(HousekeepingTest, WhatIsQueuedIsDoneBeforeItEnds) {
  Begin();
  std::vector<journal::Ref> refs;
  for (int i = 0; i < 100; ++i) {
    const std::string name = absl::StrCat("parties/pol/incidents/", i);
    refs.push_back(journal::RefOfName(name));
    keeping_->NoteSealed(name);
  }
  keeping_.reset();
  EXPECT_THAT(guard_->sealed(), testing::UnorderedElementsAreArray(refs));
  EXPECT_GE(watched_.purges(), 1);
}

TEST_F(HousekeepingTest, WithoutASealNothingIsForgotten) {
  Begin();
  keeping_.reset();
  EXPECT_THAT(guard_->sealed(), IsEmpty());
  EXPECT_EQ(watched_.purges(), 0);
}

// Its thread looks around when it is given something to do, and then sees how late it is.
TEST_F(HousekeepingTest, RequestIdsAreForgottenAfterTheirDayAndNotBefore) {
  Put(kMany);
  Begin();
  AwaitIdle();
  clock().Advance(kRequestIdLifetime);
  Put(1);
  // None is older than its day yet: one look, and it leaves all.
  keeping_->NoteSealed("parties/pol/incidents/a");
  watched_.AwaitWrites(1);
  EXPECT_EQ(Kept(), kMany + 1);
  AwaitIdle();
  clock().Advance(absl::Minutes(1));
  keeping_->NoteSealed("parties/pol/incidents/b");
  watched_.AwaitWrites(1 + 3);
  keeping_.reset();
  EXPECT_EQ(Kept(), 1) << "slice by slice, and no further";
}

TEST_F(HousekeepingTest, LooksOnceAMinuteAtMost) {
  Begin();
  AwaitIdle();
  clock().Advance(absl::Minutes(1) - absl::Nanoseconds(1));
  AwaitIdle();
  AwaitIdle();
  EXPECT_EQ(watched_.writes(), 0);
  clock().Advance(absl::Nanoseconds(1));
  keeping_->NoteSealed("parties/pol/incidents/b");
  watched_.AwaitWrites(1);
  AwaitIdle();
  AwaitIdle();
  keeping_.reset();
  EXPECT_EQ(watched_.writes(), 1);
}

TEST_F(HousekeepingTest, ASweepThatFailsIsMadeAgain) {
  Put(1);
  Begin();
  AwaitIdle();
  clock().Advance(kRequestIdLifetime + absl::Minutes(1));
  watched_.FailWrites(absl::ResourceExhaustedError("disk full"));
  keeping_->NoteSealed("parties/pol/incidents/a");
  watched_.AwaitWrites(1);
  EXPECT_EQ(Kept(), 1);
  AwaitIdle();
  watched_.FailWrites(absl::OkStatus());
  clock().Advance(absl::Minutes(1));
  keeping_->NoteSealed("parties/pol/incidents/b");
  watched_.AwaitWrites(2);
  keeping_.reset();
  EXPECT_EQ(Kept(), 0);
}

}  // namespace
}  // namespace samverkan::hub
