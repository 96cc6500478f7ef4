#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace samverkan::journal {

struct ChangeEntry;
using EntryPtr = std::shared_ptr<const ChangeEntry>;

// Where the log ends: the last entry's position and time; 0 and the epoch for an empty log.
struct LogHead {
  int64_t position = 0;
  absl::Time time = absl::UnixEpoch();
};

// The newest entries of the change log in memory, in order and without gaps. The writer adds to it
// and never waits for a reader: what falls out is read from the log. Thread-safe.
class Ring {
 public:
  static constexpr size_t kCapacity = 65'536;

  // A power of two.
  explicit Ring(size_t capacity = kCapacity);

  // At start: entries up to `head` are in the log alone. Without effect once something was
  // published.
  void StartAt(const LogHead& head);

  // Adds the entry that follows the head; any other starts the ring anew with it.
  void Publish(EntryPtr entry);

  // What was published last.
  LogHead head() const;
  // The oldest position held; the one after the head when there is none.
  int64_t first() const;

  // Appends to `out` at most `limit` entries after a position. False, and nothing, when the ring no
  // longer holds the entry next after it.
  bool Read(int64_t after, size_t limit, std::vector<EntryPtr>* out) const;

  // Runs after every Publish, on the publishing thread; must not block. Empty for none. Returns
  // when no call of the earlier listener is running.
  void Listen(absl::AnyInvocable<void() const> listener);

 private:
  const size_t mask_;
  mutable absl::Mutex mutex_;
  std::vector<EntryPtr> entries_ ABSL_GUARDED_BY(mutex_);
  int64_t first_ ABSL_GUARDED_BY(mutex_) = 1;
  LogHead head_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex listener_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  absl::AnyInvocable<void() const> listener_ ABSL_GUARDED_BY(listener_mutex_);
};

}  // namespace samverkan::journal
