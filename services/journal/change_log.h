#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/journal/ring.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// What an entry is about, and what it puts into a unit's feed. Numbers are stored for ever.
enum class ChangeKind : int64_t {
  // An item was handed in, assessed, released, corrected, retracted, or got a task.
  kIncident = 1,
  // A received copy came into being, was superseded, opened, acknowledged or sealed.
  kDelivery = 2,
  // A clause no longer lets anything through to a unit; `aux` is an AccessChange.
  kAccessEnded = 3,
  // A clause lets something through to a unit; `aux` is an AccessChange.
  kAccessBegun = 4,
  // An agreement was drafted, signed, suspended, resumed or terminated.
  kAgreement = 5,
};

// A unit whose feed shows the change, and the object as that unit has it: its own item, its own
// received copy.
struct ChangeTarget {
  ChangeKind kind = ChangeKind::kIncident;
  std::string unit = {};  // parties/{party}/units/{unit}
  int64_t object_id = 0;
};

// One act, with everybody whose feed it reaches: a release to three units is one entry with the
// originator's item and three received copies. Holds names and numbers, never content.
struct ChangeEntry {
  // Given by Append: positions are consecutive from 1 in the order of commit.
  int64_t position = 0;
  absl::Time time = absl::UnixEpoch();

  ChangeKind kind = ChangeKind::kIncident;
  int64_t object_id = 0;
  int32_t revision = 0;
  // For kAccessEnded and kAccessBegun, see AccessChange; otherwise empty.
  std::string aux = {};
  std::vector<ChangeTarget> targets = {};
};

// `aux` of an entry about the access that a clause gives.
struct AccessChange {
  std::string clause = {};  // agreements/{agreement}/clauses/{clause}
  int32_t version = 0;
  // For the end of access: SUSPENDED, EXPIRED, TERMINATED.
  std::string reason = {};
  // From when.
  absl::Time since = absl::UnixEpoch();

  std::string Encode() const;
  // INTERNAL for what Encode did not make.
  static absl::StatusOr<AccessChange> Decode(absl::string_view aux);
};

// The order of everything that happens, in the table change_log: written with the act, read by the
// feed and by whatever is derived. Thread-safe.
class ChangeLog {
 public:
  // Entries are published to the ring when they are durable. It outlives the log.
  explicit ChangeLog(Ring& ring) : ring_(ring) {}

  // Adds the entry with the next position and tx.now(), and returns the position. Call it once per
  // act, after everything that may refuse the act.
  absl::StatusOr<int64_t> Append(storage::WriteTx& tx, ChangeEntry entry) const;

  // At most `limit` entries after a position, in order. INTERNAL for a damaged row.
  static absl::StatusOr<std::vector<EntryPtr>> Scan(storage::ReadTx& tx, int64_t after,
                                                    int64_t limit);
  // When the entry at this position was made; nothing where there is none.
  static absl::StatusOr<std::optional<absl::Time>> TimeOf(storage::ReadTx& tx, int64_t position);
  static absl::StatusOr<LogHead> FindHead(storage::ReadTx& tx);

 private:
  Ring& ring_;
};

}  // namespace samverkan::journal
