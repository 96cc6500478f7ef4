#include "services/base/failpoint.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace samverkan {
namespace {

// In a process of its own, that has reached no failpoint before.
void ReachThreeTimes(const char* setting) {
  if (setting != nullptr) ::setenv("SAMVERKAN_FAILPOINT", setting, 1);
  failpoint_mode = FailpointMode::kUnknown;
  for (int i = 0; i < 3; ++i) {
    SV_FAILPOINT("test.point");
    SV_FAILPOINT("test.other");
  }
  std::_Exit(0);
}

TEST(FailpointDeathTest, KillsWhereAndWhenTold) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(ReachThreeTimes("test.point"), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(ReachThreeTimes("test.point:3"), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(ReachThreeTimes("test.point:4"), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(ReachThreeTimes("test.poin"), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(ReachThreeTimes(nullptr), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace samverkan
