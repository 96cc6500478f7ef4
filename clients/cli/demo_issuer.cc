#include "clients/cli/demo_issuer.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "clients/cpp/clock.h"
#include "clients/cpp/status.h"
#include "clients/cpp/uuid.h"

namespace samverkan::cli {
namespace {

// A token lives as long as a sign-in is recent enough for acts that others will see.
constexpr absl::Duration kLifetime = absl::Minutes(10);
constexpr absl::Duration kRenewBefore = absl::Minutes(2);
// r and s of P-256, one after the other (RFC 7518, 3.4).
constexpr int kEcPartBytes = 32;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

absl::StatusOr<Key> ReadPrivateKey(const std::string& path) {
  SC_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (key == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, " is no private key"));
  return key;
}

absl::StatusOr<std::string> RawEcSignature(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
  std::string raw(2 * kEcPartBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  if (signature == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kEcPartBytes) != kEcPartBytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kEcPartBytes, kEcPartBytes) !=
          kEcPartBytes) {
    return absl::InternalError("ECDSA signing failed");
  }
  return raw;
}

absl::StatusOr<std::string> Sign(EVP_PKEY* key, const std::string& algorithm,
                                 const std::string& text) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free);
  const EVP_MD* digest = algorithm == "EdDSA" ? nullptr : EVP_sha256();
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) != 1) {
    return absl::InternalError("signing failed");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                     text.size()) != 1) {
    return absl::InternalError("signing failed");
  }
  signature.resize(size);
  return algorithm == "ES256" ? RawEcSignature(signature) : signature;
}

// "city" of "https://city.demo.samverkan.example".
std::string IssuerFile(absl::string_view issuer) {
  absl::ConsumePrefix(&issuer, "https://");
  return std::string(issuer.substr(0, issuer.find('.')));
}

std::string Text(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// Organisations that share an issuer are told apart by the party's code, as in Party.code.
std::string PartyCode(const Home& home, const std::string& party) {
  for (const auto& row : home.directory().parties()) {
    if (row.name() == party) return row.code();
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> DemoToken(const Home& home, const Identity& identity, absl::Time now) {
  if (!home.demo()) return absl::FailedPreconditionError("this home is no demo's: no demo issuer");
  if (identity.issuer.empty()) {
    return absl::FailedPreconditionError("a system's certificate is its identity: no token");
  }
  const std::string name = IssuerFile(identity.issuer);
  SC_ASSIGN_OR_RETURN(const std::string jwks_text,
                      ReadFile(absl::StrCat(home.pki(), "/hub/issuers/", name, ".json")));
  const nlohmann::json jwks = nlohmann::json::parse(jwks_text, nullptr, false);
  const auto keys = jwks.find("keys");
  if (!jwks.is_object() || keys == jwks.end() || !keys->is_array() || keys->empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no public key of the issuer ", name));
  }
  const nlohmann::json& jwk = (*keys)[0];
  const std::string algorithm = Text(jwk, "alg");
  SC_ASSIGN_OR_RETURN(const Key key,
                      ReadPrivateKey(absl::StrCat(home.pki(), "/issuers/", name, ".key")));
  const int64_t issued = absl::ToUnixSeconds(now);
  const std::string party = identity.unit.substr(0, identity.unit.find("/units/"));
  const nlohmann::json header = {{"alg", algorithm}, {"kid", Text(jwk, "kid")}, {"typ", "JWT"}};
  const nlohmann::json claims = {{"iss", identity.issuer},
                                 {"sub", identity.subject},
                                 {"aud", home.audience()},
                                 {"iat", issued},
                                 {"nbf", issued},
                                 {"exp", issued + absl::ToInt64Seconds(kLifetime)},
                                 {"auth_time", issued},
                                 {"acr", "http://id.elegnamnden.se/loa/1.0/loa3"},
                                 {"jti", client::NewUuid()},
                                 {"https://id.oidc.se/claim/orgUnit", PartyCode(home, party)}};
  const std::string text = absl::StrCat(absl::WebSafeBase64Escape(header.dump()), ".",
                                        absl::WebSafeBase64Escape(claims.dump()));
  SC_ASSIGN_OR_RETURN(const std::string signature, Sign(key.get(), algorithm, text));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(signature));
}

client::TokenSource DemoTokens(const Home& home, const Identity& identity) {
  struct Cache {
    absl::Mutex mutex;
    std::string token;
    absl::Time renew = absl::InfinitePast();
  };
  return [home, identity, cache = std::make_shared<Cache>()]() -> absl::StatusOr<std::string> {
    absl::MutexLock lock(&cache->mutex);
    const absl::Time now = client::SystemClock().Now();
    if (now >= cache->renew) {
      SC_ASSIGN_OR_RETURN(cache->token, DemoToken(home, identity, now));
      cache->renew = now + kLifetime - kRenewBefore;
    }
    return cache->token;
  };
}

}  // namespace samverkan::cli
