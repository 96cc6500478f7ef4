#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/access/snapshot.h"
#include "services/journal/change_log.h"
#include "services/journal/feed.h"
#include "services/storage/database.h"

namespace samverkan::agreements {

// Why access under a clause ended, as AccessEnded.reason says it.
inline constexpr char kSuspended[] = "SUSPENDED";
inline constexpr char kExpired[] = "EXPIRED";
inline constexpr char kTerminated[] = "TERMINATED";

// Tells the receiving units what opened and closed between two moments of the policy: one entry per
// clause with its recipients. Access never waits for it: it follows from the clauses' intervals;
// this makes the notice. `reason` is why what closed has closed.
absl::Status AppendAccessNotices(storage::WriteTx& tx, const journal::ChangeLog& changes,
                                 const access::Snapshot& before, absl::Time before_at,
                                 const access::Snapshot& after, absl::Time after_at,
                                 const std::string& reason);

// The notices in a unit's feed.
class AccessRenderer final : public journal::EventRenderer {
 public:
  absl::StatusOr<journal::RenderedEvent> Render(storage::ReadTx& tx,
                                                const journal::ChangeEntry& entry,
                                                const journal::ChangeTarget& target) override;
};

}  // namespace samverkan::agreements
