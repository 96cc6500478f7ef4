#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace samverkan::rpc {

// The only place that makes google.rpc.Status: code, text capped at 1 KiB, and every payload as a
// detail.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace samverkan::rpc
