#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/base/random.h"
#include "services/base/secret.h"

// OpenSSL's key type, kept out of this header.
struct evp_pkey_st;

namespace samverkan {

// Ed25519 signatures (RFC 8032, pure). Both key types are cheap to copy, immutable and thread-safe.
inline constexpr size_t kEd25519KeySize = 32;
inline constexpr size_t kEd25519SignatureSize = 64;

class Ed25519PublicKey {
 public:
  using Raw = std::array<uint8_t, kEd25519KeySize>;

  // INVALID_ARGUMENT when the text or the bytes are not such a key.
  static absl::StatusOr<Ed25519PublicKey> FromPem(absl::string_view pem);
  static absl::StatusOr<Ed25519PublicKey> FromRaw(absl::string_view bytes);

  const Raw& raw() const { return raw_; }
  bool Verify(absl::string_view message, absl::string_view signature) const;

 private:
  friend class Ed25519PrivateKey;
  static absl::StatusOr<Ed25519PublicKey> FromKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  Raw raw_ = {};
};

class Ed25519PrivateKey {
 public:
  // INVALID_ARGUMENT when the text is not an unencrypted PKCS #8 Ed25519 key, or the seed has not
  // 32 bytes.
  static absl::StatusOr<Ed25519PrivateKey> FromPem(const Secret& pem);
  static absl::StatusOr<Ed25519PrivateKey> FromSeed(const Secret& seed);
  static Ed25519PrivateKey Generate(RandomSource& random);

  const Ed25519PublicKey& public_key() const { return public_key_; }
  // 64 bytes.
  std::string Sign(absl::string_view message) const;
  // PKCS #8, unencrypted, as FromPem reads it.
  Secret ToPem() const;

 private:
  explicit Ed25519PrivateKey(Ed25519PublicKey public_key) : public_key_(std::move(public_key)) {}
  static absl::StatusOr<Ed25519PrivateKey> FromKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  Ed25519PublicKey public_key_;
};

}  // namespace samverkan
