#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/base/sealed_token.h"
#include "services/journal/feed.h"

namespace samverkan::journal {

// A place in the log: everything before the entry at `position` and the first `targets_done` of its
// targets are done. `time` is that entry's, so that a token from another history of the database (a
// backup was restored) is recognised.
struct FeedCursor {
  static constexpr uint32_t kAllTargets = std::numeric_limits<uint32_t>::max();

  int64_t position = 0;
  uint32_t targets_done = kAllTargets;
  absl::Time time = absl::UnixEpoch();
};

// Whom a resume token is for: one holder, one set of units. A token opens only for the same.
struct FeedAudience {
  std::string holder;
  std::vector<std::string> units;  // In any order.
};

// Seals a cursor. `now` is when it is handed out.
std::string SealCursor(const TokenSealer& sealer, const FeedAudience& audience,
                       const FeedCursor& cursor, absl::Time now);

// The cursor of a token. FIELD_INVALID for `resume_token` for anything that SealCursor did not make
// for this audience, or made before `oldest`.
absl::StatusOr<FeedCursor> OpenCursor(const TokenSealer& sealer, const FeedAudience& audience,
                                      absl::string_view token, absl::Time oldest);

// The refusal of a token; the same for every cause.
absl::Status TokenRefused();

}  // namespace samverkan::journal
