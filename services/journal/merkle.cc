#include "services/journal/merkle.h"

#include <algorithm>
#include <bit>

#include "services/base/status.h"

namespace samverkan::journal {
namespace {

uint64_t Unsigned(int64_t value) {
  return static_cast<uint64_t>(value);
}

// The largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree.
int64_t SplitPoint(int64_t size) {
  return static_cast<int64_t>(std::bit_floor(Unsigned(size - 1)));
}

// The perfect nodes that cover [0, size), from left to right.
std::vector<NodeId> Edge(int64_t size) {
  std::vector<NodeId> edge;
  int64_t begin = 0;
  for (int level = 62; level >= 0; --level) {
    if ((Unsigned(size) >> level & 1) == 0) continue;
    edge.push_back({level, begin >> level});
    begin += int64_t{1} << level;
  }
  return edge;
}

Hash FoldEdge(absl::Span<const Hash> edge) {
  Hash root = edge.back();
  for (size_t i = edge.size() - 1; i-- > 0;) root = NodeHash(edge[i], root);
  return root;
}

// Root of the subtree over [begin, end), where begin is a multiple of the smallest power of two
// that is not below its length, as for every subtree of the RFC's definition.
absl::StatusOr<Hash> RangeRoot(int64_t begin, int64_t end, NodeReader& nodes) {
  std::vector<Hash> edge;
  for (const NodeId& node : Edge(end - begin)) {
    SV_ASSIGN_OR_RETURN(Hash hash, nodes.Load({node.level, (begin >> node.level) + node.index}));
    edge.push_back(hash);
  }
  return FoldEdge(edge);
}

}  // namespace

Hash LeafHash(absl::string_view record) {
  return Sha256Parts({absl::string_view("\0", 1), record});
}

Hash NodeHash(const Hash& left, const Hash& right) {
  return Sha256Parts({absl::string_view("\1", 1), AsBytes(left), AsBytes(right)});
}

Hash EmptyRoot() {
  return Sha256("");
}

absl::StatusOr<CompactTree> CompactTree::Load(int64_t size, NodeReader& nodes) {
  if (size < 0) return absl::InvalidArgumentError("a tree has no negative size");
  CompactTree tree;
  tree.size_ = size;
  for (const NodeId& node : Edge(size)) {
    SV_ASSIGN_OR_RETURN(Hash hash, nodes.Load(node));
    tree.edge_.push_back(hash);
  }
  return tree;
}

Hash CompactTree::Root() const {
  return edge_.empty() ? EmptyRoot() : FoldEdge(edge_);
}

void CompactTree::Append(const Hash& leaf, NodeVisitor visit) {
  NodeId node{0, size_};
  Hash hash = leaf;
  visit(node, hash);
  // Every trailing one-bit of the size is a finished left sibling.
  for (uint64_t rest = Unsigned(size_); (rest & 1) != 0; rest >>= 1) {
    hash = NodeHash(edge_.back(), hash);
    edge_.pop_back();
    node = {node.level + 1, node.index >> 1};
    visit(node, hash);
  }
  edge_.push_back(hash);
  ++size_;
}

absl::StatusOr<std::vector<Hash>> InclusionProof(int64_t index, int64_t size, NodeReader& nodes) {
  if (index < 0 || index >= size) {
    return absl::InvalidArgumentError("the index must lie in the tree");
  }
  std::vector<Hash> proof;
  // PATH(m, D[n]) of RFC 6962, 2.1.1, walked from the root; the other half of each split joins the
  // proof.
  int64_t begin = 0;
  int64_t end = size;
  while (end - begin > 1) {
    const int64_t middle = begin + SplitPoint(end - begin);
    const bool left = index < middle;
    SV_ASSIGN_OR_RETURN(Hash hash,
                        left ? RangeRoot(middle, end, nodes) : RangeRoot(begin, middle, nodes));
    proof.push_back(hash);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<std::vector<Hash>> ConsistencyProof(int64_t old_size, int64_t size,
                                                   NodeReader& nodes) {
  if (old_size < 1 || old_size > size) {
    return absl::InvalidArgumentError("the old size must lie between 1 and the tree's size");
  }
  std::vector<Hash> proof;
  // SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2. The old tree's own root is left out while its subtree
  // is all of the old tree.
  int64_t begin = 0;
  int64_t end = size;
  while (end != old_size) {
    const int64_t middle = begin + SplitPoint(end - begin);
    const bool left = old_size <= middle;
    SV_ASSIGN_OR_RETURN(Hash hash,
                        left ? RangeRoot(middle, end, nodes) : RangeRoot(begin, middle, nodes));
    proof.push_back(hash);
    (left ? end : begin) = middle;
  }
  if (begin != 0) {
    SV_ASSIGN_OR_RETURN(Hash hash, RangeRoot(begin, end, nodes));
    proof.push_back(hash);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool VerifyInclusion(const Hash& leaf, int64_t index, const TreeHead& head,
                     absl::Span<const Hash> proof) {
  if (index < 0 || index >= head.size || proof.size() > kProofHashesMax) return false;
  // RFC 9162, 2.1.3.2.
  uint64_t node = Unsigned(index);
  uint64_t last = Unsigned(head.size - 1);
  Hash root = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      root = NodeHash(sibling, root);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      root = NodeHash(root, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && root == head.root;
}

bool VerifyConsistency(const TreeHead& old_head, const TreeHead& new_head,
                       absl::Span<const Hash> proof) {
  if (old_head.size < 0 || old_head.size > new_head.size || proof.size() > kProofHashesMax) {
    return false;
  }
  if (old_head.size == 0) return proof.empty() && old_head.root == EmptyRoot();
  if (old_head.size == new_head.size) return proof.empty() && old_head.root == new_head.root;
  // RFC 9162, 2.1.4.2: a perfect old tree is itself the first hash.
  std::vector<Hash> path(proof.begin(), proof.end());
  if (std::has_single_bit(Unsigned(old_head.size))) path.insert(path.begin(), old_head.root);
  if (path.empty()) return false;
  uint64_t node = Unsigned(old_head.size - 1);
  uint64_t last = Unsigned(new_head.size - 1);
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  Hash old_root = path[0];
  Hash new_root = path[0];
  for (size_t i = 1; i < path.size(); ++i) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_root = NodeHash(path[i], old_root);
      new_root = NodeHash(path[i], new_root);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_root = NodeHash(new_root, path[i]);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_root == old_head.root && new_root == new_head.root;
}

}  // namespace samverkan::journal
