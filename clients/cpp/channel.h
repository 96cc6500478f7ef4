#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "clients/cpp/profile.h"

namespace samverkan::client {

// A mutual TLS channel to the profile's hub. INVALID_ARGUMENT where certificate, key or authority
// is missing: there is no channel without them.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Profile& profile);

}  // namespace samverkan::client
