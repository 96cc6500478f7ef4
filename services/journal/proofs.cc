#include "services/journal/proofs.h"

#include <optional>
#include <utility>

#include "services/base/status.h"

namespace samverkan::journal {
namespace {

// The newest checkpoint, where it covers the entry. Any index may be asked for: no sum is made of
// it.
absl::StatusOr<StoredCheckpoint> LoadCovering(storage::ReadTx& tx, int64_t tree, int64_t index) {
  SV_ASSIGN_OR_RETURN(std::optional<StoredCheckpoint> checkpoint, LoadCheckpoint(tx, tree));
  if (!checkpoint || checkpoint->head.size <= index) {
    return absl::UnavailableError("no signed checkpoint covers this yet");
  }
  return *std::move(checkpoint);
}

}  // namespace

absl::StatusOr<InclusionReceipt> LoadReceipt(storage::ReadTx& tx, int64_t tree, int64_t index) {
  if (index < 0) return absl::InvalidArgumentError("an index is not negative");
  SV_ASSIGN_OR_RETURN(StoredCheckpoint checkpoint, LoadCovering(tx, tree, index));
  StoredNodes nodes(tx, tree);
  SV_ASSIGN_OR_RETURN(std::vector<Hash> proof, InclusionProof(index, checkpoint.head.size, nodes));
  return InclusionReceipt{index, std::move(proof), std::move(checkpoint.note)};
}

absl::StatusOr<Continuation> LoadContinuation(storage::ReadTx& tx, int64_t tree, int64_t old_size) {
  if (old_size < 1) return absl::InvalidArgumentError("an old size is at least 1");
  SV_ASSIGN_OR_RETURN(StoredCheckpoint checkpoint, LoadCovering(tx, tree, old_size - 1));
  StoredNodes nodes(tx, tree);
  SV_ASSIGN_OR_RETURN(std::vector<Hash> proof,
                      ConsistencyProof(old_size, checkpoint.head.size, nodes));
  return Continuation{std::move(proof), std::move(checkpoint)};
}

}  // namespace samverkan::journal
