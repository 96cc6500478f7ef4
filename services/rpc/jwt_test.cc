#include "services/rpc/jwt.h"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"
#include "tests/support/identities.h"

namespace samverkan::rpc {
namespace {

using ::samverkan::testing::CompactJwt;
using ::samverkan::testing::Json;
using ::samverkan::testing::Jwks;
using ::samverkan::testing::PrivateKey;
using ::samverkan::testing::SignedJwt;

constexpr int64_t kNow = 1'800'000'000;
constexpr char kIssuer[] = "https://issuer.example";
constexpr char kAudience[] = "https://hub.example";
constexpr char kOrgUnit[] = "https://id.oidc.se/claim/orgUnit";

struct Keys {
  PrivateKey p256 = PrivateKey::P256();
  PrivateKey rsa = PrivateKey::Rsa();
  PrivateKey ed25519 = PrivateKey::Ed25519();
  std::vector<NamedKey> set = *ParseJwks(
      Json{{"keys", {p256.Jwk("es"), rsa.Jwk("rs"), ed25519.Jwk("ed"), OnlyPss(rsa)}}}.dump());

  static Json OnlyPss(const PrivateKey& key) {
    Json jwk = key.Jwk("ps");
    jwk["alg"] = "PS256";
    return jwk;
  }
  const NamedKey* Find(absl::string_view kid) const {
    for (const NamedKey& key : set) {
      if (key.kid == kid) return &key;
    }
    return nullptr;
  }
};

const Keys& TheKeys() {
  static const Keys& keys = *new Keys();
  return keys;
}

Json Header() {
  return {{"alg", "ES256"}, {"typ", "JWT"}, {"kid", "es"}};
}

Json Payload() {
  return {{"iss", kIssuer},   {"sub", "hal-tryggsam"}, {"aud", kAudience},
          {"iat", kNow - 10}, {"nbf", kNow - 10},      {"exp", kNow + 600}};
}

// All checks in the order authentication makes them; the word for the log, empty when all pass.
std::string Refusal(absl::string_view token, std::vector<JwtAlgorithm> algorithms = {
                                                 JwtAlgorithm::kEs256, JwtAlgorithm::kRs256,
                                                 JwtAlgorithm::kPs256, JwtAlgorithm::kEdDsa}) {
  const JwtPolicy policy = {kIssuer, kAudience, std::move(algorithms)};
  const auto parsed = ParseJwt(token);
  absl::Status status = parsed.status();
  if (status.ok()) status = VerifyJwtSignature(*parsed, policy, TheKeys().Find(parsed->kid));
  if (status.ok()) status = CheckJwtAudience(parsed->claims, kAudience);
  if (status.ok()) status = CheckJwtTimes(parsed->claims, absl::FromUnixSeconds(kNow));
  return std::string(status.message());
}

std::string Signed(absl::string_view header, absl::string_view payload) {
  return SignedJwt(header, payload, "ES256", TheKeys().p256);
}

// A good token but for one member, in header or payload.
std::string WithHeader(absl::string_view member, Json value) {
  Json header = Header();
  header[member] = std::move(value);
  return Signed(header.dump(), Payload().dump());
}
std::string WithoutHeader(const char* member) {
  Json header = Header();
  header.erase(member);
  return Signed(header.dump(), Payload().dump());
}
std::string WithClaim(absl::string_view member, Json value) {
  Json payload = Payload();
  payload[member] = std::move(value);
  return Signed(Header().dump(), payload.dump());
}
std::string WithoutClaim(const char* member) {
  Json payload = Payload();
  payload.erase(member);
  return Signed(Header().dump(), payload.dump());
}
// A claim as text, for what a JSON value cannot hold.
std::string WithClaimText(absl::string_view member, absl::string_view text) {
  const std::string marker = "\"MARKER\"";
  Json payload = Payload();
  payload[member] = "MARKER";
  return Signed(Header().dump(), absl::StrReplaceAll(payload.dump(), {{marker, text}}));
}
std::string Nested(int depth) {
  return absl::StrCat(std::string(depth, '['), std::string(depth, ']'));
}
std::string SignedAs(absl::string_view algorithm, absl::string_view kid, const PrivateKey& key) {
  return SignedJwt(Json{{"alg", algorithm}, {"typ", "JWT"}, {"kid", kid}}.dump(), Payload().dump(),
                   algorithm, key);
}
std::string WithSignature(absl::string_view signature) {
  return CompactJwt(Header().dump(), Payload().dump(), signature);
}
std::string Good() {
  return Signed(Header().dump(), Payload().dump());
}
std::string GoodInput() {
  return Good().substr(0, Good().rfind('.'));
}

struct Hostile {
  std::string token;
  std::string word;
};

std::vector<Hostile> MalformedTokens() {
  const std::string good = Good();
  const size_t dot = good.find('.');
  const std::string header = Header().dump();
  const std::string payload = Payload().dump();
  return {
      {"", "not-three-parts"},
      {"abc", "not-three-parts"},
      {good.substr(0, good.rfind('.')), "not-three-parts"},
      {good + ".x", "not-three-parts"},
      {std::string(1 << 20, 'a'), "too-long"},
      {Good() + std::string(kJwtBytesMax, 'A'), "too-long"},
      {"." + good.substr(dot + 1), "header-syntax"},
      {" " + good, "header-base64url"},
      {good.substr(0, dot) + "=" + good.substr(dot), "header-base64url"},
      {"\xc3\xa5" + good, "header-base64url"},
      // Bits left over that are not zero: two texts for one token.
      {"eyJ9" + good.substr(dot), "header-syntax"},
      {"e30x" + good.substr(dot), "header-syntax"},
      {"e31" + good.substr(dot), "header-base64url"},
      {Signed("{", payload), "header-syntax"},
      {Signed("\xef\xbb\xbf" + header, payload), "header-syntax"},
      {Signed(header + " {}", payload), "header-syntax"},
      {Signed("{\"alg\":\"\xff\"}", payload), "header-syntax"},
      {Signed("[]", payload), "header-not-an-object"},
      {Signed("\"ES256\"", payload), "header-not-an-object"},
      {Signed(R"({"alg":"ES256","alg":"none","typ":"JWT","kid":"es"})", payload),
       "header-duplicate-member"},
      {Signed(R"({"alg":"ES256","\u0061lg":"none","typ":"JWT","kid":"es"})", payload),
       "header-duplicate-member"},
      {Signed(absl::StrCat("{\"a\":", Nested(8), "}"), payload), "header-too-deep"},
      {Signed(header, ""), "payload-syntax"},
      {Signed(header, "{\"iss\":NaN}"), "payload-syntax"},
      {Signed(header, "/*x*/" + payload), "payload-syntax"},
      {Signed(header, "null"), "payload-not-an-object"},
      {Signed(header, R"({"sub":"a","x":{"y":1,"y":2}})"), "payload-duplicate-member"},
      {WithClaimText("deep", Nested(8)), "payload-too-deep"},
      {WithClaimText("deep", Nested(100)), "payload-too-deep"},
      {WithClaimText("deep", Nested(2000)), "payload-too-deep"},
      {good.substr(0, dot + 1) + "%%%" + good.substr(dot + 4), "payload-base64url"},
  };
}

std::vector<Hostile> HostileHeaders() {
  const Json key = TheKeys().p256.Jwk("es");
  return {
      {WithHeader("alg", "none"), "alg-none"},
      {WithHeader("alg", "NoNe"), "alg-none"},
      {WithHeader("alg", "HS256"), "alg-symmetric"},
      {WithHeader("alg", "HS512"), "alg-symmetric"},
      {WithHeader("alg", "es256"), "alg-unknown"},
      {WithHeader("alg", "ES512"), "alg-unknown"},
      {WithHeader("alg", "RS1"), "alg-unknown"},
      {WithHeader("alg", ""), "alg-malformed"},
      {WithHeader("alg", "ES256 "), "alg-malformed"},
      {WithHeader("alg", 256), "alg-not-text"},
      {WithHeader("alg", nullptr), "alg-not-text"},
      {WithoutHeader("alg"), "alg-missing"},
      {WithHeader("jku", "https://evil.example/keys"), "jku-brings-its-own-key"},
      {WithHeader("x5u", "https://evil.example/cert"), "x5u-brings-its-own-key"},
      {WithHeader("x5c", Json::array({"MIIB"})), "x5c-brings-its-own-key"},
      {WithHeader("jwk", key), "jwk-brings-its-own-key"},
      {WithHeader("crit", Json::array({"exp"})), "crit-not-supported"},
      {WithHeader("crit", Json::array()), "crit-not-supported"},
      {WithHeader("b64", false), "b64-not-supported"},
      {WithHeader("cty", "JWT"), "cty-not-supported"},
      {WithHeader("zip", "DEF"), "zip-not-supported"},
      {WithHeader("enc", "A256GCM"), "enc-not-supported"},
      {WithoutHeader("kid"), "kid-missing"},
      {WithHeader("kid", 1), "kid-not-text"},
      {WithHeader("kid", std::string(129, 'k')), "kid-malformed"},
      {WithHeader("kid", "es\n"), "kid-malformed"},
      {WithHeader("kid", "../../etc/passwd"), "kid-unknown"},
      {WithHeader("kid", "'OR'1'='1"), "kid-unknown"},
      {WithHeader("kid", "https://evil.example/key"), "kid-unknown"},
      {WithHeader("kid", "ES"), "kid-unknown"},
      {WithHeader("kid", "rs"), "alg-does-not-fit-key"},
      {WithHeader("kid", "ed"), "alg-does-not-fit-key"},
      {WithoutHeader("typ"), "typ-missing"},
      {WithHeader("typ", Json::array({"JWT"})), "typ-not-text"},
      {WithHeader("typ", "J\u00d6T"), "typ-malformed"},
      {WithHeader("typ", "secevent+jwt"), "typ-of-another-kind"},
      {WithHeader("typ", "logout+jwt"), "typ-of-another-kind"},
  };
}

std::vector<Hostile> HostileClaims() {
  return {
      {WithoutClaim("iss"), "iss-missing"},
      {WithClaim("iss", 7), "iss-not-text"},
      {WithClaim("iss", ""), "iss-malformed"},
      {WithClaim("iss", std::string(kIssuer) + " "), "iss-malformed"},
      {WithClaim("iss", std::string(kIssuer) + "/"), "iss-unknown"},
      {WithClaim("iss", "HTTPS://issuer.example"), "iss-unknown"},
      {WithoutClaim("sub"), "sub-missing"},
      {WithClaim("sub", 12), "sub-not-text"},
      {WithClaim("sub", ""), "sub-malformed"},
      {WithClaim("sub", std::string("a\0b", 3)), "sub-malformed"},
      {WithClaim("sub", "a b"), "sub-malformed"},
      {WithClaim("sub", "\u202eadmin"), "sub-malformed"},
      {WithClaim("sub", std::string(256, 's')), "sub-malformed"},
      {WithClaim("sub", "191212121212"), "sub-is-an-identity-number"},
      {WithClaim("sub", "121212-1212"), "sub-is-an-identity-number"},
      {WithoutClaim("aud"), "aud-missing"},
      {WithClaim("aud", Json::array()), "aud-number"},
      {WithClaim("aud", Json(std::vector<std::string>(9, kAudience))), "aud-number"},
      {WithClaim("aud", Json::array({kAudience, 1})), "aud-not-text"},
      {WithClaim("aud", Json::object()), "aud-not-text"},
      {WithClaim("aud", "https://other.example"), "aud-of-another"},
      {WithClaim("aud", "https://hub.example/"), "aud-of-another"},
      {WithClaim("aud", Json::array({kAudience, "https://other.example"})), "aud-not-alone"},
      {WithClaim("jti", 5), "jti-not-text"},
      {WithClaim("jti", "a b"), "jti-malformed"},
      {WithClaim(kOrgUnit, Json::array({"STHLM.SDN.HAL"})), "orgunit-not-text"},
      {WithClaim(kOrgUnit, ""), "orgunit-malformed"},
      {WithClaim(kOrgUnit, "STHLM\u202e.SDN"), "orgunit-malformed"},
      {WithClaim("acr", 3), "acr-not-text"},
      {WithClaim("acr", "loa 3"), "acr-malformed"},
      {WithClaim("cnf", "x"), "cnf-not-supported"},
      {WithClaim("cnf", Json{{"jkt", "abc"}}), "cnf-not-supported"},
      {WithClaim("cnf", Json{{"x5t#S256", "abc"}}), "cnf-malformed"},
      {WithClaim("cnf", Json{{"x5t#S256", 1}}), "cnf-malformed"},
  };
}

std::vector<Hostile> HostileTimes() {
  return {
      {WithoutClaim("exp"), "exp-missing"},
      {WithClaim("exp", "1800000600"), "exp-not-an-integer"},
      {WithClaim("exp", nullptr), "exp-not-an-integer"},
      {WithClaimText("exp", "1800000600.5"), "exp-not-an-integer"},
      {WithClaimText("exp", "1800000600.0"), "exp-not-an-integer"},
      {WithClaimText("exp", "1.8e9"), "exp-not-an-integer"},
      // 2^64 fits no integer; 2^63 and the year 10000 are no times.
      {WithClaimText("exp", "18446744073709551616"), "exp-not-an-integer"},
      {WithClaimText("exp", "9223372036854775808"), "exp-out-of-range"},
      {WithClaimText("exp", "9223372036854775807"), "exp-out-of-range"},
      {WithClaimText("exp", "253402300800"), "exp-out-of-range"},
      {WithClaim("exp", -1), "exp-out-of-range"},
      {WithClaim("iat", true), "iat-not-an-integer"},
      {WithClaim("iat", -1), "iat-out-of-range"},
      {WithClaimText("nbf", "1e3"), "nbf-not-an-integer"},
      {WithClaimText("nbf", "9223372036854775808"), "nbf-out-of-range"},
      {WithClaim("auth_time", "now"), "auth_time-not-an-integer"},
      {WithClaim("auth_time", -5), "auth_time-out-of-range"},
      {WithClaim("auth_time", kNow + 61), "auth_time-in-the-future"},
      {Signed(Header().dump(),
              Json{{"iss", kIssuer}, {"sub", "a"}, {"aud", kAudience}, {"exp", kNow + 5}}.dump()),
       "iat-and-nbf-missing"},
      {WithClaim("exp", kNow - 10), "exp-before-it-begins"},
      {WithClaim("exp", kNow - 10 + 24 * 3600 + 1), "lifetime-too-long"},
      {Signed(Header().dump(), Json{{"iss", kIssuer},
                                    {"sub", "a"},
                                    {"aud", kAudience},
                                    {"iat", kNow - 700},
                                    {"exp", kNow - 60}}
                                   .dump()),
       "expired"},
      {WithClaim("nbf", kNow + 61), "not-yet-valid"},
      {WithClaim("iat", kNow + 61), "not-yet-valid"},
  };
}

std::string NegatedBit(std::string bytes, size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

std::vector<Hostile> HostileSignatures() {
  const Keys& keys = TheKeys();
  const std::string input = GoodInput();
  const std::string raw = keys.p256.Sign("ES256", input);
  const std::string zeros(32, '\0');
  // The order of P-256: r and s are smaller.
  const std::string order =
      absl::HexStringToBytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string rsa = SignedAs("RS256", "rs", keys.rsa);
  Json other_payload = Payload();
  other_payload["sub"] = "somebody-else";
  return {
      {input + ".", "signature-missing"},
      {input + ".!", "signature-base64url"},
      {Good() + "=", "signature-base64url"},
      {WithSignature(keys.p256.SignAsOpenSsl("ES256", input)), "signature-size"},
      {WithSignature(raw.substr(0, 63)), "signature-size"},
      {WithSignature(raw + '\0'), "signature-size"},
      {WithSignature(raw.substr(0, 32) + zeros), "signature-wrong"},
      {WithSignature(zeros + raw.substr(32)), "signature-wrong"},
      {WithSignature(zeros + zeros), "signature-wrong"},
      {WithSignature(order + raw.substr(32)), "signature-wrong"},
      {WithSignature(raw.substr(0, 32) + order), "signature-wrong"},
      {WithSignature(NegatedBit(raw, 0)), "signature-wrong"},
      {WithSignature(NegatedBit(raw, 63)), "signature-wrong"},
      {CompactJwt(Header().dump(), other_payload.dump(), raw), "signature-wrong"},
      {SignedAs("ES256", "es", PrivateKey::P256()), "signature-wrong"},
      {SignedAs("EdDSA", "ed", PrivateKey::Ed25519()), "signature-wrong"},
      {SignedAs("RS256", "rs", PrivateKey::Rsa()), "signature-wrong"},
      {SignedAs("PS256", "ps", PrivateKey::Rsa()), "signature-wrong"},
      // One RSA padding for the other.
      {absl::StrCat(rsa.substr(0, rsa.rfind('.') + 1),
                    Base64UrlEncode(keys.rsa.Sign("PS256", rsa.substr(0, rsa.rfind('.'))))),
       "signature-wrong"},
      {SignedAs("RS256", "ps", keys.rsa), "alg-not-the-keys"},
      {SignedAs("EdDSA", "es", keys.ed25519), "alg-does-not-fit-key"},
      {SignedAs("RS256", "es", keys.rsa), "alg-does-not-fit-key"},
  };
}

std::vector<Hostile> AllHostileTokens() {
  std::vector<Hostile> all;
  for (const auto& make :
       {MalformedTokens, HostileHeaders, HostileClaims, HostileTimes, HostileSignatures}) {
    for (Hostile& hostile : make()) all.push_back(std::move(hostile));
  }
  return all;
}

TEST(JwtTest, EveryHostileTokenIsRefusedForItsOwnReason) {
  ASSERT_EQ(Refusal(Good()), "");
  std::set<std::string> words;
  const std::vector<Hostile> all = AllHostileTokens();
  for (const Hostile& hostile : all) {
    EXPECT_EQ(Refusal(hostile.token), hostile.word) << hostile.token.substr(0, 400);
    words.insert(hostile.word);
  }
  EXPECT_GE(all.size(), 140u);
  EXPECT_GE(words.size(), 70u);
}

TEST(JwtTest, EachAlgorithmIsTakenFromIssuersThatMayUseItAlone) {
  const Keys& keys = TheKeys();
  const std::vector<std::pair<JwtAlgorithm, std::string>> tokens = {
      {JwtAlgorithm::kEs256, SignedAs("ES256", "es", keys.p256)},
      {JwtAlgorithm::kRs256, SignedAs("RS256", "rs", keys.rsa)},
      {JwtAlgorithm::kPs256, SignedAs("PS256", "rs", keys.rsa)},
      {JwtAlgorithm::kPs256, SignedAs("PS256", "ps", keys.rsa)},
      {JwtAlgorithm::kEdDsa, SignedAs("EdDSA", "ed", keys.ed25519)}};
  for (const auto& [algorithm, token] : tokens) {
    for (const JwtAlgorithm allowed :
         {JwtAlgorithm::kEs256, JwtAlgorithm::kRs256, JwtAlgorithm::kPs256, JwtAlgorithm::kEdDsa}) {
      EXPECT_EQ(Refusal(token, {allowed}), allowed == algorithm ? "" : "alg-not-the-issuers");
    }
  }
}

TEST(JwtTest, HmacWithAPublicKeyAsItsSecretIsRefused) {
  const std::string input =
      absl::StrCat(Base64UrlEncode(R"({"alg":"HS256","typ":"JWT","kid":"rs"})"), ".",
                   Base64UrlEncode(Payload().dump()));
  const Hash mac = HmacSha256(Secret(TheKeys().rsa.Jwk("rs").dump()), input);
  EXPECT_EQ(Refusal(absl::StrCat(input, ".", Base64UrlEncode(AsBytes(mac)))), "alg-symmetric");
}

// The larger of s and n - s is what half of all honest signers send.
TEST(JwtTest, BothFormsOfAnEs256SignatureAreGenuine) {
  const std::string raw = TheKeys().p256.Sign("ES256", GoodInput());
  const std::string order =
      absl::HexStringToBytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  std::string mirrored = raw;
  int borrow = 0;
  for (int i = 31; i >= 0; --i) {
    const int digit = static_cast<uint8_t>(order[i]) - static_cast<uint8_t>(raw[32 + i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    mirrored[32 + i] = static_cast<char>(digit + 256 * borrow);
  }
  EXPECT_EQ(Refusal(WithSignature(raw)), "");
  EXPECT_EQ(Refusal(WithSignature(mirrored)), "");
}

TEST(JwtTest, EveryChangedCharacterIsRefused) {
  const std::string good = Good();
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', 'z', '9', '_', '.', '=', '\0', ' '}) {
      std::string changed = good;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_NE(Refusal(changed), "") << i;
    }
    EXPECT_NE(Refusal(good.substr(0, i)), "") << i;
  }
}

TEST(JwtTest, TimesCountWithALeewayOfAMinute) {
  JwtClaims claims;
  claims.valid_from = absl::FromUnixSeconds(1000);
  claims.expires_at = absl::FromUnixSeconds(2000);
  const auto at = [&](int64_t seconds) {
    return std::string(CheckJwtTimes(claims, absl::FromUnixSeconds(seconds)).message());
  };
  EXPECT_EQ(at(939), "not-yet-valid");
  EXPECT_EQ(at(940), "");
  EXPECT_EQ(at(2059), "");
  EXPECT_EQ(at(2060), "expired");
  EXPECT_TRUE(absl::IsOutOfRange(CheckJwtTimes(claims, absl::FromUnixSeconds(2060))));
}

TEST(JwtTest, ReadsWhatTheHubNeeds) {
  Json payload = Payload();
  payload["jti"] = "t-1";
  payload["auth_time"] = kNow - 100;
  payload["acr"] = "http://id.elegnamnden.se/loa/1.0/loa4";
  payload[kOrgUnit] = "H\u00e4gersten-\u00c4lvsj\u00f6 stadsdelsf\u00f6rvaltning";
  payload["aud"] = Json::array({kAudience});
  payload["cnf"] = {{"x5t#S256", Base64UrlEncode(std::string(32, 'h'))}};
  payload["anything"] = {{"else", Json::array({1, 2.5, nullptr})}};
  Json header = Header();
  header["typ"] = "application/AT+jwt";
  header["x5t#S256"] = "informative";
  const auto parsed = ParseJwt(Signed(header.dump(), payload.dump()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->claims.issuer, kIssuer);
  EXPECT_EQ(parsed->claims.subject, "hal-tryggsam");
  EXPECT_EQ(parsed->claims.token_id, "t-1");
  EXPECT_EQ(parsed->claims.org_unit, "H\u00e4gersten-\u00c4lvsj\u00f6 stadsdelsf\u00f6rvaltning");
  EXPECT_EQ(parsed->claims.assurance, 4);
  EXPECT_EQ(parsed->claims.authenticated_at, absl::FromUnixSeconds(kNow - 100));
  EXPECT_EQ(parsed->claims.valid_from, absl::FromUnixSeconds(kNow - 10));
  EXPECT_EQ(parsed->claims.expires_at, absl::FromUnixSeconds(kNow + 600));
  EXPECT_EQ(AsBytes(*parsed->claims.certificate_hash), std::string(32, 'h'));
}

TEST(JwtTest, ASignInWithoutItsTimeIsNeverRecent) {
  EXPECT_EQ(ParseJwt(Good())->claims.authenticated_at, absl::InfinitePast());
}

TEST(JwtTest, KnowsTheLevelsOfAssurance) {
  EXPECT_EQ(AssuranceOf("http://id.elegnamnden.se/loa/1.0/loa1"), 1);
  EXPECT_EQ(AssuranceOf("http://id.elegnamnden.se/loa/1.0/loa2"), 2);
  EXPECT_EQ(AssuranceOf("http://id.elegnamnden.se/loa/1.0/loa3"), 3);
  EXPECT_EQ(AssuranceOf("http://id.elegnamnden.se/loa/1.0/loa4"), 4);
  EXPECT_EQ(AssuranceOf("http://id.sambi.se/loa/loa3"), 3);
  for (const char* acr :
       {"", "loa3", "http://id.elegnamnden.se/loa/1.0/loa", "http://id.elegnamnden.se/loa/1.0/loa0",
        "http://id.elegnamnden.se/loa/1.0/loa5", "http://id.elegnamnden.se/loa/1.0/loa33",
        "https://id.elegnamnden.se/loa/1.0/loa3",
        "http://id.elegnamnden.se/loa/1.0/loa3-uncertified"}) {
    EXPECT_EQ(AssuranceOf(acr), 0) << acr;
  }
}

}  // namespace
}  // namespace samverkan::rpc
