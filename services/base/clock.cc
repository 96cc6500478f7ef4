#include "services/base/clock.h"

#include "absl/time/clock.h"

namespace samverkan {

absl::Time SystemClock::Now() {
  return absl::Now();
}

}  // namespace samverkan
