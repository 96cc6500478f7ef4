#include "services/journal/tree_store.h"

#include <utility>

#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan::journal {
namespace {

using storage::Blob;
using storage::Row;
using storage::Rows;

// Only every fourth level is stored: a row per fifteen leaves instead of one per leaf, for a few
// more rows read in a proof.
constexpr int kLevelStride = 4;

bool IsStored(NodeId node) {
  return node.level > 0 && node.level % kLevelStride == 0;
}

Blob BlobOf(const Hash& hash) {
  return {std::string(AsBytes(hash))};
}
Blob BlobOf(const Ref& ref) {
  return {std::string(AsBytes(ref))};
}

absl::StatusOr<Hash> HashOf(absl::string_view bytes) {
  const std::optional<Hash> hash = ArrayFrom<32>(bytes);
  if (!hash) return absl::DataLossError("a stored hash has not 32 bytes");
  return *hash;
}

absl::StatusOr<std::vector<Leaf>> LeavesOf(const Rows& rows) {
  std::vector<Leaf> leaves;
  leaves.reserve(rows.size());
  for (const Row& row : rows) {
    SV_ASSIGN_OR_RETURN(Hash hash, HashOf(row.Bytes(3)));
    leaves.push_back({row.Int(0), row.Int(1), row.Int(2), hash, std::string(row.Bytes(4))});
  }
  return leaves;
}

}  // namespace

absl::StatusOr<std::vector<Leaf>> LoadLeavesAfter(storage::ReadTx& tx, int64_t seq, int64_t limit) {
  SV_ASSIGN_OR_RETURN(const Rows rows,
                      tx.Run("SELECT seq, tree, idx, hash, record FROM audit_log WHERE seq > $1 "
                             "ORDER BY seq LIMIT $2",
                             {seq, limit}));
  return LeavesOf(rows);
}

absl::StatusOr<std::vector<Leaf>> LoadLeaves(storage::ReadTx& tx, int64_t tree, int64_t begin,
                                             int64_t limit) {
  SV_ASSIGN_OR_RETURN(const Rows rows,
                      tx.Run("SELECT l.seq, l.tree, l.idx, l.hash, l.record FROM tree_index i "
                             "JOIN audit_log l ON l.seq = i.seq WHERE i.tree = $1 AND i.idx >= $2 "
                             "ORDER BY i.idx LIMIT $3",
                             {tree, begin, limit}));
  return LeavesOf(rows);
}

absl::StatusOr<std::vector<Leaf>> LoadLeavesAbout(storage::ReadTx& tx, int64_t tree,
                                                  const Ref& resource, int64_t seq, int64_t limit) {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run("SELECT l.seq, l.tree, l.idx, l.hash, l.record FROM audit_index i "
             "JOIN audit_log l ON l.seq = i.seq WHERE i.tree = $1 AND i.ref = $2 AND i.seq > $3 "
             "ORDER BY i.seq LIMIT $4",
             {tree, BlobOf(resource), seq, limit}));
  return LeavesOf(rows);
}

absl::StatusOr<Hash> StoredNodes::Load(NodeId node) {
  // The stored level below, and this node's descendants there.
  const int level = node.level - node.level % kLevelStride;
  const int64_t count = int64_t{1} << (node.level - level);
  const int64_t begin = node.index * count;
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      level == 0 ? tx_.Run("SELECT l.hash FROM tree_index i JOIN audit_log l ON l.seq = i.seq "
                           "WHERE i.tree = $1 AND i.idx >= $2 AND i.idx < $3 ORDER BY i.idx",
                           {tree_, begin, begin + count})
                 : tx_.Run("SELECT hash FROM tree_nodes WHERE tree = $1 AND level = $4 AND "
                           "idx >= $2 AND idx < $3 ORDER BY idx",
                           {tree_, begin, begin + count, int64_t{level}}));
  if (static_cast<int64_t>(rows.size()) != count) {
    return absl::NotFoundError("no such node in the tree");
  }
  CompactTree subtree;
  for (const Row& row : rows) {
    SV_ASSIGN_OR_RETURN(const Hash hash, HashOf(row.Bytes(0)));
    subtree.Append(hash);
  }
  return subtree.Root();
}

absl::StatusOr<int64_t> LoadProgress(storage::ReadTx& tx) {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run("SELECT seq FROM audit_progress"));
  if (rows.size() != 1) return absl::DataLossError("the audit log's progress is lost");
  return rows[0].Int(0);
}

absl::StatusOr<std::vector<TreeProgress>> LoadTreeProgress(storage::ReadTx& tx) {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run("SELECT tree, size FROM audit_trees ORDER BY tree"));
  std::vector<TreeProgress> trees;
  for (const Row& row : rows) trees.push_back({row.Int(0), row.Int(1)});
  return trees;
}

absl::Status StoreBatch(storage::WriteTx& tx, const TreeBatch& batch) {
  for (const TreeBatch::Node& node : batch.nodes) {
    if (!IsStored(node.id)) continue;
    SV_RETURN_IF_ERROR(tx.Run("INSERT INTO tree_nodes (tree, level, idx, hash) "
                              "VALUES ($1, $2, $3, $4)",
                              {node.tree, int64_t{node.id.level}, node.id.index, BlobOf(node.hash)})
                           .status());
  }
  for (const TreeBatch::Place& place : batch.places) {
    SV_RETURN_IF_ERROR(tx.Run("INSERT INTO tree_index (tree, idx, seq) VALUES ($1, $2, $3)",
                              {place.tree, place.index, place.seq})
                           .status());
  }
  for (const TreeBatch::Mention& mention : batch.mentions) {
    SV_RETURN_IF_ERROR(tx.Run("INSERT INTO audit_index (tree, ref, seq) VALUES ($1, $2, $3) "
                              "ON CONFLICT DO NOTHING",
                              {mention.tree, BlobOf(mention.resource), mention.seq})
                           .status());
  }
  for (const TreeProgress& tree : batch.trees) {
    SV_RETURN_IF_ERROR(
        tx.Run("UPDATE audit_trees SET size = $2 WHERE tree = $1", {tree.tree, tree.size})
            .status());
  }
  return tx.Run("UPDATE audit_progress SET seq = $1", {batch.seq}).status();
}

absl::Status StoreCheckpoint(storage::WriteTx& tx, int64_t tree,
                             const StoredCheckpoint& checkpoint) {
  return tx
      .Run(
          "INSERT INTO tree_checkpoints (tree, size, root, note, sign_time) "
          "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tree) DO UPDATE SET size = excluded.size, "
          "root = excluded.root, note = excluded.note, sign_time = excluded.sign_time",
          {tree, checkpoint.head.size, BlobOf(checkpoint.head.root), checkpoint.note,
           absl::ToUnixMicros(checkpoint.sign_time)})
      .status();
}

absl::StatusOr<std::optional<StoredCheckpoint>> LoadCheckpoint(storage::ReadTx& tx, int64_t tree) {
  SV_ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Run("SELECT size, root, note, sign_time FROM tree_checkpoints WHERE tree = $1", {tree}));
  if (rows.empty()) return std::optional<StoredCheckpoint>();
  const Row& row = rows[0];
  SV_ASSIGN_OR_RETURN(const Hash root, HashOf(row.Bytes(1)));
  return std::optional(StoredCheckpoint{{row.Int(0), root}, std::string(row.Text(2)), row.Time(3)});
}

absl::StatusOr<bool> AnyCheckpoint(storage::ReadTx& tx) {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run("SELECT 1 FROM tree_checkpoints LIMIT 1"));
  return !rows.empty();
}

}  // namespace samverkan::journal
