#include "services/base/ticker.h"

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace samverkan {
namespace {

TEST(TickerTest, CallsAgainAndAgain) {
  absl::Notification third;
  int calls = 0;
  Ticker ticker("test", absl::Milliseconds(1), [&] {
    if (++calls == 3) third.Notify();
  });
  EXPECT_TRUE(third.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST(TickerTest, TheEndDoesNotWaitForThePauseButForTheCall) {
  absl::Notification begun;
  absl::Notification go;
  std::atomic<bool> done = false;
  std::thread release;
  {
    Ticker ticker("test", absl::Hours(1), [&] {
      begun.Notify();
      go.WaitForNotification();
      done = true;
    });
    begun.WaitForNotification();
    release = std::thread([&] { go.Notify(); });
  }
  EXPECT_TRUE(done);
  release.join();
}

}  // namespace
}  // namespace samverkan
