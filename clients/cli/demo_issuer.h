#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cli/home.h"
#include "clients/cpp/profile.h"

namespace samverkan::cli {

// Signs an identity's token with the demo issuer's private key (RS256, ES256 or EdDSA, as the
// issuer's public key says). FAILED_PRECONDITION where the home is no demo's: real issuers sign
// people in themselves.
absl::StatusOr<std::string> DemoToken(const Home& home, const Identity& identity, absl::Time now);

// A token that is renewed before it runs out.
client::TokenSource DemoTokens(const Home& home, const Identity& identity);

}  // namespace samverkan::cli
