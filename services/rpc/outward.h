#pragma once

#include <string>

#include "absl/status/status.h"

namespace samverkan::rpc {

// A status as it may leave the hub. Refusals of the rules pass as they are; what storage says
// becomes LIMIT_EXCEEDED, NOT_READY or a plain deadline; everything else becomes one neutral
// sentence with an error id, which is also put into `error_id` (nullptr where nobody logs it): the
// cause stays in the log under it.
absl::Status Outward(absl::Status status, std::string* error_id);

}  // namespace samverkan::rpc
