#include "services/journal/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/base/base64.h"
#include "services/journal/memory_nodes.h"

namespace samverkan::journal {
namespace {

using testing::ElementsAre;

std::string Base64(const Hash& hash) {
  return Base64Encode(AsBytes(hash));
}

std::vector<std::string> Base64(const std::vector<Hash>& hashes) {
  std::vector<std::string> texts;
  for (const Hash& hash : hashes) texts.push_back(Base64(hash));
  return texts;
}

// MTH of RFC 6962, 2.1, as it stands there.
Hash Reference(absl::Span<const Hash> leaves) {
  if (leaves.empty()) return Sha256("");
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return NodeHash(Reference(leaves.subspan(0, k)), Reference(leaves.subspan(k)));
}

// Trees of every size up to a bound that has several levels, with all their nodes.
class MerkleTest : public testing::Test {
 protected:
  static constexpr int64_t kSizeMax = 70;

  MerkleTest() {
    heads_.push_back({0, EmptyRoot()});
    for (int64_t i = 0; i < kSizeMax; ++i) {
      leaves_.push_back(LeafHash(absl::StrCat("record ", i)));
      nodes_.Append(leaves_.back());
      heads_.push_back({nodes_.tree().size(), nodes_.tree().Root()});
    }
  }

  std::vector<Hash> leaves_;
  std::vector<TreeHead> heads_;
  MemoryNodes nodes_;
};

TEST(MerkleVectorTest, MatchesTheKnownValues) {
  MemoryNodes nodes;
  EXPECT_EQ(Base64(nodes.tree().Root()), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  nodes.Append(LeafHash("a"));
  EXPECT_EQ(absl::BytesToHexString(AsBytes(LeafHash("a"))),
            "022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c");
  nodes.Append(LeafHash("b"));
  EXPECT_EQ(Base64(nodes.tree().Root()), "sTeYX/SE+2ANuTEHx3sDZcgNePW0Kd7Q/Zc2HQd5mes=");
  nodes.Append(LeafHash("c"));
  EXPECT_EQ(Base64(nodes.tree().Root()), "NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=");
  EXPECT_THAT(Base64(*InclusionProof(1, 3, nodes)),
              ElementsAre("Aippeebat6pa5MPl5F9+l3ESp+Y1k4INvsHsc4ok+Tw=",
                          "WX/LMSgtNGVMIA00GPylcFxkjr8ybsc9jd7xGEH4dtg="));
  EXPECT_THAT(Base64(*ConsistencyProof(2, 3, nodes)),
              ElementsAre("WX/LMSgtNGVMIA00GPylcFxkjr8ybsc9jd7xGEH4dtg="));
}

TEST_F(MerkleTest, RootsMatchTheDefinition) {
  for (int64_t size = 0; size <= kSizeMax; ++size) {
    EXPECT_EQ(heads_[size].root, Reference(absl::MakeSpan(leaves_).subspan(0, size))) << size;
  }
}

TEST_F(MerkleTest, ContinuesFromStoredNodes) {
  for (int64_t size = 0; size < kSizeMax; ++size) {
    auto tree = CompactTree::Load(size, nodes_);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(tree->Root(), heads_[size].root);
    tree->Append(leaves_[size]);
    EXPECT_EQ(tree->Root(), heads_[size + 1].root);
  }
  EXPECT_FALSE(CompactTree::Load(kSizeMax + 1, nodes_).ok());
  EXPECT_FALSE(CompactTree::Load(-1, nodes_).ok());
}

TEST_F(MerkleTest, ProvesEveryLeafInEveryTreeAndNowhereElse) {
  for (int64_t size = 1; size <= kSizeMax; ++size) {
    for (int64_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(index, size, nodes_);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_TRUE(VerifyInclusion(leaves_[index], index, heads_[size], *proof));
      for (int64_t other = -1; other <= size; ++other) {
        if (other == index) continue;
        EXPECT_FALSE(VerifyInclusion(leaves_[index], other, heads_[size], *proof))
            << index << " as " << other << " of " << size;
      }
      EXPECT_FALSE(VerifyInclusion(LeafHash("another"), index, heads_[size], *proof));
    }
  }
}

TEST_F(MerkleTest, ProvesThatEveryTreeContinuesEveryOlderOne) {
  for (int64_t size = 1; size <= kSizeMax; ++size) {
    EXPECT_TRUE(VerifyConsistency(heads_[0], heads_[size], {}));
    for (int64_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = ConsistencyProof(old_size, size, nodes_);
      ASSERT_TRUE(proof.ok()) << proof.status();
      ASSERT_TRUE(VerifyConsistency(heads_[old_size], heads_[size], *proof));
      TreeHead forked = heads_[old_size];
      forked.root[0] ^= 1;
      EXPECT_FALSE(VerifyConsistency(forked, heads_[size], *proof));
      if (old_size < size) {
        EXPECT_FALSE(VerifyConsistency(heads_[size], heads_[old_size], *proof));
      }
    }
  }
}

TEST_F(MerkleTest, RefusesEveryOneBitChangeOfAProof) {
  const int64_t size = 53;
  std::vector<Hash> inclusion = *InclusionProof(37, size, nodes_);
  std::vector<Hash> consistency = *ConsistencyProof(22, size, nodes_);
  const auto flipped = [](std::vector<Hash> proof, size_t bit) {
    proof[bit / 256][bit % 256 / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    return proof;
  };
  for (size_t bit = 0; bit < inclusion.size() * 256; ++bit) {
    EXPECT_FALSE(VerifyInclusion(leaves_[37], 37, heads_[size], flipped(inclusion, bit)));
  }
  for (size_t bit = 0; bit < consistency.size() * 256; ++bit) {
    EXPECT_FALSE(VerifyConsistency(heads_[22], heads_[size], flipped(consistency, bit)));
  }
  for (size_t bit = 0; bit < 256; ++bit) {
    TreeHead head = heads_[size];
    head.root[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(VerifyInclusion(leaves_[37], 37, head, inclusion));
    EXPECT_FALSE(VerifyConsistency(heads_[22], head, consistency));
  }
}

TEST_F(MerkleTest, RefusesProofsOfAnotherLength) {
  const int64_t size = 53;
  std::vector<Hash> proof = *InclusionProof(37, size, nodes_);
  std::vector<Hash> longer = proof;
  longer.push_back(proof.back());
  EXPECT_FALSE(VerifyInclusion(leaves_[37], 37, heads_[size], longer));
  EXPECT_FALSE(VerifyInclusion(leaves_[37], 37, heads_[size],
                               absl::MakeSpan(proof).subspan(0, proof.size() - 1)));
  EXPECT_FALSE(VerifyInclusion(leaves_[37], 37, heads_[size], std::vector<Hash>(64)));
  EXPECT_FALSE(VerifyConsistency(heads_[22], heads_[size], std::vector<Hash>(64)));
  EXPECT_FALSE(VerifyConsistency(heads_[22], heads_[size], {}));
  EXPECT_FALSE(VerifyConsistency(heads_[32], heads_[size], {}));
  EXPECT_FALSE(VerifyConsistency(heads_[0], heads_[size], proof));
  EXPECT_FALSE(VerifyConsistency(heads_[size], heads_[size], proof));
}

TEST_F(MerkleTest, RefusesToProveWhatIsNotInTheTree) {
  EXPECT_FALSE(InclusionProof(-1, 5, nodes_).ok());
  EXPECT_FALSE(InclusionProof(5, 5, nodes_).ok());
  EXPECT_FALSE(InclusionProof(0, kSizeMax + 1, nodes_).ok());
  EXPECT_FALSE(ConsistencyProof(0, 5, nodes_).ok());
  EXPECT_FALSE(ConsistencyProof(6, 5, nodes_).ok());
}

}  // namespace
}  // namespace samverkan::journal
