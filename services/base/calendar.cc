#include "services/base/calendar.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/base/error.h"

namespace samverkan {
namespace {

using ::samverkan::types::v1::TimePrecision;

constexpr int kMorningHour = 6;
constexpr int kDayHour = 10;
constexpr int kEveningHour = 16;
constexpr int kNightHour = 22;

TimeInterval MinuteOf(absl::Time time) {
  const absl::Time start =
      absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), absl::Minutes(1));
  return {start, start + absl::Minutes(1)};
}

}  // namespace

absl::StatusOr<Calendar> Calendar::Load(absl::string_view zone) {
  absl::TimeZone loaded;
  if (!absl::LoadTimeZone(zone, &loaded)) {
    return absl::FailedPreconditionError(
        absl::StrCat("The system has no data for the time zone ", zone, "; install tzdata."));
  }
  // Fixed instants on both sides of the change, so that data without the rules shows itself.
  const auto hours_at = [&](absl::CivilDay day) {
    return loaded.At(absl::FromCivil(day, absl::UTCTimeZone())).offset / 3600;
  };
  if (hours_at(absl::CivilDay(2024, 1, 1)) != 1 || hours_at(absl::CivilDay(2024, 7, 1)) != 2) {
    return absl::FailedPreconditionError(
        absl::StrCat("The system's data for the time zone ", zone,
                     " is not Central European Time; reinstall tzdata."));
  }
  return Calendar(loaded);
}

TimeInterval Calendar::Cover(const TimeInterval& interval, TimePrecision precision) const {
  const TimeInterval first = UnitOf(interval.start, precision);
  if (interval.start >= interval.end) {
    const bool exact = precision <= types::v1::TIME_PRECISION_EXACT;
    return exact ? TimeInterval{first.start, first.start} : first;
  }
  // The end is not part of the interval: one that ends at midnight does not touch the next day.
  return {first.start, UnitOf(interval.end - absl::Nanoseconds(1), precision).end};
}

TimeInterval Calendar::UnitOf(absl::Time time, TimePrecision precision) const {
  switch (precision) {
    case types::v1::TIME_PRECISION_HOUR:
      return HourOf(time);
    case types::v1::TIME_PRECISION_PART_OF_DAY:
      return PartOfDayOf(time);
    case types::v1::TIME_PRECISION_DATE: {
      const absl::CivilDay day = DayOf(time);
      return Between(absl::CivilSecond(day), absl::CivilSecond(day + 1));
    }
    case types::v1::TIME_PRECISION_WEEK: {
      // ISO 8601: weeks start on Monday, over the turn of the year too.
      const absl::CivilDay monday = absl::PrevWeekday(DayOf(time) + 1, absl::Weekday::monday);
      return Between(absl::CivilSecond(monday), absl::CivilSecond(monday + 7));
    }
    case types::v1::TIME_PRECISION_MONTH: {
      const absl::CivilMonth month(DayOf(time));
      return Between(absl::CivilSecond(month), absl::CivilSecond(month + 1));
    }
    case types::v1::TIME_PRECISION_QUARTER: {
      const absl::CivilDay day = DayOf(time);
      const absl::CivilMonth quarter(day.year(), (day.month() - 1) / 3 * 3 + 1);
      return Between(absl::CivilSecond(quarter), absl::CivilSecond(quarter + 3));
    }
    case types::v1::TIME_PRECISION_YEAR: {
      const absl::CivilYear year(DayOf(time));
      return Between(absl::CivilSecond(year), absl::CivilSecond(year + 1));
    }
    default:
      return MinuteOf(time);
  }
}

TimeInterval Calendar::HourOf(absl::Time time) const {
  // By the offset in force, not by the civil hour: the hour that comes twice in October is two.
  const absl::Duration offset = absl::Seconds(zone_.At(time).offset);
  const absl::Time start =
      absl::UnixEpoch() - offset + absl::Floor(time - absl::UnixEpoch() + offset, absl::Hours(1));
  return {start, start + absl::Hours(1)};
}

TimeInterval Calendar::PartOfDayOf(absl::Time time) const {
  const int hour = zone_.At(time).cs.hour();
  const absl::CivilHour midnight{DayOf(time)};
  const auto part = [&](int start, int end) {
    return Between(absl::CivilSecond(midnight + start), absl::CivilSecond(midnight + end));
  };
  if (hour < kMorningHour) return part(kNightHour - 24, kMorningHour);
  if (hour < kDayHour) return part(kMorningHour, kDayHour);
  if (hour < kEveningHour) return part(kDayHour, kEveningHour);
  if (hour < kNightHour) return part(kEveningHour, kNightHour);
  return part(kNightHour, kMorningHour + 24);
}

absl::StatusOr<absl::Time> Calendar::ParseDate(absl::string_view field,
                                               const google::type::Date& date) const {
  const absl::CivilDay day(date.year(), date.month(), date.day());
  // A CivilDay makes 30 February the 2nd of March.
  if (date.year() < 1 || date.year() > 9999 || day.year() != date.year() ||
      day.month() != date.month() || day.day() != date.day()) {
    return FieldInvalid(field, "must be a date that exists, with year, month and day.");
  }
  return Midnight(day);
}

google::type::Date Calendar::DateOf(absl::Time time) const {
  const absl::CivilDay day = DayOf(time);
  google::type::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

}  // namespace samverkan
