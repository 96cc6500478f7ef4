#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/base/crypto.h"

namespace samverkan::journal {

// The Merkle tree of RFC 6962, 2.1. A leaf's hash covers the exact bytes of a record; a node of
// level L and index I covers the leaves [I * 2^L, (I + 1) * 2^L). Only such perfect nodes are ever
// stored: they never change once their leaves stand.

Hash LeafHash(absl::string_view record);
Hash NodeHash(const Hash& left, const Hash& right);
// Root of the tree without leaves.
Hash EmptyRoot();

struct NodeId {
  int level = 0;
  int64_t index = 0;

  auto operator<=>(const NodeId&) const = default;
};

// Where the perfect nodes of one tree are read from.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // NOT_FOUND for a node whose leaves do not all stand.
  virtual absl::StatusOr<Hash> Load(NodeId node) = 0;
};

// The right edge of a tree: one perfect node per one-bit of its size, which is all that appending
// needs.
class CompactTree {
 public:
  CompactTree() = default;
  // The edge of the tree with `size` leaves, from its stored nodes.
  static absl::StatusOr<CompactTree> Load(int64_t size, NodeReader& nodes);

  int64_t size() const { return size_; }
  Hash Root() const;
  // The perfect nodes, from the largest (left) to the smallest.
  absl::Span<const Hash> edge() const { return edge_; }

  using NodeVisitor = absl::FunctionRef<void(NodeId, const Hash&)>;
  // Adds a leaf and reports each node that became perfect, the leaf first.
  void Append(const Hash& leaf, NodeVisitor visit);
  void Append(const Hash& leaf) {
    Append(leaf, [](NodeId, const Hash&) {});
  }

 private:
  int64_t size_ = 0;
  std::vector<Hash> edge_;
};

// Longer proofs cannot belong to a tree with a 63-bit size.
inline constexpr size_t kProofHashesMax = 63;

// The proof that leaf `index` stands in the tree with `size` leaves, from the leaf's sibling
// upward. INVALID_ARGUMENT unless 0 <= index < size.
absl::StatusOr<std::vector<Hash>> InclusionProof(int64_t index, int64_t size, NodeReader& nodes);

// The proof that the tree with `size` leaves begins with the one with `old_size`. INVALID_ARGUMENT
// unless 1 <= old_size <= size.
absl::StatusOr<std::vector<Hash>> ConsistencyProof(int64_t old_size, int64_t size,
                                                   NodeReader& nodes);

struct TreeHead {
  int64_t size = 0;
  Hash root = {};

  bool operator==(const TreeHead&) const = default;
};

bool VerifyInclusion(const Hash& leaf, int64_t index, const TreeHead& head,
                     absl::Span<const Hash> proof);
// An old tree without leaves is the beginning of every tree and takes no proof.
bool VerifyConsistency(const TreeHead& old_head, const TreeHead& new_head,
                       absl::Span<const Hash> proof);

}  // namespace samverkan::journal
