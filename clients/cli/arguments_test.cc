#include "clients/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace samverkan::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<Flag> kFlags = {
    {"to", "UNIT", {"", ""}}, {"yes", "", {"", ""}}, {"limit", "N", {"", ""}}};

TEST(Arguments, TakesFlagsAndPositionsInAnyOrder) {
  const auto arguments =
      Arguments::Parse({"--to", "a", "item", "--to=b=c", "--yes", "--", "--to"}, kFlags);
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(arguments->positions(), ElementsAre("item", "--to"));
  EXPECT_THAT(arguments->All("to"), ElementsAre("a", "b=c"));
  EXPECT_EQ(arguments->Get("to"), "b=c");
  EXPECT_TRUE(arguments->Has("yes"));
  EXPECT_FALSE(arguments->Has("limit"));
  EXPECT_THAT(arguments->All("limit"), IsEmpty());
  EXPECT_EQ(*arguments->Number("limit", 7), 7);
}

TEST(Arguments, SaysWhatIsTypedWrong) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--unknown"}, {"--to"}, {"--yes=1"}, {"item", "--limt", "3"}}) {
    EXPECT_TRUE(IsUsageError(Arguments::Parse(words, kFlags).status())) << words.back();
  }
  const auto arguments = Arguments::Parse({"--limit", "many"}, kFlags);
  EXPECT_TRUE(IsUsageError(arguments->Number("limit", 1).status()));
  EXPECT_TRUE(IsUsageError(arguments->Require("to").status()));
  EXPECT_FALSE(IsUsageError(absl::InvalidArgumentError("the hub's")));
}

TEST(Language, IsSwedishOnlyWhereAskedFor) {
  EXPECT_EQ(LanguageOf("sv_SE.UTF-8"), Language::kSwedish);
  EXPECT_EQ(LanguageOf("en"), Language::kEnglish);
  EXPECT_EQ(LanguageOf(""), Language::kEnglish);
  EXPECT_EQ(LanguageOf("C.UTF-8"), Language::kEnglish);
}

TEST(Arguments, SaysWhatIsWrongInTheReadersLanguage) {
  const absl::Status status = Arguments::Parse({"--bogus"}, {}).status();
  EXPECT_EQ(UsageSentence(status, Language::kSwedish), "okänd flagga --bogus");
  EXPECT_EQ(UsageSentence(status, Language::kEnglish), "unknown flag --bogus");
}

}  // namespace
}  // namespace samverkan::cli
