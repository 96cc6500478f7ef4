#include "services/rpc/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace samverkan::rpc {

double RateLimiter::TokensAt(const Bucket& bucket, absl::Time now) const {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - bucket.updated));
  return std::min(per_second_, bucket.tokens + seconds * per_second_);
}

void RateLimiter::Forget(absl::Time now) {
  absl::erase_if(buckets_,
                 [&](const auto& entry) { return TokensAt(entry.second, now) >= per_second_; });
}

bool RateLimiter::Allow(absl::string_view key, absl::Time now) {
  if (std::isinf(per_second_)) return true;
  absl::MutexLock lock(&mutex_);
  if (buckets_.size() >= keys_max_ && !buckets_.contains(key)) {
    Forget(now);
    if (buckets_.size() >= keys_max_) key = "";
  }
  Bucket& bucket =
      buckets_.try_emplace(key, Bucket{.tokens = per_second_, .updated = now}).first->second;
  bucket.tokens = TokensAt(bucket, now);
  bucket.updated = std::max(bucket.updated, now);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace samverkan::rpc
