#include "services/journal/signed_tree.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

constexpr int64_t kPageSize = 512;

absl::Status Difference(absl::string_view origin, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("audit tree ", origin, ": ", what));
}

// A node that is missing although its leaves were integrated is as bad as a wrong one.
absl::Status MissingIsLoss(absl::string_view origin, absl::Status status) {
  return absl::IsNotFound(status) ? Difference(origin, "stored nodes are missing") : status;
}

}  // namespace

absl::Status SignedTree::Load(storage::ReadTx& tx, int64_t size,
                              const std::optional<TreeHead>& guarded, bool accept_new_key) {
  head_ = guarded.value_or(TreeHead{0, EmptyRoot()});
  if (size < head_.size) {
    return Difference(
        origin(), absl::StrCat("the database has ", size, " entries, but ", head_.size,
                               " were signed: it is a restored backup or has lost data. Restore a "
                               "newer copy; where there is none, docs/restore.md says how the "
                               "parties can go on"));
  }
  StoredNodes nodes(tx, id_);
  absl::StatusOr<CompactTree> integrated = CompactTree::Load(size, nodes);
  absl::StatusOr<CompactTree> at_head = CompactTree::Load(head_.size, nodes);
  SV_RETURN_IF_ERROR(MissingIsLoss(origin(), integrated.status()));
  SV_RETURN_IF_ERROR(MissingIsLoss(origin(), at_head.status()));
  if (at_head->Root() != head_.root) {
    return Difference(origin(), "the entries in the database are not the ones that were signed");
  }
  SV_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> stored, LoadCheckpoint(tx, id_));
  if (stored && (stored->head.size > head_.size ||
                 (stored->head.size == head_.size && stored->head != head_))) {
    return Difference(origin(),
                      "the guard file is older than the database: it was restored, cut off or "
                      "replaced");
  }
  published_ = stored ? stored->head == head_ : head_.size == 0;
  key_changed_ = false;
  if (stored) {
    const absl::StatusOr<Checkpoint> opened = OpenCheckpoint(stored->note, signer_.verifier());
    key_changed_ = !opened.ok() || opened->head != stored->head;
    if (key_changed_ && !accept_new_key) {
      return Difference(origin(), "the newest checkpoint was not signed by the configured key");
    }
    if (key_changed_) published_ = false;
  }
  integrated_ = *std::move(integrated);
  verified_ = RecheckTree(*at_head);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RestoredTree>> SignedTree::LoadRestored(
    storage::ReadTx& tx, int64_t size, const std::optional<TreeHead>& guarded) const {
  if (!guarded) return std::optional<RestoredTree>();
  StoredNodes nodes(tx, id_);
  absl::StatusOr<CompactTree> integrated = CompactTree::Load(size, nodes);
  SV_RETURN_IF_ERROR(MissingIsLoss(origin(), integrated.status()));
  if (guarded->size <= size) {
    absl::StatusOr<CompactTree> at_head = CompactTree::Load(guarded->size, nodes);
    SV_RETURN_IF_ERROR(MissingIsLoss(origin(), at_head.status()));
    if (at_head->Root() == guarded->root) return std::optional<RestoredTree>();
  }
  SV_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> stored, LoadCheckpoint(tx, id_));
  RestoredTree tree{
      .tree = id_, .origin = {}, .lost = *guarded, .kept = {size, integrated->Root()}};
  if (stored) tree.origin = stored->note.substr(0, stored->note.find('\n'));
  if (tree.origin == origin()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a restored database needs a log_origin that was never used: under ", origin(),
        " other entries were signed already, and nobody could tell the two logs apart"));
  }
  return std::optional(std::move(tree));
}

absl::Status SignedTree::RecheckTo(Reader read, int64_t size, RecheckTree& tree) const {
  while (tree.size() < size) {
    std::vector<Leaf> leaves;
    SV_RETURN_IF_ERROR(read([&](storage::ReadTx& tx) -> absl::Status {
      SV_ASSIGN_OR_RETURN(
          leaves, LoadLeaves(tx, id_, tree.size(), std::min(kPageSize, size - tree.size())));
      return absl::OkStatus();
    }));
    if (leaves.empty()) return Difference(origin(), "entries are missing");
    for (const Leaf& leaf : leaves) {
      if (leaf.tree != id_ || leaf.index != tree.size()) {
        return Difference(origin(), absl::StrCat("entry ", tree.size(), " is missing or moved"));
      }
      if (tree.Append(leaf.record) != leaf.hash) {
        return Difference(origin(), absl::StrCat("entry ", leaf.index, " was altered"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TreeHead> SignedTree::Recheck(Reader read) {
  RecheckTree tree = verified_;
  SV_RETURN_IF_ERROR(RecheckTo(read, integrated_.size(), tree));
  const TreeHead head{tree.size(), tree.Root()};
  if (head.root != integrated_.Root()) {
    return Difference(origin(), "the root computed anew differs from the one kept");
  }
  std::vector<Hash> proof;
  if (head_.size > 0) {
    SV_RETURN_IF_ERROR(MissingIsLoss(origin(), read([&](storage::ReadTx& tx) -> absl::Status {
                                       StoredNodes nodes(tx, id_);
                                       SV_ASSIGN_OR_RETURN(
                                           proof, ConsistencyProof(head_.size, head.size, nodes));
                                       return absl::OkStatus();
                                     })));
  }
  if (!VerifyConsistency(head_, head, proof)) {
    return Difference(origin(), "the tree does not continue the one that was signed last");
  }
  rechecked_ = tree;
  return head;
}

void SignedTree::SetGuarded() {
  verified_ = rechecked_;
  head_ = {verified_.size(), verified_.Root()};
  published_ = false;
}

StoredCheckpoint SignedTree::Sign(absl::Time now) const {
  return {head_, signer_.Sign(Checkpoint{origin(), head_}.ToText()), now};
}

absl::Status SignedTree::RecheckAll(Reader read) const {
  RecheckTree tree;
  SV_RETURN_IF_ERROR(RecheckTo(read, head_.size, tree));
  if (tree.Root() != head_.root) {
    return Difference(origin(), "the entries in the database are not the ones that were signed");
  }
  return absl::OkStatus();
}

}  // namespace samverkan::journal
