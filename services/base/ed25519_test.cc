#include "services/base/ed25519.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "services/base/crypto.h"

namespace samverkan {
namespace {

// RFC 8032, 7.1, test 2.
constexpr char kSeed[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr char kPublic[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr char kSignature[] =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

Ed25519PrivateKey Key() {
  return *Ed25519PrivateKey::FromSeed(Secret(absl::HexStringToBytes(kSeed)));
}

TEST(Ed25519Test, MatchesRfc8032) {
  const Ed25519PrivateKey key = Key();
  EXPECT_EQ(absl::BytesToHexString(AsBytes(key.public_key().raw())), kPublic);
  EXPECT_EQ(absl::BytesToHexString(key.Sign("\x72")), kSignature);
  EXPECT_TRUE(key.public_key().Verify("\x72", absl::HexStringToBytes(kSignature)));
}

TEST(Ed25519Test, RefusesEveryOneBitChange) {
  const Ed25519PrivateKey key = Key();
  const std::string signature = key.Sign("message");
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(key.public_key().Verify("message", changed));
  }
  EXPECT_FALSE(key.public_key().Verify("messagf", signature));
  EXPECT_FALSE(key.public_key().Verify("message", signature.substr(1)));
  EXPECT_FALSE(key.public_key().Verify("message", signature + "x"));
  EXPECT_FALSE(key.public_key().Verify("message", ""));
}

TEST(Ed25519Test, ReadsItsOwnPem) {
  SeededRandom random("key");
  const Ed25519PrivateKey key = Ed25519PrivateKey::Generate(random);
  const auto read = Ed25519PrivateKey::FromPem(key.ToPem());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->public_key().raw(), key.public_key().raw());
  EXPECT_EQ(read->Sign("message"), key.Sign("message"));
}

TEST(Ed25519Test, ReadsAPublicPem) {
  const auto key = Ed25519PublicKey::FromPem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
      "-----END PUBLIC KEY-----\n");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(absl::BytesToHexString(AsBytes(key->raw())), kPublic);
}

TEST(Ed25519Test, RefusesWhatIsNoKey) {
  EXPECT_FALSE(Ed25519PublicKey::FromRaw(std::string(31, 'x')).ok());
  EXPECT_FALSE(Ed25519PublicKey::FromPem("").ok());
  EXPECT_FALSE(Ed25519PrivateKey::FromSeed(Secret(std::string(33, 'x'))).ok());
  EXPECT_FALSE(Ed25519PrivateKey::FromSeed(Secret()).ok());
  EXPECT_FALSE(Ed25519PrivateKey::FromPem(Secret("no key")).ok());
  // A key of another kind: X25519.
  EXPECT_FALSE(Ed25519PrivateKey::FromPem(
                   Secret("-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n"
                          "-----END PRIVATE KEY-----\n"))
                   .ok());
}

}  // namespace
}  // namespace samverkan
