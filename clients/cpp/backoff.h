#pragma once

#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "clients/cpp/call_error.h"

namespace samverkan::client {

// How patiently a client tries again.
struct RetryPolicy {
  absl::Duration first_delay = absl::Milliseconds(100);
  absl::Duration delay_max = absl::Seconds(10);
  double growth = 2.0;
  int attempts_max = 6;
};

// A number in [0, 1).
using Random = absl::AnyInvocable<double()>;
Random SystemRandom();

// The delays between attempts: growing, and jittered over their upper half so that clients that
// failed together do not return together. Not thread-safe.
class Backoff {
 public:
  Backoff(const RetryPolicy& policy, Random random);

  // How long to wait before the next attempt, at least what the hub asked for; nothing once all
  // attempts are used up.
  std::optional<absl::Duration> Next(const CallError& error);
  // After progress.
  void Reset();

 private:
  const RetryPolicy policy_;
  Random random_;
  int failures_ = 0;
  absl::Duration ceiling_;
};

}  // namespace samverkan::client
