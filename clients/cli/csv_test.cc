#include "clients/cli/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace samverkan::cli {
namespace {

using ::testing::ElementsAre;

TEST(Csv, ReadsQuotesLineEndsAndEmptyFields) {
  const auto rows = ParseCsv("a,b\r\n\"Rån, försök\",\"say \"\"no\"\"\"\n\n,x\n\"two\nlines\",");
  ASSERT_TRUE(rows.ok());
  EXPECT_THAT(*rows, ElementsAre(ElementsAre("a", "b"), ElementsAre("Rån, försök", "say \"no\""),
                                 ElementsAre("", "x"), ElementsAre("two\nlines", "")));
}

TEST(Csv, RefusesAnOpenQuote) {
  EXPECT_FALSE(ParseCsv("a\n\"b").ok());
}

}  // namespace
}  // namespace samverkan::cli
