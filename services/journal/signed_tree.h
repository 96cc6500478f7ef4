#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/journal/checkpoint.h"
#include "services/journal/merkle.h"
#include "services/journal/note.h"
#include "services/journal/recheck.h"
#include "services/journal/tree_store.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// A tree of a database that is a backup.
struct RestoredTree {
  int64_t tree = 0;
  // The log's name in which the lost head was signed.
  std::string origin;
  // The head that was signed, and the one that the database has.
  TreeHead lost;
  TreeHead kept;
};

// One tree as the integrator knows it. All of its statuses with DATA_LOSS say that what is stored
// is not what was written or signed.
class SignedTree {
 public:
  // Runs a function in a read transaction.
  using Reader = absl::FunctionRef<absl::Status(absl::FunctionRef<absl::Status(storage::ReadTx&)>)>;

  SignedTree(int64_t id, std::string party, NoteSigner signer)
      : id_(id), party_(std::move(party)), signer_(std::move(signer)) {}

  // Reads the tree of `size` leaves and compares it with the guard's head and the newest
  // checkpoint. With `accept_new_key`, a checkpoint by another key counts as one that is still to
  // be signed.
  absl::Status Load(storage::ReadTx& tx, int64_t size, const std::optional<TreeHead>& guarded,
                    bool accept_new_key);

  // What the tree of `size` leaves lacks of what was signed; nothing where it lacks nothing.
  // FAILED_PRECONDITION where it would go on under the name it had.
  absl::StatusOr<std::optional<RestoredTree>> LoadRestored(
      storage::ReadTx& tx, int64_t size, const std::optional<TreeHead>& guarded) const;

  int64_t id() const { return id_; }
  const std::string& party() const { return party_; }
  const std::string& origin() const { return signer_.verifier().name(); }
  const NoteVerifier& verifier() const { return signer_.verifier(); }
  // The configured key is not the one of the newest checkpoint.
  bool key_changed() const { return key_changed_; }

  // As far as nodes are stored.
  const CompactTree& integrated() const { return integrated_; }
  void set_integrated(CompactTree tree) { integrated_ = std::move(tree); }

  // There are integrated leaves, or a guarded head, without a checkpoint.
  bool NeedsCheckpoint() const { return integrated_.size() > head_.size || !published_; }

  // Reads back and hashes anew what is new since the last head, and gives the head to guard and
  // sign.
  absl::StatusOr<TreeHead> Recheck(Reader read);
  // The head of the last Recheck is in the guard file.
  void SetGuarded();
  // Signs the guarded head.
  StoredCheckpoint Sign(absl::Time now) const;
  void SetPublished() { published_ = true; }

  // Hashes everything up to the guarded head anew.
  absl::Status RecheckAll(Reader read) const;

 private:
  absl::Status RecheckTo(Reader read, int64_t size, RecheckTree& tree) const;

  int64_t id_;
  std::string party_;
  NoteSigner signer_;
  CompactTree integrated_;
  // The last head in the guard file, the same tree by the second code path, and whether its
  // checkpoint is stored.
  TreeHead head_ = {0, EmptyRoot()};
  RecheckTree verified_;
  bool published_ = true;
  // Of the last Recheck.
  RecheckTree rechecked_;
  bool key_changed_ = false;
};

}  // namespace samverkan::journal
