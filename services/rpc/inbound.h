#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace samverkan::rpc {

// What a call brought besides its request, as the transport gave it: nothing here is trusted yet.
struct Inbound {
  // URI names and PEM of the peer's certificate; empty on channels without mutual TLS.
  std::vector<std::string> spiffe_ids;
  std::string certificate_pem;
  // Authorization: Bearer …; empty without.
  std::string bearer_token;
  // samverkan-mandate and samverkan-purpose; empty without.
  std::string mandate;
  std::string purpose;
  // The transport itself holds the sender back (a publishing stream's window), so rates do not
  // apply.
  bool paced = false;
  // Infinite where the caller named none.
  absl::Time deadline = absl::InfiniteFuture();
};

}  // namespace samverkan::rpc
