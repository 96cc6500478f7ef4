#include "services/rpc/jwks.h"

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/base/base64.h"
#include "tests/support/identities.h"

namespace samverkan::rpc {
namespace {

using ::samverkan::testing::Json;
using ::samverkan::testing::Jwks;
using ::samverkan::testing::PrivateKey;
using ::testing::HasSubstr;

const PrivateKey& Rsa() {
  static const PrivateKey& key = *new PrivateKey(PrivateKey::Rsa());
  return key;
}

Json With(Json key, absl::string_view member, Json value) {
  key[member] = std::move(value);
  return key;
}

std::string Refusal(const Json& key) {
  const auto parsed = ParseJwks(Jwks({key}));
  return std::string(parsed.status().message());
}

TEST(JwksTest, ReadsKeysOfEveryType) {
  const auto keys =
      ParseJwks(Jwks({Rsa().Jwk("rs"), With(PrivateKey::P256().Jwk("es"), "alg", "ES256"),
                      PrivateKey::Ed25519().Jwk("ed")}));
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_EQ((*keys)[0].key.type(), VerificationKey::Type::kRsa);
  EXPECT_EQ((*keys)[0].key.SignatureSize(), 256u);
  EXPECT_EQ((*keys)[1].key.type(), VerificationKey::Type::kP256);
  EXPECT_EQ((*keys)[1].algorithm, JwtAlgorithm::kEs256);
  EXPECT_EQ((*keys)[2].key.type(), VerificationKey::Type::kEd25519);
}

TEST(JwksTest, PassesOverKeysItHasNoNeedOf) {
  const Json good = PrivateKey::P256().Jwk("es");
  const auto keys = ParseJwks(Jwks({{{"kty", "unheard-of"}},
                                    With(good, "use", "enc"),
                                    With(good, "alg", "ES512"),
                                    With(good, "crv", "P-521"),
                                    With(good, "key_ops", Json::array({"sign"})),
                                    With(good, "key_ops", Json::array({"verify"}))}));
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 1u);
}

TEST(JwksTest, RefusesSetsThatAreNotRight) {
  const std::string good = Jwks({PrivateKey::P256().Jwk("es")});
  EXPECT_TRUE(ParseJwks(good).ok());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
        std::string(R"({"keys":[]})"), std::string(R"({"keys":[1]})"), good + "x",
        std::string(R"({"keys":[],"keys":[]})"), std::string(kJwksBytesMax + 1, ' ')}) {
    EXPECT_FALSE(ParseJwks(text).ok()) << text.substr(0, 80);
  }
  const Json key = PrivateKey::Ed25519().Jwk("ed");
  EXPECT_THAT(std::string(ParseJwks(Jwks({key, key})).status().message()), HasSubstr("twice"));
  EXPECT_THAT(std::string(ParseJwks(Jwks(std::vector<Json>(33, key))).status().message()),
              HasSubstr("32"));
}

TEST(JwksTest, RefusesSecretsInAPublicFile) {
  EXPECT_THAT(Refusal({{"kty", "oct"}, {"kid", "hs"}, {"k", "c2VjcmV0"}}), HasSubstr("secret"));
  EXPECT_THAT(Refusal(With(PrivateKey::Ed25519().Jwk("ed"), "d", "AAAA")), HasSubstr("secret"));
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "p", "AAAA")), HasSubstr("secret"));
}

TEST(JwksTest, RefusesWeakAndMalformedKeys) {
  EXPECT_EQ(Refusal(Rsa().Jwk("rs")), "");
  EXPECT_THAT(Refusal(PrivateKey::Rsa(1024).Jwk("rs")), HasSubstr("2048"));
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "e", "Aw")), HasSubstr("65537"));    // 3
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "e", "AQAA")), HasSubstr("65537"));  // 65536
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "e", "AAEAAQ")), HasSubstr("malformed"));
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "n", "")), HasSubstr("malformed"));
  EXPECT_THAT(Refusal(With(Rsa().Jwk("rs"), "n", Base64UrlEncode(std::string(1025, '\x91')))),
              HasSubstr("malformed"));
  const Json point = PrivateKey::P256().Jwk("es");
  EXPECT_THAT(Refusal(With(point, "x", point["y"])), HasSubstr("curve"));
  EXPECT_THAT(Refusal(With(point, "y", Base64UrlEncode(std::string(32, '\0')))),
              HasSubstr("curve"));
  EXPECT_THAT(Refusal(With(point, "y", Base64UrlEncode(std::string(31, 'a')))),
              HasSubstr("32 bytes"));
  EXPECT_THAT(Refusal(With(point, "y", 7)), HasSubstr("32 bytes"));
  EXPECT_THAT(Refusal(With(point, "alg", "EdDSA")), HasSubstr("fit"));
  EXPECT_THAT(Refusal(With(point, "kid", "")), HasSubstr("kid"));
  EXPECT_THAT(Refusal(With(point, "kid", std::string(129, 'k'))), HasSubstr("kid"));
}

TEST(JwksTest, RefusesEd25519KeysOfSmallOrder) {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(VerificationKey::Ed25519(absl::HexStringToBytes(hex)).ok()) << hex;
  }
}

class KeySourceTest : public ::testing::Test {
 protected:
  std::string file() const {
    return absl::StrCat(::testing::TempDir(), "jwks_",
                        ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void Write(absl::string_view text) {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << text;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
};

TEST_F(KeySourceTest, AFloodOfUnknownKeysReadsTheFileOnceInThirtySeconds) {
  Write(Jwks({PrivateKey::P256().Jwk("known")}));
  auto source = *KeySource::Open(file(), clock_);
  EXPECT_EQ(source->reads(), 1);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 2500; ++i) {
        EXPECT_EQ(source->Find(absl::StrCat("unknown-", thread, "-", i)), nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(source->reads(), 1);
  clock_.Advance(KeySource::kRereadInterval);
  for (int i = 0; i < 10000; ++i) source->Find("unknown");
  EXPECT_EQ(source->reads(), 2);
  EXPECT_NE(source->Find("known"), nullptr);
}

TEST_F(KeySourceTest, OldKeysServeWhileTheFileIsGoneOrBroken) {
  Write(Jwks({PrivateKey::P256().Jwk("known")}));
  auto source = *KeySource::Open(file(), clock_);
  const uint64_t generation = source->generation();
  std::remove(file().c_str());
  EXPECT_EQ(source->Reload().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(source->Find("known"), nullptr);
  Write("{\"keys\":[");
  EXPECT_EQ(source->Reload().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(source->Find("known"), nullptr);
  EXPECT_EQ(source->generation(), generation);
  Write(Jwks({PrivateKey::P256().Jwk("next")}));
  EXPECT_TRUE(source->Reload().ok());
  EXPECT_EQ(source->Find("known"), nullptr);
  EXPECT_NE(source->Find("next"), nullptr);
  EXPECT_EQ(source->generation(), generation + 1);
}

TEST_F(KeySourceTest, DoesNotOpenWithoutKeys) {
  EXPECT_THAT(std::string(KeySource::Open(file(), clock_).status().message()), HasSubstr(file()));
  Write(std::string(kJwksBytesMax + 1, ' '));
  EXPECT_FALSE(KeySource::Open(file(), clock_).ok());
}

}  // namespace
}  // namespace samverkan::rpc
