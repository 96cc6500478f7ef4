#include "clients/cli/stockholm_time.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/arguments.h"

namespace samverkan::cli {
namespace {

std::string Format(const google::protobuf::Timestamp& time, absl::string_view format) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime(format, ToTime(time), Stockholm());
}

// The instant of a local time; the nights on which the clock is changed have times that are none,
// and times that are two.
absl::StatusOr<absl::Time> InstantOf(absl::string_view text, absl::CivilSecond local) {
  const absl::TimeZone::TimeInfo info = Stockholm().At(local);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
    return UsageError(
        absl::StrCat("'", text, "' har inte funnits: klockan ställdes fram förbi den"),
        absl::StrCat("'", text, "' was never: the clock went forward past it"));
  }
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED) {
    const std::string before = absl::FormatTime(absl::RFC3339_sec, info.pre, Stockholm());
    const std::string after = absl::FormatTime(absl::RFC3339_sec, info.post, Stockholm());
    return UsageError(
        absl::StrCat("'", text,
                     "' kom två gånger, före och efter att klockan ställdes tillbaka: skriv ",
                     before, " eller ", after),
        absl::StrCat("'", text, "' came twice, before and after the clock went back: write ",
                     before, " or ", after));
  }
  return info.pre;
}

}  // namespace

absl::TimeZone Stockholm() {
  // Kept for the life of the process; UTC where the machine has no time zone data is shown as such.
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    absl::LoadTimeZone("Europe/Stockholm", &loaded);
    return loaded;
  }();
  return zone;
}

std::string ShowTime(const google::protobuf::Timestamp& time) {
  return Format(time, "%Y-%m-%d %H:%M");
}

std::string ShowTimeWithSeconds(const google::protobuf::Timestamp& time) {
  return Format(time, "%Y-%m-%d %H:%M:%S");
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp result;
  const int64_t micros = absl::ToUnixMicros(time);
  result.set_seconds(absl::ToUnixSeconds(time));
  result.set_nanos(static_cast<int32_t>((micros - result.seconds() * 1'000'000) * 1'000));
  return result;
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view text) {
  absl::Time time;
  std::string problem;
  for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &problem)) {
      return InstantOf(text, absl::ToCivilSecond(time, absl::UTCTimeZone()));
    }
  }
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) return time;
  return UsageError(absl::StrCat("'", text, "' är ingen tid: skriv 2026-11-22 14:05"),
                    absl::StrCat("'", text, "' is no time: write 2026-11-22 14:05"));
}

}  // namespace samverkan::cli
