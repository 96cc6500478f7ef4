#include "clients/cpp/backoff.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/random/random.h"

namespace samverkan::client {

Random SystemRandom() {
  return [bits = std::make_unique<absl::BitGen>()] { return absl::Uniform(*bits, 0.0, 1.0); };
}

Backoff::Backoff(const RetryPolicy& policy, Random random)
    : policy_(policy), random_(std::move(random)), ceiling_(policy.first_delay) {}

std::optional<absl::Duration> Backoff::Next(const CallError& error) {
  if (++failures_ >= policy_.attempts_max) return std::nullopt;
  const absl::Duration delay = ceiling_ * (0.5 + random_() / 2);
  ceiling_ = std::min(ceiling_ * policy_.growth, policy_.delay_max);
  return std::max(delay, error.retry_after.value_or(absl::ZeroDuration()));
}

void Backoff::Reset() {
  failures_ = 0;
  ceiling_ = policy_.first_delay;
}

}  // namespace samverkan::client
