#include "services/rpc/rate_limiter.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace samverkan::rpc {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);

// How many of `asked` are allowed.
int Allowed(RateLimiter& limiter, absl::string_view key, absl::Time now, int asked) {
  int allowed = 0;
  for (int i = 0; i < asked; ++i) allowed += limiter.Allow(key, now) ? 1 : 0;
  return allowed;
}

TEST(RateLimiterTest, ABurstOfASecondsWorthThenAsFastAsTheRate) {
  RateLimiter limiter(4);
  EXPECT_EQ(Allowed(limiter, "a", kNow, 10), 4);
  EXPECT_EQ(Allowed(limiter, "a", kNow + absl::Milliseconds(249), 10), 0);
  EXPECT_EQ(Allowed(limiter, "a", kNow + absl::Milliseconds(250), 10), 1);
  EXPECT_EQ(Allowed(limiter, "a", kNow + absl::Milliseconds(750), 10), 2);
  EXPECT_EQ(Allowed(limiter, "a", kNow + absl::Hours(24), 10), 4) << "nobody saves up";
}

TEST(RateLimiterTest, KeysDoNotDisturbEachOther) {
  RateLimiter limiter(2);
  EXPECT_EQ(Allowed(limiter, "a", kNow, 5), 2);
  EXPECT_EQ(Allowed(limiter, "b", kNow, 5), 2);
}

TEST(RateLimiterTest, AClockThatStepsBackGivesNothing) {
  RateLimiter limiter(2);
  EXPECT_EQ(Allowed(limiter, "a", kNow, 5), 2);
  EXPECT_EQ(Allowed(limiter, "a", kNow - absl::Hours(1), 5), 0);
  EXPECT_EQ(Allowed(limiter, "a", kNow + absl::Milliseconds(500), 5), 1)
      << "the hour it stepped back counts once";
}

TEST(RateLimiterTest, BeyondTheBoundNewKeysShareOneBucket) {
  RateLimiter limiter(2, /*keys_max=*/3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Allowed(limiter, absl::StrCat("known", i), kNow, 5), 2);
  int allowed = 0;
  for (int i = 0; i < 100; ++i) allowed += Allowed(limiter, absl::StrCat("stranger", i), kNow, 1);
  EXPECT_EQ(allowed, 2) << "all strangers together";
  EXPECT_EQ(Allowed(limiter, "known0", kNow + absl::Milliseconds(500), 5), 1)
      << "a known one keeps its own";
  // A second later the others are full again, and forgotten.
  EXPECT_EQ(Allowed(limiter, "new", kNow + absl::Seconds(2), 5), 2);
  EXPECT_EQ(Allowed(limiter, "newer", kNow + absl::Seconds(2), 5), 2);
}

TEST(RateLimiterTest, AnInfiniteRateAllowsEverything) {
  RateLimiter limiter(std::numeric_limits<double>::infinity());
  EXPECT_EQ(Allowed(limiter, "a", kNow, 10'000), 10'000);
}

}  // namespace
}  // namespace samverkan::rpc
