#include "tests/support/identities.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"

namespace samverkan::testing {
namespace {

// What was written to a memory BIO.
std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string BigNumberText(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return bytes;
}

std::string Padded(const std::string& number) {
  return std::string(32 - number.size(), '\0') + number;
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

PrivateKey PrivateKey::Rsa(unsigned int bits) {
  return PrivateKey(EVP_RSA_gen(bits));
}

PrivateKey PrivateKey::P256() {
  return PrivateKey(EVP_EC_gen("P-256"));
}

PrivateKey PrivateKey::Ed25519() {
  return PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

PrivateKey PrivateKey::FromPem(const std::string& pem) {
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
  return PrivateKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

std::string PrivateKey::Pem() const {
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio.get());
}

Json PrivateKey::Jwk(absl::string_view kid) const {
  Json jwk = {{"kid", kid}, {"use", "sig"}};
  if (EVP_PKEY_is_a(get(), "RSA") == 1) {
    jwk["kty"] = "RSA";
    jwk["n"] = Base64UrlEncode(BigNumberText(get(), OSSL_PKEY_PARAM_RSA_N));
    jwk["e"] = Base64UrlEncode(BigNumberText(get(), OSSL_PKEY_PARAM_RSA_E));
  } else if (EVP_PKEY_is_a(get(), "EC") == 1) {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = Base64UrlEncode(Padded(BigNumberText(get(), OSSL_PKEY_PARAM_EC_PUB_X)));
    jwk["y"] = Base64UrlEncode(Padded(BigNumberText(get(), OSSL_PKEY_PARAM_EC_PUB_Y)));
  } else {
    std::string raw(32, '\0');
    size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = Base64UrlEncode(raw);
  }
  return jwk;
}

std::string PrivateKey::Sign(absl::string_view algorithm, absl::string_view message) const {
  const std::string signature = SignAsOpenSsl(algorithm, message);
  return algorithm == "ES256" ? RawFromDer(signature) : signature;
}

std::string PrivateKey::SignAsOpenSsl(absl::string_view algorithm,
                                      absl::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  EVP_PKEY_CTX* key_context = nullptr;
  EVP_DigestSignInit(context.get(), &key_context, algorithm == "EdDSA" ? nullptr : EVP_sha256(),
                     nullptr, get());
  if (algorithm == "PS256") {
    EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, data, message.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                 message.size());
  signature.resize(size);
  return signature;
}

std::string PrivateKey::RawFromDer(absl::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> signature(
      d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())), ECDSA_SIG_free);
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + 32, 32);
  return raw;
}

std::string Jwks(const std::vector<Json>& keys) {
  return Json{{"keys", keys}}.dump();
}

std::string CompactJwt(absl::string_view header, absl::string_view payload,
                       absl::string_view signature) {
  return absl::StrCat(Base64UrlEncode(header), ".", Base64UrlEncode(payload), ".",
                      Base64UrlEncode(signature));
}

std::string SignedJwt(absl::string_view header, absl::string_view payload,
                      absl::string_view algorithm, const PrivateKey& key) {
  const std::string input = absl::StrCat(Base64UrlEncode(header), ".", Base64UrlEncode(payload));
  return absl::StrCat(input, ".", Base64UrlEncode(key.Sign(algorithm, input)));
}

std::string CertificatePem(const PrivateKey& key, const CertificateOptions& options) {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(options.valid_from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(options.valid_to));
  X509_set_pubkey(certificate.get(), key.get());
  AddExtension(certificate.get(), NID_basic_constraints,
               options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (options.extended_key_usage != nullptr) {
    AddExtension(certificate.get(), NID_ext_key_usage, options.extended_key_usage);
  }
  if (!options.names.empty()) {
    AddExtension(certificate.get(), NID_subject_alt_name, absl::StrJoin(options.names, ","));
  }
  if (options.nul_in_names) {
    const int at = X509_get_ext_by_NID(certificate.get(), NID_subject_alt_name, -1);
    ASN1_OCTET_STRING* der = X509_EXTENSION_get_data(X509_get_ext(certificate.get(), at));
    std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(der)),
                      static_cast<size_t>(ASN1_STRING_length(der)));
    for (char& byte : bytes) byte = byte == '?' ? '\0' : byte;
    ASN1_OCTET_STRING_set(der, reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size()));
  }
  const bool ed25519 = EVP_PKEY_is_a(key.get(), "ED25519") == 1;
  X509_sign(certificate.get(), key.get(), ed25519 ? nullptr : options.digest);
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(bio.get(), certificate.get());
  return TextOf(bio.get());
}

}  // namespace samverkan::testing
