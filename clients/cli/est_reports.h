#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

// A report to a unit's report slot and who hands it in.
struct EstReport {
  // Handle of the reporter's mandate.
  std::string reporter;
  incidents::v1::CreateIncidentRequest request;
};

// A JSON list of {"foreignId", "slot", "reporter", "source", "content"}; where content names no
// time, "weekday" (1 Monday to 7) and "localTime" say it: the latest such moment before the given
// day.
absl::StatusOr<std::vector<EstReport>> ParseEstReports(absl::string_view json,
                                                       absl::CivilDay before);

// "2026-11-22", or today in Stockholm where empty.
absl::StatusOr<absl::CivilDay> BeforeDay(const std::string& text);

}  // namespace samverkan::cli
