#include "services/rpc/identity_files.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/identities.h"

namespace samverkan::rpc {
namespace {

using ::samverkan::testing::CertificatePem;
using ::samverkan::testing::Jwks;
using ::samverkan::testing::PrivateKey;
using ::samverkan::testing::SignedJwt;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

constexpr char kIssuer[] = "https://police.example/oidc";
constexpr char kPerson[] = "spiffe://samverkan.example/pol/pol-sth-syd-skarh/cli";
constexpr char kSystem[] = "spiffe://samverkan.example/pol/pol-sth/system";

class IdentityFilesTest : public ::testing::Test {
 protected:
  IdentityFilesTest() {
    Put("issuer.json", Jwks({key_.Jwk("p1")}));
    Put("revoked", "# nothing yet\n");
    auto created = Authenticator::Create({.trust_domain = "samverkan.example",
                                          .issuers = {{.issuer = kIssuer,
                                                       .audience = "hub",
                                                       .algorithms = {JwtAlgorithm::kEs256},
                                                       .jwks_file = Path("issuer.json"),
                                                       .party = "parties/pol"}},
                                          .revocation_file = Path("revoked")},
                                         clock_);
    EXPECT_TRUE(created.ok()) << created.status();
    authenticator_ = *std::move(created);
    files_ = std::make_unique<IdentityFiles>(*authenticator_);
  }

  std::string Path(absl::string_view name) const {
    return absl::StrCat(::testing::TempDir(), "identity_files_",
                        ::testing::UnitTest::GetInstance()->current_test_info()->name(), "_", name);
  }
  // As an editor does that writes in place.
  void Write(absl::string_view name, absl::string_view text) {
    std::ofstream(Path(name), std::ios::binary | std::ios::trunc) << text;
  }
  // As a program does that replaces the file.
  void Put(absl::string_view name, absl::string_view text) {
    Write(absl::StrCat(name, ".new"), text);
    ASSERT_EQ(std::rename(Path(absl::StrCat(name, ".new")).c_str(), Path(name).c_str()), 0);
  }
  void Settle() {
    files_->Look();
    files_->Look();
  }

  // The word in the log; empty when let in.
  std::string Refusal(absl::string_view id, absl::string_view token) {
    AuthFailure failure;
    const std::string pem = CertificatePem(key_, {.names = {absl::StrCat("URI:", id)},
                                                  .valid_from = now_ - absl::Hours(1),
                                                  .valid_to = now_ + absl::Hours(1)});
    (void)authenticator_->Authenticate({std::string(id)}, pem, token, &failure);
    return failure.reason;
  }
  std::string Token() const {
    const int64_t now = absl::ToUnixSeconds(now_);
    const testing::Json claims = {
        {"iss", kIssuer},   {"sub", "skarh-kompol"},
        {"aud", "hub"},     {"iat", now},
        {"exp", now + 600}, {"auth_time", now},
        {"jti", "t-1"},     {"acr", "http://id.elegnamnden.se/loa/1.0/loa3"}};
    return SignedJwt(R"({"alg":"ES256","typ":"JWT","kid":"p1"})", claims.dump(), "ES256", key_);
  }

  const absl::Time now_ =
      absl::FromCivil(absl::CivilSecond(2026, 11, 22, 12, 0, 0), absl::UTCTimeZone());
  FakeClock clock_{now_};
  const PrivateKey key_ = PrivateKey::P256();
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<IdentityFiles> files_;
};

TEST_F(IdentityFilesTest, ARevocationCountsFromTheSecondLook) {
  Settle();
  const uint64_t epoch = authenticator_->epoch();
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  files_->Look();
  EXPECT_EQ(Refusal(kSystem, ""), "");
  files_->Look();
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  // Open streams ask again.
  EXPECT_EQ(authenticator_->epoch(), epoch + 1);
  Settle();
  EXPECT_EQ(authenticator_->epoch(), epoch + 1) << "what did not change is not read again";
}

TEST_F(IdentityFilesTest, AKeyThatIsWithdrawnTakesItsTokensWithIt) {
  Settle();
  const std::string token = Token();
  EXPECT_EQ(Refusal(kPerson, token), "");
  Put("issuer.json", Jwks({PrivateKey::P256().Jwk("p2")}));
  Settle();
  EXPECT_EQ(Refusal(kPerson, token), "token-kid-unknown");
}

TEST_F(IdentityFilesTest, AListThatIsBeingWrittenLetsNobodyIn) {
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  Settle();
  Write("revoked", "");
  files_->Look();
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  Write("revoked", absl::StrCat("spiffe ", kSystem, "\nspiffe ", kPerson, "\n"));
  files_->Look();
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  files_->Look();
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  EXPECT_EQ(Refusal(kPerson, Token()), "spiffe-id-revoked");
}

TEST_F(IdentityFilesTest, ABrokenFileChangesNothingAndIsToldOnce) {
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  Settle();
  const uint64_t epoch = authenticator_->epoch();
  CaptureStderr();
  Put("revoked", absl::StrCat("spiffe ", kPerson, "\ncertifikat 00\n"));
  for (int i = 0; i < 5; ++i) files_->Look();
  const std::string told = GetCapturedStderr();
  EXPECT_EQ(authenticator_->epoch(), epoch);
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  EXPECT_EQ(Refusal(kPerson, Token()), "") << "not one line of a broken list counts";
  EXPECT_FALSE(files_->current());
  EXPECT_THAT(told, HasSubstr(absl::StrCat(Path("revoked"), ", line 2: expected 'certificate")));
  EXPECT_EQ(told.find("identity_files_refused"), told.rfind("identity_files_refused"));

  CaptureStderr();
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\nspiffe ", kPerson, "\n"));
  Settle();
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("identity_files_read"));
  EXPECT_TRUE(files_->current());
  EXPECT_EQ(Refusal(kPerson, Token()), "spiffe-id-revoked");
}

TEST_F(IdentityFilesTest, AFileThatIsGoneLeavesTheFormerInUse) {
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  Settle();
  ASSERT_EQ(std::remove(Path("revoked").c_str()), 0);
  CaptureStderr();
  Settle();
  EXPECT_THAT(GetCapturedStderr(), HasSubstr(absl::StrCat(Path("revoked"), " cannot be opened")));
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
}

// One file at fault keeps no other from counting.
TEST_F(IdentityFilesTest, ARevocationCountsBesideABrokenKeySet) {
  Settle();
  Put("issuer.json", "{");
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  CaptureStderr();
  Settle();
  EXPECT_THAT(GetCapturedStderr(), HasSubstr(Path("issuer.json")));
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
  EXPECT_EQ(Refusal(kPerson, Token()), "");
}

TEST_F(IdentityFilesTest, ReloadWaitsForNoLook) {
  Put("revoked", absl::StrCat("spiffe ", kSystem, "\n"));
  EXPECT_TRUE(files_->Reload().ok());
  EXPECT_EQ(Refusal(kSystem, ""), "spiffe-id-revoked");
}

}  // namespace
}  // namespace samverkan::rpc
