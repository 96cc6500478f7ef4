#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/base/crypto.h"

namespace samverkan::rpc {

// spiffe://{trust domain}/{party}/{unit}/{system}: whose certificate it is. The hub's operator has
// the place of a party: spiffe://{trust domain}/operator/hub/{system}.
struct SpiffeId {
  std::string trust_domain;
  std::string party;
  std::string unit;
  std::string system;

  // Exactly what ToString gives.
  static std::optional<SpiffeId> Parse(absl::string_view text);
  std::string ToString() const;
  bool IsOperator() const { return party == "operator"; }
  bool operator==(const SpiffeId&) const = default;
};

// What a client certificate says. TLS has verified its chain; this is a second line behind it.
struct PeerCertificate {
  SpiffeId id;
  absl::Time valid_from;
  absl::Time valid_to;
  // SHA-256 of the DER, as `openssl x509 -fingerprint -sha256` gives it.
  Hash fingerprint = {};
};

// UNAUTHENTICATED, with one distinct word per check for the log, for a certificate without exactly
// one URI name that is such an id, of an authority, not for clients, or weaker than 112 bits (RSA
// under 2048 bits, SHA-1). Pure: says nothing about now.
absl::StatusOr<PeerCertificate> ParsePeerCertificate(absl::string_view pem);

}  // namespace samverkan::rpc
