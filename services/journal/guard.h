#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "services/journal/merkle.h"
#include "services/journal/ref.h"

namespace samverkan::journal {

// What must survive a restored database: a small file outside the database and its backups. It
// remembers the head of every tree that was ever about to be signed, so that a database which lost
// signed entries is noticed before it serves, and which objects were sealed, so that a backup
// cannot bring them back: whoever opens a database seals them again first. A content key is
// destroyed only with its object, whose seal covers all of them.
//
// Text, one entry per line, each ending in a checksum that covers its line and the checksum before
// it:
//   samverkan-guard 1 <checksum>
//   head <tree> <size> <root, base64> <checksum>
//   restored <tree> <size> <root, base64> <checksum>
//   sealed <32 hex digits> <checksum>
// A last append of which a crash left only a part was never acted on, and what is torn of it is
// dropped; any other damage is refused. The file is rewritten when it has grown large. It holds no
// content. A sync that fails ends the process, as it does for the database. Thread-safe.
class Guard {
 public:
  using TreeHeads = std::vector<std::pair<int64_t, TreeHead>>;

  // Opens the file, whose folder must exist. NOT_FOUND when it is missing and `create` is false;
  // DATA_LOSS when it is damaged.
  static absl::StatusOr<std::unique_ptr<Guard>> Open(std::string path, bool create);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Each append is on disk when it returns OK. After one that cannot be taken back, nothing more is
  // appended. FAILED_PRECONDITION for a head that is smaller than the tree's last one, or
  // differs from it at the same size.
  absl::Status AppendHeads(const TreeHeads& heads);
  // An operator has said that the database is a backup: the trees go on from these heads, though
  // they are behind, or beside, what was signed.
  absl::Status AppendRestored(const TreeHeads& heads);
  absl::Status AppendSealed(absl::Span<const Ref> objects);

  // The last head of a tree; nothing where there is none.
  std::optional<TreeHead> Head(int64_t tree) const;
  TreeHeads Heads() const;
  std::vector<Ref> sealed() const;

 private:
  explicit Guard(std::string path) : path_(std::move(path)) {}

  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes what was read in its place once more, and no more than that: an earlier process may have
  // ended before it was synced, and then only memory has it.
  absl::Status WriteAgain(absl::string_view bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Apply(absl::string_view entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Append(const std::vector<std::string>& entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes a new file with what is current and puts it in the old one's place.
  absl::Status Rewrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  mutable absl::Mutex mutex_;
  int descriptor_ ABSL_GUARDED_BY(mutex_) = -1;
  int64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  // It is rewritten when it grows beyond.
  int64_t rewrite_size_ ABSL_GUARDED_BY(mutex_) = 4 << 20;
  // Of the last line; the next one's covers it.
  std::string checksum_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<int64_t, TreeHead> heads_ ABSL_GUARDED_BY(mutex_);
  absl::btree_set<Ref> sealed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::journal
