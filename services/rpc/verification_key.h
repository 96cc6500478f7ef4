#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// OpenSSL's key type, kept out of this header.
struct evp_pkey_st;

namespace samverkan::rpc {

// The signature algorithms the hub knows (RFC 7518, RFC 8037). There is no HMAC and no "none".
enum class JwtAlgorithm { kRs256, kPs256, kEs256, kEdDsa };

// By its name in a header or a configuration: "ES256".
std::optional<JwtAlgorithm> JwtAlgorithmByName(absl::string_view name);

// One public key that verifies signatures of one family of algorithms. Cheap to copy, immutable,
// thread-safe.
class VerificationKey {
 public:
  enum class Type { kRsa, kP256, kEd25519 };

  // INVALID_ARGUMENT, saying what is wrong, for a weak or malformed key: RSA of 2048 to 8192 bits
  // with an odd exponent from 65537 on, a point on P-256, an Ed25519 key of full order.
  static absl::StatusOr<VerificationKey> Rsa(absl::string_view modulus, absl::string_view exponent);
  static absl::StatusOr<VerificationKey> P256(absl::string_view x, absl::string_view y);
  static absl::StatusOr<VerificationKey> Ed25519(absl::string_view raw);

  Type type() const { return type_; }
  bool Fits(JwtAlgorithm algorithm) const;
  // Bytes of a signature.
  size_t SignatureSize() const;
  // False for any signature of the wrong form too. The algorithm must fit.
  bool Verify(JwtAlgorithm algorithm, absl::string_view message, absl::string_view signature) const;

 private:
  VerificationKey(Type type, std::shared_ptr<evp_pkey_st> key)
      : type_(type), key_(std::move(key)) {}

  Type type_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace samverkan::rpc
