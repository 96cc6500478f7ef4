#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/base/crypto.h"
#include "services/rpc/jwks.h"

namespace samverkan::rpc {

// JSON Web Tokens in compact form (RFC 7519, RFC 7515), read as RFC 8725 advises. Every status here
// is for the log: its message is one distinct word per check and must not reach whoever brought the
// token. UNAUTHENTICATED for all but a genuine token outside its time: OUT_OF_RANGE.

inline constexpr size_t kJwtBytesMax = 8 * 1024;
inline constexpr int kJwtDepthMax = 8;
// How far apart two clocks may be.
inline constexpr absl::Duration kJwtLeeway = absl::Seconds(60);
// A token that lives longer is a mistake of its issuer.
inline constexpr absl::Duration kJwtLifetimeMax = absl::Hours(24);

// What a token says, each in its valid form, none of it verified.
struct JwtClaims {
  std::string issuer;
  std::vector<std::string> audiences;
  // 1 to 255 printable ASCII characters; never a personal identity number (R7).
  std::string subject;
  // jti, empty without.
  std::string token_id;
  // https://id.oidc.se/claim/orgUnit, empty without.
  std::string org_unit;
  // Level of assurance by acr, 1 to 4; 0 where it names none the hub knows.
  int assurance = 0;
  // From auth_time; the infinite past without, which is never recent.
  absl::Time authenticated_at = absl::InfinitePast();
  // The later of iat and nbf.
  absl::Time valid_from = absl::InfinitePast();
  absl::Time expires_at = absl::InfinitePast();
  // cnf x5t#S256: the certificate the token is bound to (RFC 8705).
  std::optional<Hash> certificate_hash;
};

// A token taken apart.
struct ParsedJwt {
  JwtAlgorithm algorithm = JwtAlgorithm::kEs256;
  std::string kid;
  // Header and payload as they were signed; part of the text that was parsed.
  absl::string_view signing_input;
  std::string signature;
  JwtClaims claims;
};

// Everything that can be told without keys and clock. Pure.
absl::StatusOr<ParsedJwt> ParseJwt(absl::string_view token);

// Who may have made a token and for whom.
struct JwtPolicy {
  std::string issuer;
  std::string audience;
  std::vector<JwtAlgorithm> algorithms;
};

// Whether the signature is the issuer's, by an algorithm it may use and a key that fits. `key` is
// what the issuer has under the token's kid, null for none.
absl::Status VerifyJwtSignature(const ParsedJwt& token, const JwtPolicy& policy,
                                const NamedKey* key);

// Whether the token is for the audience, and for it alone.
absl::Status CheckJwtAudience(const JwtClaims& claims, absl::string_view audience);

// Whether the token is valid now. Also asked of tokens verified before.
absl::Status CheckJwtTimes(const JwtClaims& claims, absl::Time now);

// The level of assurance that an acr value stands for; 0 for unknown ones.
int AssuranceOf(absl::string_view acr);

}  // namespace samverkan::rpc
