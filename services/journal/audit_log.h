#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "samverkan/audit/v1/record.pb.h"
#include "services/journal/ref.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// The hub's own tree. A party's is found by its name.
inline constexpr int64_t kHubTree = 0;

// A leaf's data must stay far below what C2SP tiles can carry (65,535 bytes).
inline constexpr size_t kRecordSizeMax = 32 * 1024;

// The audit log (R39): one append-only row per record and tree, in the transaction of what it
// records. Nothing is read and no node computed here; the integrator follows. Thread-safe,
// unchanging after Open.
class AuditLog {
 public:
  struct Tree {
    int64_t id = 0;
    // parties/{party}; empty for the hub's.
    std::string party;
  };

  // For start-up, after the migrations: gives each of `parties` that has no tree yet one of its
  // own. Waits for the database.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(storage::Database& database,
                                                        absl::Span<const std::string> parties);

  // Writes the record into the party's tree, or the hub's for "". Version and time are stamped
  // here, from tx.now(). An error means that nothing may be acknowledged: INTERNAL for a party
  // without a tree or a record that is too large, else storage's own.
  absl::Status Append(storage::WriteTx& tx, absl::string_view party,
                      audit::v1::Record record) const;

  std::optional<int64_t> TreeOf(absl::string_view party) const;
  absl::Span<const Tree> trees() const { return trees_; }

 private:
  AuditLog() = default;

  std::vector<Tree> trees_;
  // By party, with the sequence that counts the tree's leaves.
  struct Place {
    int64_t tree;
    std::string sequence;
  };
  absl::flat_hash_map<std::string, Place> places_;
};

}  // namespace samverkan::journal
