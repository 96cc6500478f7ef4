#include "services/rpc/verification_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/base/status.h"

namespace samverkan::rpc {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr int kExponentBitsMax = 32;
constexpr BN_ULONG kExponentMin = 65537;
constexpr size_t kP256CoordinateSize = 32;
constexpr size_t kEd25519Size = 32;
constexpr size_t kFixedSignatureSize = 64;

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using BigNumber = std::unique_ptr<BIGNUM, Freer<BIGNUM, BN_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX, EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM, OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG, ECDSA_SIG_free>>;

// Leaves the thread's queue of OpenSSL errors as it was: TLS on the same thread reads it.
class ErrorMark {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

const unsigned char* Data(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

BigNumber Number(absl::string_view bytes) {
  return BigNumber(BN_bin2bn(Data(bytes), static_cast<int>(bytes.size()), nullptr));
}

// The key that the parameters describe; null when OpenSSL takes them for none.
std::shared_ptr<EVP_PKEY> KeyFrom(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> shared(key, EVP_PKEY_free);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return shared;
}

// The points of order 1, 2, 4 and 8, without their sign bit, among them the two that are not
// reduced. Under such a key a signature can be made for many messages without a private key.
bool HasSmallOrder(absl::string_view raw) {
  static const auto& points = *new std::array<std::string, 7>{
      absl::HexStringToBytes("0000000000000000000000000000000000000000000000000000000000000000"),
      absl::HexStringToBytes("0100000000000000000000000000000000000000000000000000000000000000"),
      absl::HexStringToBytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      absl::HexStringToBytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
      absl::HexStringToBytes("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      absl::HexStringToBytes("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      absl::HexStringToBytes("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")};
  std::string unsigned_point(raw);
  unsigned_point.back() = static_cast<char>(unsigned_point.back() & 0x7f);
  return std::find(points.begin(), points.end(), unsigned_point) != points.end();
}

// r and s, each of 32 bytes (RFC 7518, 3.4), as the DER that OpenSSL reads; empty on failure.
std::string DerFromRaw(absl::string_view raw) {
  const EcdsaSignature signature(ECDSA_SIG_new());
  BigNumber r = Number(raw.substr(0, kP256CoordinateSize));
  BigNumber s = Number(raw.substr(kP256CoordinateSize));
  if (signature == nullptr || r == nullptr || s == nullptr) return "";
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return "";
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool UsePss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

}  // namespace

std::optional<JwtAlgorithm> JwtAlgorithmByName(absl::string_view name) {
  if (name == "RS256") return JwtAlgorithm::kRs256;
  if (name == "PS256") return JwtAlgorithm::kPs256;
  if (name == "ES256") return JwtAlgorithm::kEs256;
  if (name == "EdDSA") return JwtAlgorithm::kEdDsa;
  return std::nullopt;
}

absl::StatusOr<VerificationKey> VerificationKey::Rsa(absl::string_view modulus,
                                                     absl::string_view exponent) {
  const ErrorMark mark;
  if (modulus.empty() || exponent.empty() || modulus[0] == '\0' || exponent[0] == '\0' ||
      modulus.size() > kRsaBitsMax / 8) {
    return absl::InvalidArgumentError("an RSA modulus or exponent is malformed");
  }
  const BigNumber n = Number(modulus);
  const BigNumber e = Number(exponent);
  if (BN_num_bits(n.get()) < kRsaBitsMin || BN_num_bits(e.get()) > kExponentBitsMax ||
      BN_is_odd(e.get()) != 1 || BN_get_word(e.get()) < kExponentMin) {
    return absl::InvalidArgumentError(absl::StrCat("an RSA key needs ", kRsaBitsMin, " to ",
                                                   kRsaBitsMax,
                                                   " bits and an odd exponent from 65537 on"));
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  std::shared_ptr<EVP_PKEY> key = KeyFrom("RSA", builder.get());
  if (key == nullptr) return absl::InvalidArgumentError("an RSA key is malformed");
  return VerificationKey(Type::kRsa, std::move(key));
}

absl::StatusOr<VerificationKey> VerificationKey::P256(absl::string_view x, absl::string_view y) {
  const ErrorMark mark;
  if (x.size() != kP256CoordinateSize || y.size() != kP256CoordinateSize) {
    return absl::InvalidArgumentError("a P-256 coordinate needs 32 bytes");
  }
  const std::string point = absl::StrCat("\x04", x, y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  std::shared_ptr<EVP_PKEY> key = KeyFrom("EC", builder.get());
  if (key == nullptr) return absl::InvalidArgumentError("a P-256 key is no point of the curve");
  return VerificationKey(Type::kP256, std::move(key));
}

absl::StatusOr<VerificationKey> VerificationKey::Ed25519(absl::string_view raw) {
  const ErrorMark mark;
  if (raw.size() != kEd25519Size || HasSmallOrder(raw)) {
    return absl::InvalidArgumentError("an Ed25519 key needs 32 bytes and full order");
  }
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Data(raw), raw.size());
  if (key == nullptr) return absl::InvalidArgumentError("an Ed25519 key is malformed");
  return VerificationKey(Type::kEd25519, {key, EVP_PKEY_free});
}

bool VerificationKey::Fits(JwtAlgorithm algorithm) const {
  switch (algorithm) {
    case JwtAlgorithm::kRs256:
    case JwtAlgorithm::kPs256:
      return type_ == Type::kRsa;
    case JwtAlgorithm::kEs256:
      return type_ == Type::kP256;
    case JwtAlgorithm::kEdDsa:
      return type_ == Type::kEd25519;
  }
  return false;
}

size_t VerificationKey::SignatureSize() const {
  return type_ == Type::kRsa ? static_cast<size_t>(EVP_PKEY_get_size(key_.get()))
                             : kFixedSignatureSize;
}

// ES256 takes both s and n - s, as RFC 7518 does: half of all honest signers send the larger. So
// nothing may tell tokens apart by their signature alone.
bool VerificationKey::Verify(JwtAlgorithm algorithm, absl::string_view message,
                             absl::string_view signature) const {
  if (!Fits(algorithm) || signature.size() != SignatureSize()) return false;
  const ErrorMark mark;
  std::string der;
  if (algorithm == JwtAlgorithm::kEs256) {
    der = DerFromRaw(signature);
    signature = der;
  }
  const EVP_MD* digest = algorithm == JwtAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // belongs to `context`
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key_.get()) == 1 &&
         (algorithm != JwtAlgorithm::kPs256 || UsePss(key_context)) &&
         EVP_DigestVerify(context.get(), Data(signature), signature.size(), Data(message),
                          message.size()) == 1;
}

}  // namespace samverkan::rpc
