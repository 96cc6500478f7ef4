#include "services/storage/pending_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace samverkan::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const AppendTable kLines = {.name = "lines", .columns = {"id", "text"}};
const AppendTable kOthers = {.name = "others", .columns = {"id"}};

const KeyName kName = {.space = KeySpace::kName, .key = {1, 2, 3}};

class PendingGroupTest : public ::testing::Test {
 protected:
  std::vector<int64_t> Ids(const AppendTable& table) {
    std::vector<int64_t> ids;
    for (const PendingGroup::Table& pending : group_.tables()) {
      if (pending.definition.name != table.name) continue;
      for (const auto& row : pending.rows) ids.push_back(std::get<int64_t>(row[0]));
    }
    return ids;
  }
  PendingGroup group_;
};

TEST_F(PendingGroupTest, UndoTakesBackOnlyTheFunctionThatRuns) {
  group_.StartFunction();
  group_.Append(kLines, {group_.Next("lines"), std::string("kept")});
  group_.ChangeKey({.name = kName, .state = {.value = 1}});
  group_.StartFunction();
  group_.Append(kLines, {group_.Next("lines"), std::string("undone")});
  group_.Append(kOthers, {int64_t{9}});
  group_.ChangeKey({.name = kName, .state = {.value = 2}});
  group_.ChangeKey({.name = kName, .state = {.removed = true}});
  EXPECT_TRUE(group_.FindKey(kName)->removed);
  group_.UndoFunction();
  EXPECT_THAT(Ids(kLines), ElementsAre(1));
  EXPECT_THAT(Ids(kOthers), IsEmpty());
  EXPECT_EQ(group_.FindKey(kName)->value, 1);
  EXPECT_EQ(group_.key_changes().size(), 1);
  EXPECT_EQ(group_.Next("lines"), 2);
}

TEST_F(PendingGroupTest, UndoRestoresTheSize) {
  group_.StartFunction();
  group_.Append(kLines, {int64_t{1}, std::string(100, 'x')});
  const int64_t size = group_.bytes();
  EXPECT_GE(size, 100);
  group_.StartFunction();
  group_.Append(kLines, {int64_t{2}, std::string(100, 'x')});
  EXPECT_EQ(group_.bytes(), 2 * size);
  group_.UndoFunction();
  EXPECT_EQ(group_.bytes(), size);
}

TEST_F(PendingGroupTest, ADiscardedGroupGivesItsNumbersBack) {
  group_.LoadCounter("lines", 41);
  group_.StartFunction();
  EXPECT_EQ(group_.Next("lines"), 42);
  group_.Discard();
  EXPECT_TRUE(group_.empty());
  group_.StartFunction();
  EXPECT_EQ(group_.Next("lines"), 42);
  EXPECT_TRUE(group_.Committed().empty());
  EXPECT_TRUE(group_.empty());
  group_.StartFunction();
  EXPECT_EQ(group_.Next("lines"), 43);
}

TEST_F(PendingGroupTest, HooksAreGivenOnceInOrderWithoutThoseUndone) {
  std::vector<int> ran;
  group_.StartFunction();
  group_.OnCommit([&] { ran.push_back(1); });
  group_.StartFunction();
  group_.OnCommit([&] { ran.push_back(2); });
  group_.UndoFunction();
  group_.OnCommit([&] { ran.push_back(3); });
  for (auto& hook : group_.Committed()) hook();
  EXPECT_TRUE(group_.Committed().empty());
  EXPECT_THAT(ran, ElementsAre(1, 3));
}

TEST_F(PendingGroupTest, FindsRowsByKey) {
  group_.StartFunction();
  for (int64_t id : {3, 5, 8}) group_.Append(kLines, {id, std::to_string(id)});
  EXPECT_EQ(std::get<std::string>((*group_.Find(kLines, 5))[1]), "5");
  EXPECT_EQ(group_.Find(kLines, 4), nullptr);
  EXPECT_EQ(group_.Find(kLines, 9), nullptr);
  EXPECT_EQ(group_.Find(kOthers, 3), nullptr);
}

using PendingGroupDeathTest = PendingGroupTest;

TEST_F(PendingGroupDeathTest, RowsOutOfOrderAreAMistake) {
  group_.StartFunction();
  group_.Append(kOthers, {int64_t{2}});
  EXPECT_DEATH(group_.Append(kOthers, {int64_t{2}}), "ascending order");
  EXPECT_DEATH(group_.Append(kOthers, {int64_t{3}, int64_t{4}}), "a value for every column");
}

}  // namespace
}  // namespace samverkan::storage
