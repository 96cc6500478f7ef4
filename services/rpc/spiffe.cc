#include "services/rpc/spiffe.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "services/base/names.h"
#include "services/base/status.h"

namespace samverkan::rpc {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kSpiffeIdBytesMax = 2048;
constexpr size_t kTrustDomainBytesMax = 255;
constexpr size_t kPemBytesMax = 16 * 1024;
constexpr int kSecurityBitsMin = 112;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Certificate = std::unique_ptr<X509, CertificateFree>;

absl::Status Refused(absl::string_view word) {
  return absl::UnauthenticatedError(word);
}

bool IsTrustDomain(absl::string_view text) {
  return !text.empty() && text.size() <= kTrustDomainBytesMax &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' || c == '-' ||
                  c == '_';
         });
}

absl::StatusOr<SpiffeId> IdOf(const X509* certificate) {
  int critical = 0;
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  // -1 without the extension, -2 with two of them; then there are no names.
  if (names == nullptr) return Refused("certificate-without-names");
  std::optional<std::string> uri;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (uri) return Refused("certificate-with-two-uris");
    // By its length: a NUL inside must not end it.
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                static_cast<size_t>(ASN1_STRING_length(text)));
  }
  if (!uri) return Refused("certificate-without-uri");
  std::optional<SpiffeId> id = SpiffeId::Parse(*uri);
  if (!id) return Refused("certificate-uri-malformed");
  return *std::move(id);
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Refused("certificate-time-malformed");
  return absl::FromCivil(absl::CivilSecond(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                           parts.tm_hour, parts.tm_min, parts.tm_sec),
                         absl::UTCTimeZone());
}

absl::Status CheckUse(X509* certificate) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return Refused("certificate-extension-malformed");
  if ((flags & EXFLAG_CA) != 0) return Refused("certificate-of-an-authority");
  if ((flags & EXFLAG_XKUSAGE) != 0 &&
      (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) == 0) {
    return Refused("certificate-not-for-clients");
  }
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kSecurityBitsMin) {
    return Refused("certificate-key-weak");
  }
  int signature_bits = 0;
  if (X509_get_signature_info(certificate, nullptr, nullptr, &signature_bits, nullptr) != 1 ||
      signature_bits < kSecurityBitsMin) {
    return Refused("certificate-signature-weak");
  }
  return absl::OkStatus();
}

absl::StatusOr<Hash> FingerprintOf(const X509* certificate) {
  Hash fingerprint;
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), fingerprint.data(), &size) != 1 ||
      size != fingerprint.size()) {
    return Refused("certificate-malformed");
  }
  return fingerprint;
}

absl::StatusOr<PeerCertificate> Read(X509* certificate) {
  SV_RETURN_IF_ERROR(CheckUse(certificate));
  PeerCertificate peer;
  SV_ASSIGN_OR_RETURN(peer.id, IdOf(certificate));
  SV_ASSIGN_OR_RETURN(peer.valid_from, TimeOf(X509_get0_notBefore(certificate)));
  SV_ASSIGN_OR_RETURN(peer.valid_to, TimeOf(X509_get0_notAfter(certificate)));
  SV_ASSIGN_OR_RETURN(peer.fingerprint, FingerprintOf(certificate));
  return peer;
}

}  // namespace

std::optional<SpiffeId> SpiffeId::Parse(absl::string_view text) {
  if (text.size() > kSpiffeIdBytesMax || !absl::ConsumePrefix(&text, kScheme)) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() != 4 || !IsTrustDomain(parts[0])) return std::nullopt;
  if (!IsReadableId(parts[1]) || !IsReadableId(parts[2]) || !IsReadableId(parts[3])) {
    return std::nullopt;
  }
  SpiffeId id{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
              std::string(parts[3])};
  // No party is called "operator", so that none can be taken for the hub's.
  if (id.IsOperator() && id.unit != "hub") return std::nullopt;
  return id;
}

std::string SpiffeId::ToString() const {
  return absl::StrCat(kScheme, trust_domain, "/", party, "/", unit, "/", system);
}

absl::StatusOr<PeerCertificate> ParsePeerCertificate(absl::string_view pem) {
  if (pem.empty() || pem.size() > kPemBytesMax) return Refused("certificate-size");
  // TLS on the same thread reads OpenSSL's queue of errors: leave it as it was.
  ERR_set_mark();
  const std::unique_ptr<BIO, BioFree> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  absl::StatusOr<PeerCertificate> peer =
      certificate == nullptr ? Refused("certificate-malformed") : Read(certificate.get());
  ERR_pop_to_mark();
  return peer;
}

}  // namespace samverkan::rpc
