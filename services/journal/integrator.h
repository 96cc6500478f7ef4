#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/base/ed25519.h"
#include "services/journal/audit_log.h"
#include "services/journal/guard.h"
#include "services/journal/signed_tree.h"
#include "services/journal/tree_store.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// Opens the guard file beside a database. Only where nothing was ever signed may it be made anew:
// FAILED_PRECONDITION when it is missing and the database has checkpoints.
absl::StatusOr<std::unique_ptr<Guard>> OpenGuard(const std::string& path,
                                                 storage::Database& database);

// Follows the audit log beside the hot path: makes tree nodes and indexes, and within a second
// signs a checkpoint of every tree that grew, each party's pinned by a PARTY_HEAD record in the
// hub's tree.
//
// What is signed can never be taken back, so before each signature the leaves are read back from
// the database and hashed anew by other code, the root is compared with the one kept while
// integrating, and the stored nodes must prove that the tree continues the one signed last; then
// the head goes to the guard file, and only then is it signed. On any difference it stops for good:
// nothing is repaired, nothing more is signed, Health tells why, and people decide.
//
// One thread, or RunOnce for those who have their own.
class Integrator {
 public:
  struct Options {
    // Origins are <origin>/hub and <origin>/parties/{party}; e.g. "hub.example/audit".
    std::string origin;
    Ed25519PrivateKey key;
    // The configured key replaces the one that signed last; a KEY record tells so.
    bool accept_new_key = false;
    // An operator says that the database is a backup that lacks what was signed since: the log goes
    // on from what it has, under another origin, so that nothing is signed twice in one name. What
    // was lost stays provable: an ADMIN record in each tree tells the head it had.
    bool restored = false;
    // Between rounds of the thread. Well below the second within which a record must be under a
    // checkpoint.
    absl::Duration interval = absl::Milliseconds(600);
  };

  // How long the hub may serve while rounds fail: records are durable in the database, so a disk
  // that is full for a moment stops nobody.
  static constexpr absl::Duration kServeUnsigned = absl::Seconds(60);

  // Compares the database with the guard file; everything passed by reference outlives the
  // integrator. DATA_LOSS, with a message for the operator, when the database lacks what was signed
  // (a restored backup), when the guard file is older than the database, or when another key signed
  // last; then the hub must not serve.
  static absl::StatusOr<std::unique_ptr<Integrator>> Create(Options options, const AuditLog& log,
                                                            storage::Database& database,
                                                            Guard& guard, Clock& clock);
  ~Integrator();

  // Starts the thread.
  void Start();
  // Ends the thread after a last round. Before the database is stopped.
  void Stop();

  // One round: integrates what is in the log (at most some ten thousand records) and signs what
  // changed. An error other than DATA_LOSS is a passing one: the next round tries again.
  absl::Status RunOnce();

  // How the last round ended; DATA_LOSS for good.
  absl::Status Health() const;

  // Whether anything may be served that must be logged, which is everything: UNAVAILABLE from
  // DATA_LOSS on, and when no round has ended well for kServeUnsigned, until one does. Takes no
  // lock.
  absl::Status MayServe() const;

  // Hashes every record that was ever signed anew and compares with the heads signed last.
  // DATA_LOSS, here and from then on, when one differs. No round runs meanwhile.
  absl::Status VerifyAll();

  // The C2SP verifier key of a party's tree, or the hub's for ""; empty for an unknown party.
  std::string VerifierKey(absl::string_view party) const;

 private:
  Integrator(Options options, const AuditLog& log, storage::Database& database, Guard& guard,
             Clock& clock);

  absl::Status Round() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status AcceptRestored() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status AnnounceKey() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status Integrate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::StatusOr<bool> IntegrateBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status SignAndStore(const std::vector<SignedTree*>& trees)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(round_mutex_);
  absl::Status Read(absl::FunctionRef<absl::Status(storage::ReadTx&)> fn);
  void Loop();
  void SetHealth(absl::Status health);

  const Options options_;
  const AuditLog& log_;
  storage::Database& database_;
  Guard& guard_;
  Clock& clock_;

  absl::Mutex round_mutex_;
  // False when the outcome of a write is unknown, so that the database must say how far things have
  // come.
  bool loaded_ ABSL_GUARDED_BY(round_mutex_) = false;
  int64_t seq_ ABSL_GUARDED_BY(round_mutex_) = 0;
  // By tree id, which has no gaps: the hub's first.
  std::vector<SignedTree> trees_ ABSL_GUARDED_BY(round_mutex_);

  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(round_mutex_);
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // When a round ended well last, in Unix nanoseconds; the beginning of time from DATA_LOSS on.
  std::atomic<int64_t> last_good_;
  std::thread thread_;
};

}  // namespace samverkan::journal
