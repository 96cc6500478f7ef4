#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/rpc/authentication.h"

namespace samverkan::rpc {

// Keeps an authenticator's keys and revocations those of its files while the hub runs. A file that
// is malformed or gone leaves the former in use and is told once in the log, until it is mended.
//
// A change counts from the second look that finds it as the first one did: whoever writes in place
// is caught halfway otherwise, and half a list of revocations would let somebody in. Thread-safe.
class IdentityFiles {
 public:
  // The authenticator outlives this.
  explicit IdentityFiles(Authenticator& authenticator);

  // Called again and again. Two looks, and the one that open streams take after them, must stay
  // well below the second within which a revocation counts everywhere (R4).
  void Look();
  // Reads all files now, whatever the looks found; what is wrong otherwise.
  absl::Status Reload();
  // Whether what is in use is what the files last held.
  bool current() const;

 private:
  // What changes when somebody writes a file or puts another in its place.
  struct Mark {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed_seconds = 0;
    int64_t changed_nanos = 0;
    bool operator==(const Mark&) const = default;
  };
  // Nothing for a file that is not there.
  using Marks = std::vector<std::optional<Mark>>;

  Marks MarksNow() const;
  absl::Status Load(const Marks& marks) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Authenticator& authenticator_;
  const std::vector<std::string> files_;

  mutable absl::Mutex mutex_;
  Marks seen_ ABSL_GUARDED_BY(mutex_);
  // Of the files as they were last read without fault.
  std::optional<Marks> loaded_ ABSL_GUARDED_BY(mutex_);
  // Why they cannot be read now; told once.
  std::string fault_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::rpc
