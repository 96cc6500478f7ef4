#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace samverkan::cli {

// Signs a text with an Ed25519 private key (PKCS #8 PEM file): 64 bytes. The key never leaves this
// function.
absl::StatusOr<std::string> SignWithKeyFile(const std::string& path, absl::string_view text);

}  // namespace samverkan::cli
