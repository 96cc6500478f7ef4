#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nlohmann/json_fwd.hpp"

// Sign-in issuers, tokens and client certificates for tests. Every key is made when it is needed
// and lives as long as the process: no secret stands in the tree.
namespace samverkan::testing {

using Json = nlohmann::json;

// A private key of an issuer or of a certificate. Cheap to copy.
class PrivateKey {
 public:
  static PrivateKey Rsa(unsigned int bits = 2048);
  static PrivateKey P256();
  static PrivateKey Ed25519();

  // From and to PKCS #8 in PEM, unencrypted.
  static PrivateKey FromPem(const std::string& pem);
  std::string Pem() const;

  EVP_PKEY* get() const { return key_.get(); }

  // The public half as a JWK.
  Json Jwk(absl::string_view kid) const;

  // A JWS signature as `algorithm` (RS256, PS256, ES256, EdDSA) has it.
  std::string Sign(absl::string_view algorithm, absl::string_view message) const;

  // The same, an ES256 signature left in DER.
  std::string SignAsOpenSsl(absl::string_view algorithm, absl::string_view message) const;

  // r and s of 32 bytes each.
  static std::string RawFromDer(absl::string_view der);

 private:
  explicit PrivateKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

std::string Jwks(const std::vector<Json>& keys);

// A token of these parts, whatever they are.
std::string CompactJwt(absl::string_view header, absl::string_view payload,
                       absl::string_view signature);

// A token with these texts, rightly signed by the algorithm; both may be no JSON at all.
std::string SignedJwt(absl::string_view header, absl::string_view payload,
                      absl::string_view algorithm, const PrivateKey& key);

struct CertificateOptions {
  // Entries of the subject's alternative names: "URI:spiffe://…", "DNS:…".
  std::vector<std::string> names;
  absl::Time valid_from;
  absl::Time valid_to;
  bool authority = false;
  const char* extended_key_usage = "clientAuth";
  const EVP_MD* digest = EVP_sha256();
  // Replaces the byte "?" in the names by NUL after they were written.
  bool nul_in_names = false;
};

// A self-signed certificate in PEM: what authentication looks at once TLS has verified the chain.
std::string CertificatePem(const PrivateKey& key, const CertificateOptions& options);

}  // namespace samverkan::testing
