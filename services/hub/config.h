#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "samverkan/hub/v1/config.pb.h"
#include "services/rpc/authentication.h"

namespace samverkan::hub {

// Reads and checks a configuration; defaults are filled in and paths made absolute.
// INVALID_ARGUMENT tells file, line or field, what is wrong and what to do.
absl::StatusOr<v1::HubConfig> LoadConfig(const std::string& path);
absl::StatusOr<v1::HubConfig> ParseConfig(absl::string_view text, const std::string& path);

// The configured issuers as authentication takes them.
absl::StatusOr<rpc::Authenticator::Options> AuthenticationOf(const v1::HubConfig& config,
                                                             bool demo_mode);

absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace samverkan::hub
