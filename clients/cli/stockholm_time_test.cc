#include "clients/cli/stockholm_time.h"

#include "clients/cli/arguments.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace samverkan::cli {
namespace {

using ::testing::HasSubstr;

std::string Utc(absl::string_view text) {
  const absl::StatusOr<absl::Time> time = ParseTime(text);
  return time.ok() ? absl::FormatTime(absl::RFC3339_sec, *time, absl::UTCTimeZone())
                   : std::string(time.status().message());
}

TEST(StockholmTimeTest, LocalTimesAreThoseOfTheDay) {
  EXPECT_EQ(Utc("2025-01-15 18:20"), "2025-01-15T17:20:00+00:00");
  EXPECT_EQ(Utc("2025-06-08 01:15"), "2025-06-07T23:15:00+00:00");
  EXPECT_EQ(Utc("2025-06-08"), "2025-06-07T22:00:00+00:00");
  EXPECT_EQ(Utc("2025-06-08T01:15:00Z"), "2025-06-08T01:15:00+00:00");
  EXPECT_THAT(Utc("8 juni"), HasSubstr("is no time"));
}

TEST(StockholmTimeTest, ATimeThatNeverWasOrCameTwiceIsNotGuessed) {
  EXPECT_EQ(Utc("2025-03-30 01:59:59"), "2025-03-30T00:59:59+00:00");
  EXPECT_THAT(Utc("2025-03-30 02:00"), HasSubstr("was never"));
  EXPECT_THAT(Utc("2025-03-30 02:59:59"), HasSubstr("was never"));
  EXPECT_EQ(Utc("2025-03-30 03:00"), "2025-03-30T01:00:00+00:00");

  EXPECT_EQ(Utc("2025-10-26 01:59:59"), "2025-10-25T23:59:59+00:00");
  EXPECT_THAT(Utc("2025-10-26 02:30"),
              HasSubstr("write 2025-10-26T02:30:00+02:00 or 2025-10-26T02:30:00+01:00"));
  EXPECT_EQ(Utc("2025-10-26T02:30:00+01:00"), "2025-10-26T01:30:00+00:00");
  EXPECT_EQ(Utc("2025-10-26 03:00"), "2025-10-26T02:00:00+00:00");
  EXPECT_TRUE(IsUsageError(ParseTime("2025-10-26 02:30").status()));
}

}  // namespace
}  // namespace samverkan::cli
