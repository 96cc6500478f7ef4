#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/access/principal.h"
#include "services/base/clock.h"
#include "services/rpc/jwt.h"

namespace samverkan::rpc {

// A sign-in service whose tokens the hub takes.
struct IssuerOptions {
  // The iss claim, exactly: an https URL.
  std::string issuer;
  // The only audience a token may be for.
  std::string audience;
  // What the issuer signs with; nothing else is taken from it.
  std::vector<JwtAlgorithm> algorithms;
  // Its public keys (RFC 7517).
  std::string jwks_file;
  // Signs people in without proof of who they are: only where demo mode is on.
  bool demo = false;
  // The party of everyone who signs in here, parties/{party} ...
  std::string party = {};
  // ... or, where several share the issuer, by the claim https://id.oidc.se/claim/orgUnit.
  absl::flat_hash_map<std::string, std::string> parties_by_org_unit = {};
};

// Why a caller was not let in, for the log alone: the caller learns what to do, not which check
// failed.
struct AuthFailure {
  std::string reason;
};

// Establishes who calls: a system by the SPIFFE id of its certificate, a person by a token brought
// over a certificate of the person's own party (R1), the hub's operator by a certificate of the
// operator. Thread-safe; no I/O but a bounded re-read of key files when a token names a new key.
class Authenticator {
 public:
  struct Options {
    std::string trust_domain;
    std::vector<IssuerOptions> issuers;
    // Lines "certificate SHA256", "spiffe ID", "token ISSUER JTI", "person ISSUER SUBJECT"; empty
    // for none.
    std::string revocation_file;
    bool demo_mode = false;
    // Entries of the caches of certificates and of verified tokens.
    size_t certificate_cache_max = 4'096;
    size_t token_cache_max = 16'384;
  };

  // Reads every file. INVALID_ARGUMENT or NOT_FOUND, naming what to mend, where an option is wrong,
  // an issuer is a demo's outside demo mode, or a file is missing or malformed.
  static absl::StatusOr<std::unique_ptr<Authenticator>> Create(Options options, Clock& clock);
  ~Authenticator();

  // IDENTITY_INSUFFICIENT, the reason in `failure` (may be null), unless the certificate and, where
  // there is one, the token establish who calls. `spiffe_ids` and `certificate_pem` are the peer's
  // as verified by TLS; `bearer_token` is empty for none. Cheap for what was seen before, so that
  // streams may ask again for each message; revocations and expiry count at once.
  absl::StatusOr<access::Principal> Authenticate(absl::Span<const std::string> spiffe_ids,
                                                 const std::string& certificate_pem,
                                                 absl::string_view bearer_token,
                                                 AuthFailure* failure);

  // Reads keys and revocations anew. What is malformed is reported and leaves the former in use.
  absl::Status Reload();

  // The files that Reload reads.
  std::vector<std::string> files() const;

  // Grows with every Reload that changed anything: an open stream whose epoch is older asks again.
  uint64_t epoch() const;

 private:
  struct State;
  explicit Authenticator(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace samverkan::rpc
