#include "services/base/calendar.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "services/base/random.h"

namespace samverkan {
namespace {

using types::v1::TimePrecision;

const Calendar& Stockholm() {
  static const Calendar calendar = *Calendar::Load();
  return calendar;
}

// "2026-03-29T01:59:59+01:00": with the offset, as the hour that comes twice needs it.
absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << ": " << error;
  return time;
}

struct Case {
  TimePrecision precision;
  std::string instant;
  std::string start;
  std::string end;
};

TEST(CalendarTest, FailsWithoutZoneData) {
  EXPECT_EQ(Calendar::Load("Europe/Atlantis").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Calendar::Load("UTC").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(CalendarTest, CoversAnInstantWithItsUnit) {
  using namespace types::v1;  // NOLINT(google-build-using-namespace): tables of precisions read
                              // better
  const std::vector<Case> cases = {
      {TIME_PRECISION_HOUR, "2026-11-22T14:59:59+01:00", "2026-11-22T14:00:00+01:00",
       "2026-11-22T15:00:00+01:00"},
      // Parts of the day, each at its first and last second.
      {TIME_PRECISION_PART_OF_DAY, "2026-11-22T06:00:00+01:00", "2026-11-22T06:00:00+01:00",
       "2026-11-22T10:00:00+01:00"},
      {TIME_PRECISION_PART_OF_DAY, "2026-11-22T09:59:59+01:00", "2026-11-22T06:00:00+01:00",
       "2026-11-22T10:00:00+01:00"},
      {TIME_PRECISION_PART_OF_DAY, "2026-11-22T10:00:00+01:00", "2026-11-22T10:00:00+01:00",
       "2026-11-22T16:00:00+01:00"},
      {TIME_PRECISION_PART_OF_DAY, "2026-11-22T16:00:00+01:00", "2026-11-22T16:00:00+01:00",
       "2026-11-22T22:00:00+01:00"},
      {TIME_PRECISION_PART_OF_DAY, "2026-11-22T22:00:00+01:00", "2026-11-22T22:00:00+01:00",
       "2026-11-23T06:00:00+01:00"},
      // The night belongs to the day it starts, over the turn of the year too.
      {TIME_PRECISION_PART_OF_DAY, "2027-01-01T00:00:00+01:00", "2026-12-31T22:00:00+01:00",
       "2027-01-01T06:00:00+01:00"},
      {TIME_PRECISION_PART_OF_DAY, "2027-01-01T05:59:59+01:00", "2026-12-31T22:00:00+01:00",
       "2027-01-01T06:00:00+01:00"},
      {TIME_PRECISION_DATE, "2026-07-01T00:00:00+02:00", "2026-07-01T00:00:00+02:00",
       "2026-07-02T00:00:00+02:00"},
      // 22:30 UTC in summer is the next day in Stockholm.
      {TIME_PRECISION_DATE, "2026-06-30T22:30:00Z", "2026-07-01T00:00:00+02:00",
       "2026-07-02T00:00:00+02:00"},
      // Week 53 of 2026 ends on Sunday 3 January 2027; Monday starts the next.
      {TIME_PRECISION_WEEK, "2027-01-03T23:59:59+01:00", "2026-12-28T00:00:00+01:00",
       "2027-01-04T00:00:00+01:00"},
      {TIME_PRECISION_WEEK, "2027-01-04T00:00:00+01:00", "2027-01-04T00:00:00+01:00",
       "2027-01-11T00:00:00+01:00"},
      // The week of a change is an hour shorter or longer.
      {TIME_PRECISION_WEEK, "2026-03-29T12:00:00+02:00", "2026-03-23T00:00:00+01:00",
       "2026-03-30T00:00:00+02:00"},
      {TIME_PRECISION_MONTH, "2026-12-31T23:59:59+01:00", "2026-12-01T00:00:00+01:00",
       "2027-01-01T00:00:00+01:00"},
      {TIME_PRECISION_MONTH, "2024-02-29T12:00:00+01:00", "2024-02-01T00:00:00+01:00",
       "2024-03-01T00:00:00+01:00"},
      {TIME_PRECISION_QUARTER, "2026-05-17T12:00:00+02:00", "2026-04-01T00:00:00+02:00",
       "2026-07-01T00:00:00+02:00"},
      {TIME_PRECISION_QUARTER, "2026-12-31T12:00:00+01:00", "2026-10-01T00:00:00+02:00",
       "2027-01-01T00:00:00+01:00"},
      {TIME_PRECISION_YEAR, "2026-12-31T23:59:59+01:00", "2026-01-01T00:00:00+01:00",
       "2027-01-01T00:00:00+01:00"}};
  for (const Case& c : cases) {
    const TimeInterval unit = Stockholm().Cover({At(c.instant), At(c.instant)}, c.precision);
    EXPECT_EQ(unit.start, At(c.start)) << c.instant << " at " << TimePrecision_Name(c.precision);
    EXPECT_EQ(unit.end, At(c.end)) << c.instant << " at " << TimePrecision_Name(c.precision);
  }
}

TEST(CalendarTest, TheDaysOfTheChangeHaveTwentyThreeAndTwentyFiveHours) {
  const auto day_of = [](absl::string_view noon) {
    return Stockholm().Cover({At(noon), At(noon)}, types::v1::TIME_PRECISION_DATE);
  };
  const TimeInterval spring = day_of("2026-03-29T12:00:00+02:00");
  EXPECT_EQ(spring.start, At("2026-03-29T00:00:00+01:00"));
  EXPECT_EQ(spring.end - spring.start, absl::Hours(23));
  const TimeInterval autumn = day_of("2026-10-25T12:00:00+01:00");
  EXPECT_EQ(autumn.start, At("2026-10-25T00:00:00+02:00"));
  EXPECT_EQ(autumn.end - autumn.start, absl::Hours(25));
}

TEST(CalendarTest, TheHourThatComesTwiceIsTwo) {
  const absl::Time first = At("2026-10-25T02:30:00+02:00");
  const absl::Time second = At("2026-10-25T02:30:00+01:00");
  const TimeInterval a = Stockholm().Cover({first, first}, types::v1::TIME_PRECISION_HOUR);
  const TimeInterval b = Stockholm().Cover({second, second}, types::v1::TIME_PRECISION_HOUR);
  EXPECT_EQ(a.start, At("2026-10-25T02:00:00+02:00"));
  EXPECT_EQ(a.end, b.start);
  EXPECT_EQ(b.end, At("2026-10-25T03:00:00+01:00"));
  // The hour that never comes: 01:59 is followed by 03:00.
  const absl::Time gap = At("2026-03-29T01:59:00+01:00");
  EXPECT_EQ(Stockholm().Cover({gap, gap}, types::v1::TIME_PRECISION_HOUR).end,
            At("2026-03-29T03:00:00+02:00"));
}

TEST(CalendarTest, TheNightOfTheChangeIsOneNight) {
  const absl::Time spring = At("2026-03-29T03:30:00+02:00");
  const TimeInterval night =
      Stockholm().Cover({spring, spring}, types::v1::TIME_PRECISION_PART_OF_DAY);
  EXPECT_EQ(night.start, At("2026-03-28T22:00:00+01:00"));
  EXPECT_EQ(night.end, At("2026-03-29T06:00:00+02:00"));
  EXPECT_EQ(night.end - night.start, absl::Hours(7));
  const absl::Time autumn = At("2026-10-25T02:30:00+01:00");
  const TimeInterval longer =
      Stockholm().Cover({autumn, autumn}, types::v1::TIME_PRECISION_PART_OF_DAY);
  EXPECT_EQ(longer.end - longer.start, absl::Hours(9));
}

TEST(CalendarTest, ASpanIsCoveredByWholeUnits) {
  const TimeInterval span = {At("2026-11-22T21:50:00+01:00"), At("2026-11-22T22:10:00+01:00")};
  EXPECT_EQ(Stockholm().Cover(span, types::v1::TIME_PRECISION_PART_OF_DAY),
            (TimeInterval{At("2026-11-22T16:00:00+01:00"), At("2026-11-23T06:00:00+01:00")}));
  // The end is not part of it: until midnight is not the next day.
  const TimeInterval until_midnight = {At("2026-11-22T20:00:00+01:00"),
                                       At("2026-11-23T00:00:00+01:00")};
  EXPECT_EQ(Stockholm().Cover(until_midnight, types::v1::TIME_PRECISION_DATE),
            (TimeInterval{At("2026-11-22T00:00:00+01:00"), At("2026-11-23T00:00:00+01:00")}));
}

TEST(CalendarTest, ExactIsToTheMinuteAndAnInstantStaysOne) {
  const absl::Time instant = At("2026-11-22T21:50:31+01:00");
  const absl::Time minute = At("2026-11-22T21:50:00+01:00");
  EXPECT_EQ(Stockholm().Cover({instant, instant}, types::v1::TIME_PRECISION_EXACT),
            (TimeInterval{minute, minute}));
  EXPECT_EQ(
      Stockholm().Cover({instant, instant + absl::Seconds(1)}, types::v1::TIME_PRECISION_EXACT),
      (TimeInterval{minute, minute + absl::Minutes(1)}));
}

// For any span and precision: covered, nothing gained by covering again, and no unit to spare.
TEST(CalendarTest, CoveringIsTightAndIdempotent) {
  SeededRandom random("calendar");
  for (int i = 0; i < 20000; ++i) {
    std::array<uint8_t, 8> bytes;
    random.Fill(absl::MakeSpan(bytes));
    const int64_t seconds =
        (bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]) & 0x7fffffff;
    const int64_t length = (bytes[4] << 16 | bytes[5] << 8 | bytes[6]) >> (bytes[7] % 24);
    const auto precision = static_cast<TimePrecision>(1 + bytes[7] % 8);
    const absl::Time start = absl::FromUnixSeconds(seconds);
    const TimeInterval span = {start, start + absl::Seconds(length)};
    const TimeInterval cover = Stockholm().Cover(span, precision);
    ASSERT_LE(cover.start, span.start);
    ASSERT_GE(cover.end,
              precision == types::v1::TIME_PRECISION_EXACT && length == 0 ? cover.start : span.end);
    ASSERT_EQ(Stockholm().Cover(cover, precision), cover);
    const TimeInterval first = Stockholm().Cover({span.start, span.start}, precision);
    ASSERT_EQ(first.start, cover.start);
  }
}

TEST(CalendarTest, ParsesDatesThatExist) {
  google::type::Date date;
  date.set_year(2026);
  date.set_month(7);
  date.set_day(1);
  EXPECT_EQ(*Stockholm().ParseDate("valid_from", date), At("2026-07-01T00:00:00+02:00"));
  EXPECT_EQ(Stockholm().DateOf(At("2026-06-30T22:00:00Z")).day(), 1);
  date.set_month(2);
  date.set_day(29);
  const absl::Status refused = Stockholm().ParseDate("valid_from", date).status();
  EXPECT_EQ(ReasonOf(refused), errors::v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(BadRequestOf(refused).field_violations(0).field(), "valid_from");
  date.set_year(2028);
  EXPECT_TRUE(Stockholm().ParseDate("valid_from", date).ok());
  for (auto [year, month, day] : std::vector<std::array<int, 3>>{{0, 1, 1},
                                                                 {2026, 0, 1},
                                                                 {2026, 1, 0},
                                                                 {-1, 1, 1},
                                                                 {10000, 1, 1},
                                                                 {2026, 13, 1},
                                                                 {2026, 1, 32},
                                                                 {2026, 1, -1},
                                                                 {2026, 2147483647, 1}}) {
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    EXPECT_FALSE(Stockholm().ParseDate("valid_from", date).ok())
        << year << "-" << month << "-" << day;
  }
}

}  // namespace
}  // namespace samverkan
