#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/rpc/verification_key.h"

namespace samverkan::rpc {

// A key with what its set says of it.
struct NamedKey {
  std::string kid;
  // The only algorithm it may be used with, where the set names one.
  std::optional<JwtAlgorithm> algorithm;
  VerificationKey key;
};

inline constexpr size_t kJwksBytesMax = 64 * 1024;
inline constexpr size_t kJwksKeysMax = 32;

// Reads a JWK set (RFC 7517). Key types and uses the hub has no need of are passed over.
// INVALID_ARGUMENT, saying which key, for a set that is malformed, too large, without a usable key,
// with two keys of one kid, or with a private or symmetric key in it: that one is no secret any
// more.
absl::StatusOr<std::vector<NamedKey>> ParseJwks(absl::string_view json);

// The keys of one issuer, from a file that may be replaced while the hub runs. Thread-safe.
class KeySource {
 public:
  // A key the set lacks makes the file be read again, but not more often than this.
  static constexpr absl::Duration kRereadInterval = absl::Seconds(30);

  static absl::StatusOr<std::unique_ptr<KeySource>> Open(std::string file, Clock& clock);

  // Reads the file again; on failure the former keys stay.
  absl::Status Reload() ABSL_LOCKS_EXCLUDED(reload_mutex_);
  // Nothing for a kid the file does not have. Reads the file again for one it did not have so far.
  std::shared_ptr<const NamedKey> Find(absl::string_view kid);
  // Grows whenever the keys change, so that what was verified with a former key is known.
  uint64_t generation() const { return generation_; }
  // Times the file was read.
  int64_t reads() const;

 private:
  using Keys = std::vector<std::shared_ptr<const NamedKey>>;

  KeySource(std::string file, Clock& clock) : file_(std::move(file)), clock_(clock) {}

  std::shared_ptr<const NamedKey> FindLoaded(absl::string_view kid) const;
  // Whether this caller shall read the file again.
  bool ClaimReread();

  const std::string file_;
  Clock& clock_;
  // Held from reading the file to using it, so that what was read earlier never follows what was
  // read later.
  absl::Mutex reload_mutex_;
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(reload_mutex_);
  std::string content_ ABSL_GUARDED_BY(mutex_);
  Keys keys_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_ = 0;
  int64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_read_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace samverkan::rpc
