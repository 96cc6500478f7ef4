#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/backoff.h"

namespace samverkan::client {

// Where a bearer token comes from; asked before every attempt, so that it may renew the token.
// Thread-safe.
using TokenSource = std::function<absl::StatusOr<std::string>()>;

// Who calls which hub, and how.
struct Profile {
  // host:port.
  std::string target;
  // The name in the hub's certificate where it is not the host of target.
  std::string server_name;
  // PEM. The authority that signed the hub's certificate, and the caller's own certificate and key.
  std::string ca;
  std::string certificate;
  std::string key;
  // For people; empty for a system, whose certificate is its identity.
  TokenSource token;
  // parties/{party}/mandates/{mandate}; empty for the sole one.
  std::string mandate;
  // A code of list PUR without prefix or with; empty where the call needs none.
  std::string purpose;
  // For a whole call, its retries included.
  absl::Duration timeout = absl::Seconds(30);
  RetryPolicy retry;
};

}  // namespace samverkan::client
