#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace samverkan::cli {

// One state of one event of the police's public feed, as it was seen.
struct PolisenEvent {
  int64_t id = 0;
  // When this state was seen by who collected it.
  absl::Time seen;
  // Publication time.
  absl::Time published;
  // Begins with the time of the event: "27 juni 03:55, Rån, Stockholm".
  std::string name;
  std::string type;
  std::string summary;
  // Path below https://polisen.se.
  std::string url;
  // Municipality or county; the feed knows nothing finer.
  std::string place;
};

// One line {"seen": …, "event": {…}}. INVALID_ARGUMENT with what is wrong.
absl::StatusOr<PolisenEvent> ParsePolisenLine(absl::string_view line);

// When it happened: day, month and time stand in the name ("27 juni 03:55" or "22 augusti 17.59",
// Stockholm time), the year follows from the publication, which is never before the event.
absl::StatusOr<absl::Time> OccurTime(const PolisenEvent& event);

// Whether a later state says the same: address and publication time alone make no revision.
bool SameContent(const PolisenEvent& a, const PolisenEvent& b);

}  // namespace samverkan::cli
