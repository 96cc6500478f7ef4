#include "clients/cli/polisen_event.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

constexpr std::array<absl::string_view, 12> kMonths = {
    "januari", "februari", "mars",      "april",   "maj",      "juni",
    "juli",    "augusti",  "september", "oktober", "november", "december"};

// Clocks of the feed differ a little; an event this far after its publication is of the year
// before.
constexpr absl::Duration kAfterPublication = absl::Hours(24);

absl::StatusOr<std::string> Text(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' is missing or no text"));
  }
  return it->get<std::string>();
}

absl::StatusOr<absl::Time> Time(const nlohmann::json& object, const char* key, const char* format) {
  SC_ASSIGN_OR_RETURN(const std::string text, Text(object, key));
  absl::Time time;
  std::string problem;
  if (!absl::ParseTime(format, text, &time, &problem)) {
    return absl::InvalidArgumentError(absl::StrCat("'", key, "' is no time"));
  }
  return time;
}

// The instant in Stockholm; false for a day or time that does not exist.
bool MakeTime(int64_t year, int month, int day, int hour, int minute, absl::Time& time) {
  const absl::CivilMinute civil(year, month, day, hour, minute);
  if (civil.month() != month || civil.day() != day || civil.hour() != hour) return false;
  time = absl::FromCivil(civil, Stockholm());
  return true;
}

}  // namespace

absl::StatusOr<PolisenEvent> ParsePolisenLine(absl::string_view line) {
  const auto object =
      nlohmann::json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return absl::InvalidArgumentError("no JSON object");
  const auto found = object.find("event");
  if (found == object.end() || !found->is_object())
    return absl::InvalidArgumentError("'event' is missing");
  const nlohmann::json& fields = *found;
  PolisenEvent event;
  const auto id = fields.find("id");
  if (id == fields.end() || !id->is_number_integer() || id->get<int64_t>() <= 0) {
    return absl::InvalidArgumentError("'id' is missing or no number");
  }
  event.id = id->get<int64_t>();
  SC_ASSIGN_OR_RETURN(event.seen, Time(object, "seen", absl::RFC3339_sec));
  SC_ASSIGN_OR_RETURN(event.published, Time(fields, "datetime", "%Y-%m-%d %H:%M:%S %Ez"));
  SC_ASSIGN_OR_RETURN(event.name, Text(fields, "name"));
  SC_ASSIGN_OR_RETURN(event.type, Text(fields, "type"));
  SC_ASSIGN_OR_RETURN(event.summary, Text(fields, "summary"));
  SC_ASSIGN_OR_RETURN(event.url, Text(fields, "url"));
  const auto location = fields.find("location");
  if (location == fields.end() || !location->is_object())
    return absl::InvalidArgumentError("'location' is missing");
  SC_ASSIGN_OR_RETURN(event.place, Text(*location, "name"));
  return event;
}

absl::StatusOr<absl::Time> OccurTime(const PolisenEvent& event) {
  const absl::Status malformed =
      absl::InvalidArgumentError("the name does not begin with day, month and time");
  const absl::string_view heading = absl::string_view(event.name).substr(0, event.name.find(','));
  const std::vector<absl::string_view> parts = absl::StrSplit(heading, ' ');
  if (parts.size() != 3) return malformed;
  const auto month = std::find(kMonths.begin(), kMonths.end(), parts[1]);
  const std::vector<absl::string_view> clock = absl::StrSplit(parts[2], absl::ByAnyChar(":."));
  int day = 0;
  int hour = 0;
  int minute = 0;
  if (month == kMonths.end() || clock.size() != 2 || !absl::SimpleAtoi(parts[0], &day) ||
      !absl::SimpleAtoi(clock[0], &hour) || !absl::SimpleAtoi(clock[1], &minute) || minute < 0 ||
      minute > 59) {
    return malformed;
  }
  const int month_number = static_cast<int>(month - kMonths.begin()) + 1;
  const int64_t year = absl::ToCivilDay(event.published, Stockholm()).year();
  absl::Time time;
  if (MakeTime(year, month_number, day, hour, minute, time) &&
      time <= event.published + kAfterPublication) {
    return time;
  }
  if (MakeTime(year - 1, month_number, day, hour, minute, time)) return time;
  return malformed;
}

bool SameContent(const PolisenEvent& a, const PolisenEvent& b) {
  return a.name == b.name && a.type == b.type && a.summary == b.summary && a.place == b.place;
}

}  // namespace samverkan::cli
