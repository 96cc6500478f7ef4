#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/arguments.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

// The flags that describe what happened; the same for a report, an assessment and a correction.
std::vector<Flag> ContentFlags();

// `base` with what the flags change. --file takes a whole content as JSON first; a flag wins over
// it. A new area or position replaces the old place but its type, a new time the old one.
absl::StatusOr<incidents::v1::IncidentContent> ReadContent(const Arguments& arguments,
                                                           incidents::v1::IncidentContent base);

// A code with its list's prefix, which people may leave out.
std::string WithPrefix(absl::string_view prefix, absl::string_view code);

}  // namespace samverkan::cli
