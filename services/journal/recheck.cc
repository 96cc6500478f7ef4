#include "services/journal/recheck.h"

#include <openssl/evp.h>

#include <cstddef>
#include <string>

#include "services/base/status.h"

namespace samverkan::journal {
namespace {

Hash Digest(const std::string& bytes) {
  Hash hash;
  size_t size = 0;
  const int good =
      EVP_Q_digest(nullptr, "SHA2-256", nullptr, bytes.data(), bytes.size(), hash.data(), &size);
  SV_CHECK(good == 1 && size == hash.size(), "hashing memory must not fail");
  return hash;
}

Hash Inner(const Hash& left, const Hash& right) {
  std::string bytes(1, '\x01');
  bytes.append(left.begin(), left.end());
  bytes.append(right.begin(), right.end());
  return Digest(bytes);
}

}  // namespace

RecheckTree::RecheckTree(const CompactTree& trusted) : size_(trusted.size()) {
  size_t place = 0;
  for (size_t level = subtrees_.size(); level-- > 0;) {
    if ((size_ >> level & 1) != 0) subtrees_[level] = trusted.edge()[place++];
  }
}

Hash RecheckTree::Append(absl::string_view record) {
  std::string bytes(1, '\x00');
  bytes.append(record.data(), record.size());
  const Hash leaf = Digest(bytes);
  Hash carried = leaf;
  size_t level = 0;
  for (; (size_ >> level & 1) != 0; ++level) carried = Inner(subtrees_[level], carried);
  subtrees_[level] = carried;
  ++size_;
  return leaf;
}

Hash RecheckTree::Root() const {
  if (size_ == 0) return Digest("");
  Hash root = {};
  bool started = false;
  for (size_t level = 0; level < subtrees_.size(); ++level) {
    if ((size_ >> level & 1) == 0) continue;
    root = started ? Inner(subtrees_[level], root) : subtrees_[level];
    started = true;
  }
  return root;
}

}  // namespace samverkan::journal
