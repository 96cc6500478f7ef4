#pragma once

#include "absl/time/time.h"
#include "tests/support/access_world.h"

namespace samverkan::testing {

// The directory, map and agreements that the demo loads, as if all parties had signed everything at
// `signed_at` for two years.
World Stockholm(absl::Time signed_at);

}  // namespace samverkan::testing
