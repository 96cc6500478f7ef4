#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}

namespace samverkan::client {

// A field at fault: its path in the request and what is wrong with it.
struct FieldFault {
  std::string field;
  std::string description;
};

// Why a call failed, taken from the details of the answer; its text is never parsed.
struct CallError {
  absl::StatusCode code = absl::StatusCode::kOk;
  // The hub's reason without prefix, e.g. "NO_CLAUSE_IN_FORCE"; empty where the answer is not the
  // hub's (network, TLS).
  std::string reason;
  // One English sentence.
  std::string message;
  // What varies, e.g. "state" or "existing_name"; "code" is the short code E01 to E22.
  std::map<std::string, std::string> metadata;
  std::vector<FieldFault> fields;
  // When the hub asks to try again.
  std::optional<absl::Duration> retry_after;
};

// Carries a gRPC status with its details in an absl::Status.
absl::Status ToStatus(const grpc::Status& status);

// What ToStatus carried; for any other failed status code and message alone.
CallError ErrorOf(const absl::Status& status);

// Whether a repeat of the same call may succeed: the hub was not reached, or asked to try again.
bool MayRetry(const CallError& error);

}  // namespace samverkan::client
