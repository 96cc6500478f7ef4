#pragma once

#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace samverkan::rpc {

// A token bucket for each key: so many a second, with a burst of as many. Memory is bounded: a
// bucket that is full again is forgotten, and beyond the bound new keys share one bucket.
// Thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(double per_second, size_t keys_max = 65'536)
      : per_second_(per_second), keys_max_(keys_max) {}

  // Whether one more is allowed now. Infinite rates allow everything.
  bool Allow(absl::string_view key, absl::Time now);

 private:
  struct Bucket {
    double tokens = 0;
    absl::Time updated;
  };

  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double TokensAt(const Bucket& bucket, absl::Time now) const;

  const double per_second_;
  const size_t keys_max_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::rpc
