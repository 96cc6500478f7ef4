#include "services/base/crypto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"

namespace samverkan {
namespace {

std::string Hex(const Hash& hash) {
  return absl::BytesToHexString(AsBytes(hash));
}

TEST(Sha256Test, MatchesFips180Vectors) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PartsHashLikeTheirConcatenation) {
  EXPECT_EQ(Sha256Parts({"a", "", "bc"}), Sha256("abc"));
}

TEST(HmacTest, MatchesRfc4231) {
  EXPECT_EQ(Hex(HmacSha256(Secret("Jefe"), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(Secret(), "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(ConstantTimeEqualTest, ComparesLengthAndBytes) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("ab", "ab"));
  EXPECT_FALSE(ConstantTimeEqual("ab", "ac"));
  EXPECT_FALSE(ConstantTimeEqual("ab", "abc"));
}

TEST(JoinUnambiguouslyTest, DifferentListsGiveDifferentBytes) {
  const std::set<std::string> joined = {
      JoinUnambiguously({}),         JoinUnambiguously({""}),       JoinUnambiguously({"ab"}),
      JoinUnambiguously({"a", "b"}), JoinUnambiguously({"", "ab"}), JoinUnambiguously({"ab", ""}),
      JoinUnambiguously({"b", "a"})};
  EXPECT_EQ(joined.size(), 7u);
}

class AeadTest : public testing::Test {
 protected:
  SeededRandom random_{"aead"};
  Aead aead_ = *Aead::Create(Secret(random_.Bytes(Aead::kKeySize)));
};

TEST_F(AeadTest, OpensWhatItSealed) {
  for (const std::string& text : {std::string(), std::string("plats"), std::string(5000, 'x')}) {
    const std::string sealed = aead_.Seal(random_, text, "associated");
    EXPECT_EQ(sealed.size(), text.size() + Aead::kOverhead);
    EXPECT_EQ(aead_.Open(sealed, "associated"), text);
  }
}

TEST_F(AeadTest, MatchesTheGcmSpecificationsTestCase16) {
  const Aead aead = *Aead::Create(Secret(
      absl::HexStringToBytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")));
  const std::string sealed = absl::HexStringToBytes(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(
      aead.Open(sealed, absl::HexStringToBytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")),
      absl::HexStringToBytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                             "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST_F(AeadTest, RefusesEveryOneBitChangeAndEveryTruncation) {
  const std::string sealed = aead_.Seal(random_, "belysning", "associated");
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(aead_.Open(changed, "associated"), std::nullopt) << "bit " << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(aead_.Open(sealed.substr(0, size), "associated"), std::nullopt);
  }
  EXPECT_EQ(aead_.Open(sealed, "associateD"), std::nullopt);
  EXPECT_EQ(aead_.Open(sealed, ""), std::nullopt);
}

TEST_F(AeadTest, RefusesAnotherKeyAndAKeyOfAnotherSize) {
  const Aead other = *Aead::Create(Secret(random_.Bytes(Aead::kKeySize)));
  EXPECT_EQ(other.Open(aead_.Seal(random_, "text", ""), ""), std::nullopt);
  EXPECT_FALSE(Aead::Create(Secret(random_.Bytes(31))).ok());
  EXPECT_FALSE(Aead::Create(Secret(random_.Bytes(33))).ok());
}

TEST_F(AeadTest, NeverRepeatsANonce) {
  EXPECT_NE(aead_.Seal(random_, "text", ""), aead_.Seal(random_, "text", ""));
}

TEST(SeededRandomTest, RepeatsItselfWhateverTheSliceSizes) {
  SeededRandom whole("seed");
  SeededRandom sliced("seed");
  const std::string expected = whole.Bytes(100);
  std::string joined;
  for (size_t size : {1, 31, 33, 35}) joined += sliced.Bytes(size);
  EXPECT_EQ(joined, expected);
  EXPECT_NE(SeededRandom("other").Bytes(100), expected);
}

TEST(SystemRandomTest, GivesOtherBytesEachTime) {
  SystemRandom random;
  EXPECT_NE(random.Bytes(32), random.Bytes(32));
}

TEST(SecretTest, PrintsAsStarsAndMovesWithoutLeavingACopy) {
  Secret secret("hemlig");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  Secret moved = std::move(secret);
  EXPECT_EQ(moved.Reveal(), "hemlig");
  EXPECT_TRUE(
      secret.empty());  // NOLINT(bugprone-use-after-move): the moved-from state is the point.
  secret = moved.Clone();
  EXPECT_EQ(secret.Reveal(), "hemlig");
  std::string text = "lösen";
  EXPECT_EQ(Secret::Take(text).Reveal(), "lösen");
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace samverkan
