#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"
#include "samverkan/types/v1/types.pb.h"

namespace samverkan {

// Half-open: [start, end). An instant has both alike.
struct TimeInterval {
  absl::Time start;
  absl::Time end;
  bool operator==(const TimeInterval&) const = default;
};

// The calendar of the city, Europe/Stockholm: the one place that knows a time zone. A value, cheap
// to copy, thread-safe.
class Calendar {
 public:
  // FAILED_PRECONDITION when the system's time zone data is missing or knows no summer time: the
  // hub must not start and tell wrong hours.
  static absl::StatusOr<Calendar> Load(absl::string_view zone = "Europe/Stockholm");

  // The shortest interval of whole units of the precision that covers `interval`; for an instant
  // the unit it lies in. Parts of the day are 06-10, 10-16, 16-22 and 22-06, the night being one
  // unit that starts on the evening before. Days of 23 and 25 hours are as long as they are. EXACT
  // and UNSPECIFIED round to the minute; an instant stays one.
  TimeInterval Cover(const TimeInterval& interval, types::v1::TimePrecision precision) const;

  // The start of a day. FIELD_INVALID, naming `field`, unless it is a full date that exists.
  absl::StatusOr<absl::Time> ParseDate(absl::string_view field,
                                       const google::type::Date& date) const;
  // The start of a day.
  absl::Time Midnight(absl::CivilDay day) const { return absl::FromCivil(day, zone_); }
  // The day an instant lies in.
  absl::CivilDay DayOf(absl::Time time) const { return absl::ToCivilDay(time, zone_); }
  google::type::Date DateOf(absl::Time time) const;

 private:
  explicit Calendar(absl::TimeZone zone) : zone_(zone) {}

  // The unit of a precision that an instant lies in.
  TimeInterval UnitOf(absl::Time time, types::v1::TimePrecision precision) const;
  TimeInterval HourOf(absl::Time time) const;
  TimeInterval PartOfDayOf(absl::Time time) const;
  TimeInterval Between(absl::CivilSecond start, absl::CivilSecond end) const {
    return {absl::FromCivil(start, zone_), absl::FromCivil(end, zone_)};
  }

  absl::TimeZone zone_;
};

}  // namespace samverkan
