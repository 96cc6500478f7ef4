#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "services/journal/merkle.h"

namespace samverkan::journal {

// A second way to compute leaf hashes and roots, sharing no code with merkle.h: what is about to be
// signed must come out the same both ways, so that a fault in one of them, or in memory, is found
// before it is signed for ever.
class RecheckTree {
 public:
  // Continues behind a tree whose head is known to be right.
  explicit RecheckTree(const CompactTree& trusted = {});

  int64_t size() const { return size_; }
  // Hashes the exact bytes of the next record; returns the leaf hash for comparison with the stored
  // one.
  Hash Append(absl::string_view record);
  Hash Root() const;

 private:
  int64_t size_ = 0;
  // The finished subtree of 2^i leaves, where bit i of the size is one.
  std::array<Hash, 63> subtrees_ = {};
};

}  // namespace samverkan::journal
