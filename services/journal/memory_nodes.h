#pragma once

#include <map>

#include "absl/status/status.h"
#include "services/journal/merkle.h"

namespace samverkan::journal {

// A tree's nodes in memory, for tests.
class MemoryNodes final : public NodeReader {
 public:
  absl::StatusOr<Hash> Load(NodeId node) override {
    auto found = nodes_.find(node);
    if (found == nodes_.end()) return absl::NotFoundError("no such node");
    return found->second;
  }
  void Append(const Hash& leaf) {
    tree_.Append(leaf, [this](NodeId node, const Hash& hash) { nodes_[node] = hash; });
  }
  const CompactTree& tree() const { return tree_; }

 private:
  CompactTree tree_;
  std::map<NodeId, Hash> nodes_;
};

}  // namespace samverkan::journal
