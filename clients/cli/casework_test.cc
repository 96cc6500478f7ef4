#include "clients/cli/casework.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/home.h"

namespace samverkan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Casework, ReadsTheDemosFile) {
  const auto acts = ParseCasework(*ReadFile("deploy/data/assessments.json"));
  ASSERT_TRUE(acts.ok()) << acts.status();
  EXPECT_GE(acts->size(), 30u);
  const CaseAct& first = acts->front();
  EXPECT_EQ(first.event, 580265);
  EXPECT_EQ(first.assessor, "skarh-kompol");
  EXPECT_EQ(first.content.category(), "INC_RAN_PERS");
  ASSERT_THAT(first.releases, SizeIs(1));
  EXPECT_EQ(first.releases[0].request.clause(), "agreements/lok-hal-skarh/clauses/l2");
  EXPECT_EQ(first.releases[0].purpose, "PUR_LAGESBILD");
  const CaseAct& correction = (*acts)[1];
  EXPECT_EQ(correction.kind, CaseAct::Kind::kCorrect);
  EXPECT_EQ(correction.on_state, 2);
  EXPECT_EQ(correction.content.category(), "INC_TIL_BUTIK");
  EXPECT_FALSE(correction.note.reason().empty());
}

TEST(Casework, SaysWhichEntryIsWrong) {
  EXPECT_FALSE(ParseCasework("{}").ok());
  EXPECT_THAT(std::string(ParseCasework(R"([{"act":"none"},{"act":"guess"}])").status().message()),
              HasSubstr("entry 2"));
  EXPECT_THAT(
      std::string(ParseCasework(R"([{"act":"assess","content":{"bogus":1}}])").status().message()),
      HasSubstr("content"));
}

}  // namespace
}  // namespace samverkan::cli
