#include "services/base/sealed_token.h"

#include <gtest/gtest.h>

#include "services/base/base64.h"

namespace samverkan {
namespace {

class SealedTokenTest : public testing::Test {
 protected:
  SeededRandom random_{"tokens"};
  std::string key_ = random_.Bytes(32);
  TokenSealer sealer_ = *TokenSealer::Create(Secret(key_), random_);
};

TEST_F(SealedTokenTest, OpensForThePurposeAndBindingItWasMadeFor) {
  const std::string token = sealer_.Seal("page", {"principal", "arguments"}, "position 17");
  EXPECT_EQ(sealer_.Open("page", {"principal", "arguments"}, token), "position 17");
  EXPECT_EQ(sealer_.Open("resume", {"principal", "arguments"}, token), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {"another", "arguments"}, token), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {"principalarguments"}, token), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {"principala", "rguments"}, token), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {}, token), std::nullopt);
}

TEST_F(SealedTokenTest, OpensInAnotherProcessWithTheSameKeyAlone) {
  const std::string token = sealer_.Seal("page", {}, "payload");
  SeededRandom other_random("other");
  EXPECT_EQ(TokenSealer::Create(Secret(key_), other_random)->Open("page", {}, token), "payload");
  EXPECT_EQ(
      TokenSealer::Create(Secret(other_random.Bytes(32)), other_random)->Open("page", {}, token),
      std::nullopt);
}

TEST_F(SealedTokenTest, RefusesEveryForgery) {
  const std::string token = sealer_.Seal("page", {"principal"}, "position 17");
  const std::string bytes = *Base64UrlDecode(token);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(sealer_.Open("page", {"principal"}, Base64UrlEncode(changed)), std::nullopt);
  }
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_EQ(sealer_.Open("page", {"principal"}, token.substr(0, size)), std::nullopt);
  }
  EXPECT_EQ(sealer_.Open("page", {"principal"}, token + "="), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {"principal"}, "17"), std::nullopt);
  EXPECT_EQ(sealer_.Open("page", {"principal"}, std::string(1 << 20, 'A')), std::nullopt);
}

TEST_F(SealedTokenTest, TwoTokensForOnePositionDiffer) {
  EXPECT_NE(sealer_.Seal("freshness", {}, "17"), sealer_.Seal("freshness", {}, "17"));
}

TEST_F(SealedTokenTest, RefusesAShortKey) {
  EXPECT_FALSE(TokenSealer::Create(Secret("short"), random_).ok());
}

}  // namespace
}  // namespace samverkan
