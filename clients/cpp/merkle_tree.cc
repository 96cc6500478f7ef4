#include "clients/cpp/merkle_tree.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"

namespace samverkan::client {
namespace {

absl::string_view View(const LogHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

LogHash NodeDigest(const LogHash& left, const LogHash& right) {
  return Digest(absl::StrCat(absl::string_view("\x01", 1), View(left), View(right)));
}

// The largest power of two below a size of at least 2.
int64_t Split(int64_t size) {
  int64_t k = 1;
  while (size - k > k) k *= 2;
  return k;
}

// Follows the RFC's recursive definition of the audit path downward, taking hashes from its end;
// the definition is the proof of correctness. Depth: at most 63.
std::optional<LogHash> FromPath(const LogHash& leaf, int64_t index, int64_t size,
                                absl::Span<const LogHash> path) {
  if (size == 1) return path.empty() ? std::optional(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const int64_t k = Split(size);
  const LogHash& sibling = path.back();
  path.remove_suffix(1);
  const bool left = index < k;
  const std::optional<LogHash> child =
      FromPath(leaf, left ? index : index - k, left ? k : size - k, path);
  if (!child) return std::nullopt;
  return left ? NodeDigest(*child, sibling) : NodeDigest(sibling, *child);
}

struct Roots {
  LogHash older;
  LogHash newer;
};

// SUBPROOF(m, D[n], b) read backwards. `whole` is b: the subtree is all of the old tree, whose root
// is known.
std::optional<Roots> FromProof(int64_t old_size, int64_t size, bool whole, const LogHash& old_root,
                               absl::Span<const LogHash> proof) {
  if (old_size == size) {
    if (whole) return proof.empty() ? std::optional(Roots{old_root, old_root}) : std::nullopt;
    return proof.size() == 1 ? std::optional(Roots{proof[0], proof[0]}) : std::nullopt;
  }
  if (proof.empty()) return std::nullopt;
  const int64_t k = Split(size);
  const LogHash& other = proof.back();
  proof.remove_suffix(1);
  if (old_size <= k) {
    const auto left = FromProof(old_size, k, whole, old_root, proof);
    if (!left) return std::nullopt;
    return Roots{left->older, NodeDigest(left->newer, other)};
  }
  const auto right = FromProof(old_size - k, size - k, false, old_root, proof);
  if (!right) return std::nullopt;
  return Roots{NodeDigest(other, right->older), NodeDigest(other, right->newer)};
}

}  // namespace

LogHash Digest(absl::string_view bytes) {
  LogHash hash;
  // Without SHA-256 nothing can be verified; there is no answer to give.
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return hash;
}

LogHash LeafDigest(absl::string_view record) {
  return Digest(absl::StrCat(absl::string_view("\x00", 1), record));
}

std::optional<LogHash> HashFrom(absl::string_view bytes) {
  LogHash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

LogHash TreeRoot(absl::Span<const LogHash> leaves) {
  if (leaves.empty()) return Digest("");
  if (leaves.size() == 1) return leaves[0];
  const auto k = static_cast<size_t>(Split(static_cast<int64_t>(leaves.size())));
  return NodeDigest(TreeRoot(leaves.subspan(0, k)), TreeRoot(leaves.subspan(k)));
}

std::optional<LogHash> RootFromInclusion(const LogHash& leaf, int64_t index, int64_t size,
                                         absl::Span<const LogHash> path) {
  if (index < 0 || index >= size) return std::nullopt;
  return FromPath(leaf, index, size, path);
}

bool IsConsistent(const LogHead& older, const LogHead& newer, absl::Span<const LogHash> proof) {
  if (older.size < 0 || older.size > newer.size) return false;
  if (older.size == 0) return proof.empty() && older.root == Digest("");
  const auto roots = FromProof(older.size, newer.size, true, older.root, proof);
  return roots && roots->older == older.root && roots->newer == newer.root;
}

}  // namespace samverkan::client
