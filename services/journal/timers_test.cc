#include "services/journal/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/base/status.h"
#include "services/journal/migrations.h"
#include "tests/support/temporary_database.h"

namespace samverkan::journal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TimersTest : public testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // As after a restart of the hub.
  void Restart() {
    timers_ = std::make_unique<Timers>(*database_, database_.clock());
    timers_->Register(TimerKind::kAgreement, [this](storage::WriteTx& tx, const DueTimer& timer) {
      absl::MutexLock lock(&mutex_);
      if (failures_ > 0) {
        --failures_;
        return absl::InternalError("storage failed");
      }
      tx.OnCommit([this, name = timer.name] {
        absl::MutexLock lock(&mutex_);
        fired_.push_back(name);
      });
      return absl::OkStatus();
    });
  }

  void Set(const std::string& name, absl::Time due) {
    ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) {
                  return timers_->Set(tx, TimerKind::kAgreement, name, due);
                }).ok());
  }
  void Advance(absl::Duration step) {
    database_.clock().Advance(step);
    timers_->Wake();
  }
  void AwaitFired(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_NO_THREAD_SAFETY_ANALYSIS { return fired_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
  }
  std::vector<std::string> fired() {
    absl::MutexLock lock(&mutex_);
    return fired_;
  }
  absl::Time now() { return database_.clock().Now(); }

  storage::TemporaryDatabase database_{JournalMigrations()};
  absl::Mutex mutex_;
  std::vector<std::string> fired_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Timers> timers_;
};

TEST_F(TimersTest, FiresWhatIsDueInOrderOnce) {
  timers_->Start();
  Set("agreements/b", now() + absl::Hours(2));
  Set("agreements/a", now() + absl::Hours(1));
  Set("agreements/later", now() + absl::Hours(9));
  EXPECT_THAT(fired(), IsEmpty());
  Advance(absl::Hours(3));
  AwaitFired(2);
  timers_->Stop();
  EXPECT_THAT(fired(), ElementsAre("agreements/a", "agreements/b"));
  // Nothing fires again after a restart.
  Restart();
  timers_->Start();
  Advance(absl::Hours(7));
  AwaitFired(3);
  EXPECT_THAT(fired(), ElementsAre("agreements/a", "agreements/b", "agreements/later"));
}

TEST_F(TimersTest, FiresAtStartWhatBecameDueBefore) {
  Set("agreements/a", now() + absl::Hours(1));
  database_.clock().Advance(absl::Hours(2));
  Restart();
  timers_->Start();
  AwaitFired(1);
}

TEST_F(TimersTest, ForgetsAMovedOrCancelledTimer) {
  Set("agreements/moved", now() + absl::Hours(1));
  Set("agreements/cancelled", now() + absl::Hours(1));
  Set("agreements/kept", now() + absl::Hours(2));
  Set("agreements/moved", now() + absl::Hours(50));
  ASSERT_TRUE(storage::WriteAndWait(*database_, [](storage::WriteTx& tx) {
                return Timers::Cancel(tx, TimerKind::kAgreement, "agreements/cancelled");
              }).ok());
  timers_->Start();
  Advance(absl::Hours(3));
  AwaitFired(1);
  EXPECT_THAT(fired(), ElementsAre("agreements/kept"));
}

TEST_F(TimersTest, TriesAgainAfterAFailure) {
  {
    absl::MutexLock lock(&mutex_);
    failures_ = 2;
  }
  Set("agreements/a", now());
  timers_->Start();
  // The failing thread looks again a second after each failure.
  for (bool fired_yet = false; !fired_yet;) {
    Advance(absl::Seconds(1));
    absl::MutexLock lock(&mutex_);
    const auto any = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !fired_.empty(); };
    fired_yet = mutex_.AwaitWithTimeout(absl::Condition(&any), absl::Milliseconds(10));
  }
  EXPECT_THAT(fired(), ElementsAre("agreements/a"));
}

TEST_F(TimersTest, FiresManyMoreThanAPage) {
  constexpr int kTimers = 100;
  ASSERT_TRUE(storage::WriteAndWait(*database_, [&](storage::WriteTx& tx) -> absl::Status {
                for (int i = 0; i < kTimers; ++i) {
                  SV_RETURN_IF_ERROR(timers_->Set(tx, TimerKind::kAgreement,
                                                  "agreements/" + std::to_string(i), now()));
                }
                return absl::OkStatus();
              }).ok());
  timers_->Start();
  AwaitFired(kTimers);
  EXPECT_EQ(fired().size(), kTimers);
}

}  // namespace
}  // namespace samverkan::journal
