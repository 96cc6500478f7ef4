#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/access/snapshot.h"

namespace samverkan::access {

// Why a clause lets nothing through between two units at an instant.
struct ClosedCause {
  enum class Kind {
    kUnsigned,   // `party` has not signed by then
    kSuspended,  // `party` has suspended agreement or clause, since `since`
    kNotYet,     // validity begins later
    kEnded,      // validity, notice or a later version has ended it
    kFrame,      // the frame agreement `frame` does not cover it
  };
  Kind kind = Kind::kEnded;
  std::string party;
  std::string frame;
  absl::Time since = absl::InfinitePast();
};

// For a clause that is not open for the pair at `now`; the first cause in the order above.
ClosedCause WhyClosed(const Snapshot& policy, uint32_t clause, UnitId from, UnitId to,
                      absl::Time now);

}  // namespace samverkan::access
