#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/base/ed25519.h"

namespace samverkan::journal {

// Reads the key that signs checkpoints: an unencrypted PKCS #8 PEM file, as `openssl genpkey
// -algorithm ed25519` makes it. FAILED_PRECONDITION, with a message for the operator, when it is
// missing, no such key, or readable by others than its owner.
absl::StatusOr<Ed25519PrivateKey> LoadSigningKey(const std::string& path);

}  // namespace samverkan::journal
