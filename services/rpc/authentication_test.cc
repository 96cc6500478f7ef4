#include "services/rpc/authentication.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"
#include "services/base/error.h"
#include "tests/support/identities.h"

namespace samverkan::rpc {
namespace {

using ::samverkan::testing::CertificateOptions;
using ::samverkan::testing::CertificatePem;
using ::samverkan::testing::Json;
using ::samverkan::testing::Jwks;
using ::samverkan::testing::PrivateKey;
using ::samverkan::testing::SignedJwt;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCity[] = "https://city.example/oidc";
constexpr char kPolice[] = "https://police.example/oidc";
constexpr char kHub[] = "https://hub.example";
constexpr char kKompol[] = "spiffe://samverkan.example/pol/pol-sth-syd-skarh/cli";
constexpr char kLiaison[] = "spiffe://samverkan.example/pol/pol-sth/system";
constexpr char kHal[] = "spiffe://samverkan.example/sthlm-sdn-hal/sthlm-sdn-hal/cli";
constexpr char kOperator[] = "spiffe://samverkan.example/operator/hub/cli";

const PrivateKey& CityKey() {
  static const PrivateKey& key = *new PrivateKey(PrivateKey::Rsa());
  return key;
}
const PrivateKey& PoliceKey() {
  static const PrivateKey& key = *new PrivateKey(PrivateKey::P256());
  return key;
}

class AuthenticationTest : public ::testing::Test {
 protected:
  AuthenticationTest() {
    Write("city.json", Jwks({CityKey().Jwk("c1")}));
    Write("police.json", Jwks({PoliceKey().Jwk("p1")}));
    Write("revoked", "");
    options_.trust_domain = "samverkan.example";
    options_.revocation_file = Path("revoked");
    options_.issuers = {
        {.issuer = kCity,
         .audience = kHub,
         .algorithms = {JwtAlgorithm::kRs256},
         .jwks_file = Path("city.json"),
         .parties_by_org_unit = {{"STHLM.SDN.HAL", "parties/sthlm-sdn-hal"},
                                 {"Stadsdelsf\u00f6rvaltning Farsta", "parties/sthlm-sdn-far"}}},
        {.issuer = kPolice,
         .audience = kHub,
         .algorithms = {JwtAlgorithm::kEs256},
         .jwks_file = Path("police.json"),
         .party = "parties/pol"}};
  }

  std::string Path(absl::string_view name) const {
    return absl::StrCat(::testing::TempDir(), "authentication_",
                        ::testing::UnitTest::GetInstance()->current_test_info()->name(), "_", name);
  }
  void Write(absl::string_view name, absl::string_view text) {
    std::ofstream(Path(name), std::ios::binary | std::ios::trunc) << text;
  }
  void Start() {
    auto created = Authenticator::Create(options_, clock_);
    ASSERT_TRUE(created.ok()) << created.status();
    authenticator_ = *std::move(created);
  }

  CertificateOptions Certificate(absl::string_view id) const {
    return {.names = {absl::StrCat("URI:", id)},
            .valid_from = now_ - absl::Hours(24),
            .valid_to = now_ + absl::Hours(24 * 30)};
  }
  std::string Pem(absl::string_view id) const {
    return CertificatePem(PoliceKey(), Certificate(id));
  }

  Json Claims(absl::string_view issuer, absl::string_view subject) const {
    const int64_t now = absl::ToUnixSeconds(now_);
    return {{"iss", issuer},     {"sub", subject},
            {"aud", kHub},       {"iat", now},
            {"exp", now + 3600}, {"auth_time", now - 60},
            {"jti", "t-1"},      {"acr", "http://id.elegnamnden.se/loa/1.0/loa3"}};
  }
  static std::string Police(const Json& claims) {
    return SignedJwt(R"({"alg":"ES256","typ":"JWT","kid":"p1"})", claims.dump(), "ES256",
                     PoliceKey());
  }
  static std::string City(const Json& claims) {
    return SignedJwt(R"({"alg":"RS256","typ":"at+jwt","kid":"c1"})", claims.dump(), "RS256",
                     CityKey());
  }

  absl::StatusOr<access::Principal> Ask(absl::string_view id, const std::string& pem,
                                        absl::string_view token) {
    failure_ = {};
    return authenticator_->Authenticate({std::string(id)}, pem, token, &failure_);
  }
  // The word in the log; empty when let in.
  std::string Refusal(absl::string_view id, absl::string_view token) {
    const auto principal = Ask(id, Pem(id), token);
    if (!principal.ok()) {
      EXPECT_EQ(ReasonOf(principal.status()), errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
      EXPECT_THAT(std::string(principal.status().message()), Not(HasSubstr(failure_.reason)));
    }
    return failure_.reason;
  }

  const absl::Time now_ =
      absl::FromCivil(absl::CivilSecond(2026, 11, 22, 12, 0, 0), absl::UTCTimeZone());
  FakeClock clock_{now_};
  Authenticator::Options options_;
  std::unique_ptr<Authenticator> authenticator_;
  AuthFailure failure_;
};

TEST_F(AuthenticationTest, APersonIsKnownByIssuerAndSubject) {
  Start();
  const auto principal = Ask(kKompol, Pem(kKompol), Police(Claims(kPolice, "skarh-kompol")));
  ASSERT_TRUE(principal.ok()) << failure_.reason;
  EXPECT_EQ(principal->kind, access::PrincipalKind::kPerson);
  EXPECT_EQ(principal->party, "parties/pol");
  EXPECT_EQ(principal->holder, "https://police.example/oidc skarh-kompol");
  EXPECT_EQ(principal->assurance, 3);
  EXPECT_EQ(principal->authenticated_at, now_ - absl::Seconds(60));
  EXPECT_EQ(principal->expires_at, now_ + absl::Hours(1));
}

TEST_F(AuthenticationTest, TheCertificatesEndLimitsThePerson) {
  Start();
  CertificateOptions soon = Certificate(kKompol);
  soon.valid_to = now_ + absl::Minutes(5);
  const auto principal =
      Ask(kKompol, CertificatePem(PoliceKey(), soon), Police(Claims(kPolice, "skarh-kompol")));
  ASSERT_TRUE(principal.ok()) << failure_.reason;
  EXPECT_EQ(principal->expires_at, now_ + absl::Minutes(5));
}

TEST_F(AuthenticationTest, TheOrganisationUnitTellsThePartyOfASharedIssuer) {
  Start();
  Json claims = Claims(kCity, "hal-tryggsam");
  claims["https://id.oidc.se/claim/orgUnit"] = "STHLM.SDN.HAL";
  const auto principal = Ask(kHal, Pem(kHal), City(claims));
  ASSERT_TRUE(principal.ok()) << failure_.reason;
  EXPECT_EQ(principal->party, "parties/sthlm-sdn-hal");
  claims["https://id.oidc.se/claim/orgUnit"] = "Stadsdelsf\u00f6rvaltning Farsta";
  EXPECT_EQ(Refusal(kHal, City(claims)), "party-mismatch");
  claims["https://id.oidc.se/claim/orgUnit"] = "STHLM.SDN";
  EXPECT_EQ(Refusal(kHal, City(claims)), "token-orgunit-unknown");
  claims.erase("https://id.oidc.se/claim/orgUnit");
  EXPECT_EQ(Refusal(kHal, City(claims)), "token-orgunit-unknown");
}

TEST_F(AuthenticationTest, TokenAndCertificateNameOneParty) {
  Start();
  EXPECT_EQ(Refusal(kHal, Police(Claims(kPolice, "skarh-kompol"))), "party-mismatch");
  EXPECT_THAT(Ask(kHal, Pem(kHal), Police(Claims(kPolice, "skarh-kompol"))).status().message(),
              HasSubstr("different parties"));
}

TEST_F(AuthenticationTest, ASystemIsKnownByItsCertificate) {
  Start();
  const auto principal = Ask(kLiaison, Pem(kLiaison), "");
  ASSERT_TRUE(principal.ok()) << failure_.reason;
  EXPECT_EQ(principal->kind, access::PrincipalKind::kSystem);
  EXPECT_EQ(principal->party, "parties/pol");
  EXPECT_EQ(principal->holder, kLiaison);
  EXPECT_EQ(principal->assurance, 3);
  EXPECT_EQ(principal->authenticated_at, absl::InfinitePast());
  EXPECT_EQ(principal->expires_at, now_ + absl::Hours(24 * 30));
}

TEST_F(AuthenticationTest, ACommandLineClientAloneIsNobody) {
  Start();
  EXPECT_EQ(Refusal(kKompol, ""), "token-missing");
  EXPECT_THAT(Ask(kKompol, Pem(kKompol), "").status().message(), HasSubstr("Bearer"));
}

TEST_F(AuthenticationTest, TheOperatorHasNoParty) {
  Start();
  const auto principal = Ask(kOperator, Pem(kOperator), "");
  ASSERT_TRUE(principal.ok()) << failure_.reason;
  EXPECT_EQ(principal->kind, access::PrincipalKind::kOperator);
  EXPECT_EQ(principal->party, "");
  EXPECT_EQ(principal->holder, kOperator);
  EXPECT_EQ(Refusal(kOperator, Police(Claims(kPolice, "skarh-kompol"))), "operator-with-token");
}

TEST_F(AuthenticationTest, CertificatesAreRefusedEachForItsReason) {
  Start();
  const auto with = [&](auto change) {
    CertificateOptions options = Certificate(kLiaison);
    change(options);
    return CertificatePem(PoliceKey(), options);
  };
  struct Case {
    std::string pem;
    std::string reason;
  };
  const std::string second = "URI:spiffe://samverkan.example/pol/pol-sth/other";
  const std::vector<Case> cases = {
      {"", "certificate-missing"},
      {std::string(17000, 'x'), "certificate-size"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate-malformed"},
      {with([&](auto& o) { o.names.push_back(second); }), "certificate-with-two-uris"},
      {with([](auto& o) { o.names = {}; }), "certificate-without-names"},
      {with([](auto& o) { o.names = {"DNS:samverkan.example"}; }), "certificate-without-uri"},
      {with([](auto& o) { o.names = {"URI:https://samverkan.example/pol/pol-sth/system"}; }),
       "certificate-uri-malformed"},
      {with([](auto& o) {
         o.names = {"URI:spiffe://samverkan.example/pol/pol-sth/system?.evil.example"};
         o.nul_in_names = true;
       }),
       "certificate-uri-malformed"},
      {with([](auto& o) { o.names = {"URI:spiffe://samverkan.example/sthlm-ks/slk/system"}; }),
       "certificate-not-the-peers"},
      {with([&](auto& o) { o.valid_to = now_; }), "certificate-expired"},
      {with([&](auto& o) { o.valid_from = now_ + absl::Seconds(1); }), "certificate-not-yet-valid"},
      {with([](auto& o) { o.authority = true; }), "certificate-of-an-authority"},
      {with([](auto& o) { o.extended_key_usage = "serverAuth"; }), "certificate-not-for-clients"},
      {with([](auto& o) { o.digest = EVP_sha1(); }), "certificate-signature-weak"},
      {CertificatePem(PrivateKey::Rsa(1024), Certificate(kLiaison)), "certificate-key-weak"},
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(Ask(kLiaison, c.pem, "").ok()) << c.reason;
    EXPECT_EQ(failure_.reason, c.reason);
  }
  const char* foreign = "spiffe://other.example/pol/pol-sth/system";
  EXPECT_EQ(Refusal(foreign, ""), "certificate-of-another-trust-domain");
  // What TLS tells of the peer must be this certificate's one name.
  EXPECT_FALSE(authenticator_->Authenticate({}, Pem(kLiaison), "", &failure_).ok());
  EXPECT_EQ(failure_.reason, "certificate-not-the-peers");
  EXPECT_FALSE(authenticator_->Authenticate({kLiaison, kLiaison}, Pem(kLiaison), "", nullptr).ok());
}

TEST_F(AuthenticationTest, SystemsMayHaveKeysOfAnyGoodKind) {
  Start();
  for (const PrivateKey& key : {PrivateKey::Ed25519(), PrivateKey::P256(), CityKey()}) {
    EXPECT_TRUE(Ask(kLiaison, CertificatePem(key, Certificate(kLiaison)), "").ok())
        << failure_.reason;
  }
}

TEST_F(AuthenticationTest, TimeCountsForWhatIsKnownAlready) {
  Start();
  const std::string pem = Pem(kKompol);
  const std::string token = Police(Claims(kPolice, "skarh-kompol"));
  EXPECT_TRUE(Ask(kKompol, pem, token).ok());
  clock_.Set(now_ + absl::Hours(1) + absl::Seconds(59));
  EXPECT_TRUE(Ask(kKompol, pem, token).ok());
  clock_.Set(now_ + absl::Hours(1) + absl::Seconds(60));
  EXPECT_FALSE(Ask(kKompol, pem, token).ok());
  EXPECT_EQ(failure_.reason, "token-expired");
  clock_.Set(now_ + absl::Hours(24 * 30));
  EXPECT_FALSE(Ask(kKompol, pem, token).ok());
  EXPECT_EQ(failure_.reason, "certificate-expired");
  // A clock that was set back lets in again what is valid then.
  clock_.Set(now_);
  EXPECT_TRUE(Ask(kKompol, pem, token).ok());
}

TEST_F(AuthenticationTest, RevocationsCountAtOnce) {
  Start();
  const std::string token = Police(Claims(kPolice, "skarh-kompol"));
  EXPECT_EQ(Refusal(kKompol, token), "");
  const uint64_t before = authenticator_->epoch();
  struct Case {
    std::string line;
    std::string reason;
  };
  for (const Case& c :
       std::vector<Case>{{absl::StrCat("spiffe ", kKompol), "spiffe-id-revoked"},
                         {absl::StrCat("token ", kPolice, " t-1"), "token-revoked"},
                         {absl::StrCat("# gone\n\n  person ", kPolice, "  skarh-kompol \r\n"),
                          "person-revoked"}}) {
    Write("revoked", c.line);
    ASSERT_TRUE(authenticator_->Reload().ok());
    EXPECT_EQ(Refusal(kKompol, token), c.reason);
  }
  EXPECT_EQ(authenticator_->epoch(), before + 3);
  Write("revoked", absl::StrCat("person ", kPolice, " somebody-else"));
  ASSERT_TRUE(authenticator_->Reload().ok());
  EXPECT_EQ(Refusal(kKompol, token), "");
}

TEST_F(AuthenticationTest, ACertificateIsRevokedByTheFingerprintThatOpenSslPrints) {
  Start();
  const std::string pem = Pem(kLiaison);
  EXPECT_TRUE(Ask(kLiaison, pem, "").ok());
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
  const std::unique_ptr<X509, void (*)(X509*)> parsed(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  unsigned char digest[32];
  X509_digest(parsed.get(), EVP_sha256(), digest, nullptr);
  std::string text;
  for (const unsigned char byte : digest) {
    absl::StrAppend(&text, text.empty() ? "" : ":", absl::Hex(byte, absl::kZeroPad2));
  }
  Write("revoked", absl::StrCat("certificate ", absl::AsciiStrToUpper(text), "\n"));
  ASSERT_TRUE(authenticator_->Reload().ok());
  EXPECT_FALSE(Ask(kLiaison, pem, "").ok());
  EXPECT_EQ(failure_.reason, "certificate-revoked");
}

TEST_F(AuthenticationTest, AMalformedRevocationListLeavesTheFormerInUse) {
  Write("revoked", absl::StrCat("spiffe ", kLiaison));
  Start();
  for (const char* line : {"certificat 00", "certificate 00", "spiffe pol", "token one", "person a",
                           "spiffe spiffe://samverkan.example/pol/pol-sth/system extra"}) {
    Write("revoked", absl::StrCat("# list\n", line, "\n"));
    const absl::Status reloaded = authenticator_->Reload();
    EXPECT_EQ(reloaded.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(reloaded.message()), HasSubstr("line 2"));
    EXPECT_EQ(Refusal(kLiaison, ""), "spiffe-id-revoked");
  }
}

TEST_F(AuthenticationTest, KeysRollOverWithoutARestart) {
  Start();
  const std::string token = Police(Claims(kPolice, "skarh-kompol"));
  EXPECT_EQ(Refusal(kKompol, token), "");
  const PrivateKey next = PrivateKey::P256();
  const std::string new_token = SignedJwt(R"({"alg":"ES256","typ":"JWT","kid":"p2"})",
                                          Claims(kPolice, "skarh-kompol").dump(), "ES256", next);
  EXPECT_EQ(Refusal(kKompol, new_token), "token-kid-unknown");
  Write("police.json", Jwks({PoliceKey().Jwk("p1"), next.Jwk("p2")}));
  // Unknown keys make the file be read again, but not within 30 seconds.
  EXPECT_EQ(Refusal(kKompol, new_token), "token-kid-unknown");
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(Refusal(kKompol, new_token), "");
  EXPECT_EQ(Refusal(kKompol, token), "");
  // A key that is withdrawn takes the tokens it verified with it.
  Write("police.json", Jwks({next.Jwk("p2")}));
  ASSERT_TRUE(authenticator_->Reload().ok());
  EXPECT_EQ(Refusal(kKompol, token), "token-kid-unknown");
  // A broken file leaves the keys that were.
  Write("police.json", "{");
  EXPECT_FALSE(authenticator_->Reload().ok());
  EXPECT_EQ(Refusal(kKompol, new_token), "");
}

TEST_F(AuthenticationTest, IsNotCreatedWithWrongOptions) {
  const auto refused = [&](auto change) {
    Authenticator::Options options = options_;
    change(options);
    const auto created = Authenticator::Create(options, clock_);
    EXPECT_FALSE(created.ok());
    return std::string(created.status().message());
  };
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].demo = true; }), HasSubstr("demo mode"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].issuer = "http://city.example"; }),
              HasSubstr("https"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[1].issuer = kCity; }), HasSubstr("twice"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].audience = ""; }), HasSubstr("audience"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].algorithms = {}; }), HasSubstr("algorithm"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].party = "parties/pol"; }), HasSubstr("either"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[1].party = ""; }), HasSubstr("either"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[1].party = "pol"; }), HasSubstr("parties/"));
  EXPECT_THAT(refused([](auto& o) { o.issuers[0].parties_by_org_unit["X"] = "pol"; }),
              HasSubstr("parties/"));
  EXPECT_THAT(refused([&](auto& o) { o.issuers[0].jwks_file = Path("none.json"); }),
              HasSubstr("none.json"));
  EXPECT_THAT(refused([&](auto& o) { o.revocation_file = Path("none"); }), HasSubstr("none"));
  EXPECT_THAT(refused([](auto& o) { o.trust_domain = "Samverkan Example"; }),
              HasSubstr("trust domain"));
  options_.issuers[0].demo = true;
  options_.demo_mode = true;
  Start();
}

TEST_F(AuthenticationTest, ATokenBoundToAnotherCertificateIsRefused) {
  Start();
  Json claims = Claims(kPolice, "skarh-kompol");
  claims["cnf"] = {{"x5t#S256", Base64UrlEncode(std::string(32, 'a'))}};
  EXPECT_EQ(Refusal(kKompol, Police(claims)), "token-of-another-certificate");
}

TEST_F(AuthenticationTest, MessagesDoNotTellWhichCheckOfATokenFailed) {
  Start();
  std::set<std::string> messages;
  const std::string good = Police(Claims(kPolice, "skarh-kompol"));
  Json other_audience = Claims(kPolice, "skarh-kompol");
  other_audience["aud"] = "https://other.example";
  for (const std::string& token :
       {std::string("x"), good.substr(0, good.size() - 4), Police(other_audience),
        Police(Claims("https://unknown.example", "x")), good + "A"}) {
    const auto principal = Ask(kKompol, Pem(kKompol), token);
    ASSERT_FALSE(principal.ok());
    messages.insert(std::string(principal.status().message()));
  }
  EXPECT_EQ(messages.size(), 1u);
}

}  // namespace
}  // namespace samverkan::rpc
