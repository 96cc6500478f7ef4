#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "services/journal/checkpoint.h"
#include "services/journal/tree_store.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// Proofs against a tree's newest checkpoint, read in one transaction. UNAVAILABLE where no
// checkpoint covers what is asked for yet: a second later one does.

// INVALID_ARGUMENT for a negative index.
absl::StatusOr<InclusionReceipt> LoadReceipt(storage::ReadTx& tx, int64_t tree, int64_t index);

struct Continuation {
  std::vector<Hash> proof;
  StoredCheckpoint checkpoint;
};
// INVALID_ARGUMENT for an old size below 1.
absl::StatusOr<Continuation> LoadContinuation(storage::ReadTx& tx, int64_t tree, int64_t old_size);

}  // namespace samverkan::journal
