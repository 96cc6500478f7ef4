#include "clients/cli/est_reports.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/clock.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

absl::Status FromJson(const nlohmann::json& object, const char* key,
                      google::protobuf::Message& message) {
  const auto it = object.find(key);
  if (it == object.end()) return absl::InvalidArgumentError(absl::StrCat("'", key, "' is missing"));
  const auto status = google::protobuf::util::JsonStringToMessage(it->dump(), &message);
  if (!status.ok())
    return absl::InvalidArgumentError(absl::StrCat("'", key, "': ", status.ToString()));
  return absl::OkStatus();
}

// The latest day before `before` of that weekday, at that time in Stockholm.
absl::StatusOr<absl::Time> LatestBefore(absl::CivilDay before, int weekday,
                                        const std::string& local_time) {
  const std::vector<std::string> clock = absl::StrSplit(local_time, ':');
  int hour = 0;
  int minute = 0;
  if (weekday < 1 || weekday > 7 || clock.size() != 2 || !absl::SimpleAtoi(clock[0], &hour) ||
      !absl::SimpleAtoi(clock[1], &minute) || hour > 23 || minute > 59 || hour < 0 || minute < 0) {
    return absl::InvalidArgumentError("'weekday' or 'localTime' is wrong");
  }
  absl::CivilDay day = before - 1;
  while (static_cast<int>(absl::GetWeekday(day)) + 1 != weekday) --day;
  return absl::FromCivil(absl::CivilMinute(day.year(), day.month(), day.day(), hour, minute),
                         Stockholm());
}

std::string Text(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

absl::StatusOr<EstReport> ParseReport(const nlohmann::json& object, absl::CivilDay before) {
  if (!object.is_object()) return absl::InvalidArgumentError("no JSON object");
  EstReport report;
  auto& incident = *report.request.mutable_incident();
  report.reporter = Text(object, "reporter");
  report.request.set_parent(Text(object, "slot"));
  incident.set_foreign_id(Text(object, "foreignId"));
  if (report.reporter.empty() || report.request.parent().empty()) {
    return absl::InvalidArgumentError("'reporter' or 'slot' is missing");
  }
  SC_RETURN_IF_ERROR(FromJson(object, "source", *incident.mutable_source()));
  SC_RETURN_IF_ERROR(FromJson(object, "content", *incident.mutable_content()));
  auto& content = *incident.mutable_content();
  if (content.has_occur_span()) return report;
  const auto day = object.find("weekday");
  const int weekday = day != object.end() && day->is_number_integer() ? day->get<int>() : 0;
  SC_ASSIGN_OR_RETURN(const absl::Time at,
                      LatestBefore(before, weekday, Text(object, "localTime")));
  *content.mutable_occur_span()->mutable_start_time() = ToTimestamp(at);
  *content.mutable_occur_span()->mutable_end_time() = ToTimestamp(at);
  content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_EXACT);
  return report;
}

}  // namespace

absl::StatusOr<std::vector<EstReport>> ParseEstReports(absl::string_view json,
                                                       absl::CivilDay before) {
  const auto list =
      nlohmann::json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return absl::InvalidArgumentError("no JSON list of reports");
  std::vector<EstReport> reports;
  for (const auto& object : list) {
    absl::StatusOr<EstReport> report = ParseReport(object, before);
    if (!report.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("report ", reports.size() + 1, ": ", report.status().message()));
    }
    reports.push_back(*std::move(report));
  }
  return reports;
}

absl::StatusOr<absl::CivilDay> BeforeDay(const std::string& text) {
  if (text.empty()) return absl::ToCivilDay(client::SystemClock().Now(), Stockholm());
  SC_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(text));
  return absl::ToCivilDay(time, Stockholm());
}

}  // namespace samverkan::cli
