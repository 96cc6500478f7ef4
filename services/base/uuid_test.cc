#include "services/base/uuid.h"

#include <gtest/gtest.h>

namespace samverkan {
namespace {

TEST(UuidTest, RandomOnesAreVersion4AndDiffer) {
  SeededRandom random("uuid");
  const Uuid first = Uuid::Random(random);
  EXPECT_EQ(first.version(), 4);
  EXPECT_NE(first, Uuid::Random(random));
  EXPECT_EQ(Uuid::Parse(first.ToString()), first);
}

TEST(UuidTest, ParsesTheCanonicalText) {
  const auto uuid = Uuid::Parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ(uuid->version(), 7);
  EXPECT_EQ(uuid->bytes()[0], 0x01);
  EXPECT_EQ(uuid->bytes()[15], 0x8f);
  EXPECT_EQ(uuid->ToString(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(UuidTest, RefusesEveryOtherText) {
  for (const char* text :
       {"", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c40dc0c0c07398f", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        " 017f22e2-79b0-7cc3-98c4-dc0c0c07398"}) {
    EXPECT_EQ(Uuid::Parse(text), std::nullopt) << text;
  }
}

TEST(UuidTest, OtherVariantsHaveNoVersion) {
  EXPECT_EQ(Uuid().version(), 0);
  EXPECT_EQ(Uuid::Parse("017f22e2-79b0-4cc3-d8c4-dc0c0c07398f")->version(), 0);
}

}  // namespace
}  // namespace samverkan
