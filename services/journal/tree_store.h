#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/journal/merkle.h"
#include "services/journal/ref.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// All SQL about audit trees but the appending of records.

// A row of the audit log.
struct Leaf {
  int64_t seq = 0;
  int64_t tree = 0;
  int64_t index = 0;
  Hash hash = {};
  std::string record;
};

// The rows after `seq` in order of arrival, whatever their tree.
absl::StatusOr<std::vector<Leaf>> LoadLeavesAfter(storage::ReadTx& tx, int64_t seq, int64_t limit);

// A tree's leaves from index `begin` on, as far as the integrator has come.
absl::StatusOr<std::vector<Leaf>> LoadLeaves(storage::ReadTx& tx, int64_t tree, int64_t begin,
                                             int64_t limit);

// A tree's leaves that concern a resource, after log row `seq`.
absl::StatusOr<std::vector<Leaf>> LoadLeavesAbout(storage::ReadTx& tx, int64_t tree,
                                                  const Ref& resource, int64_t seq, int64_t limit);

// The stored nodes of one tree, for proofs. Used within the transaction.
class StoredNodes final : public NodeReader {
 public:
  StoredNodes(storage::ReadTx& tx, int64_t tree) : tx_(tx), tree_(tree) {}
  absl::StatusOr<Hash> Load(NodeId node) override;

 private:
  storage::ReadTx& tx_;
  const int64_t tree_;
};

// How far nodes and indexes have come.
struct TreeProgress {
  int64_t tree = 0;
  int64_t size = 0;
};
absl::StatusOr<int64_t> LoadProgress(storage::ReadTx& tx);
absl::StatusOr<std::vector<TreeProgress>> LoadTreeProgress(storage::ReadTx& tx);

// What follows from a run of log rows.
struct TreeBatch {
  struct Node {
    int64_t tree = 0;
    NodeId id;
    Hash hash = {};
  };
  struct Place {
    int64_t tree = 0;
    int64_t index = 0;
    int64_t seq = 0;
  };
  struct Mention {
    int64_t tree = 0;
    Ref resource = {};
    int64_t seq = 0;
  };
  // Nodes that are not stored (see IsStored) are passed over.
  std::vector<Node> nodes;
  std::vector<Place> places;
  std::vector<Mention> mentions;
  std::vector<TreeProgress> trees;
  // The last row.
  int64_t seq = 0;
};
absl::Status StoreBatch(storage::WriteTx& tx, const TreeBatch& batch);

// A tree's newest signed head.
struct StoredCheckpoint {
  TreeHead head;
  // The signed note.
  std::string note;
  absl::Time sign_time;
};
absl::Status StoreCheckpoint(storage::WriteTx& tx, int64_t tree,
                             const StoredCheckpoint& checkpoint);
// Nothing for a tree that was never signed.
absl::StatusOr<std::optional<StoredCheckpoint>> LoadCheckpoint(storage::ReadTx& tx, int64_t tree);
// Whether any tree was ever signed.
absl::StatusOr<bool> AnyCheckpoint(storage::ReadTx& tx);

}  // namespace samverkan::journal
