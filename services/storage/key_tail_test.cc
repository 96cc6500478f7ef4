#include "services/storage/key_tail.h"

#include <gtest/gtest.h>

namespace samverkan::storage {
namespace {

constexpr KeyName kName = {.space = KeySpace::kName, .key = {7}};
constexpr KeyName kOther = {.space = KeySpace::kForeignId, .key = {7}};

KeyChange Put(int64_t value) {
  return {.name = kName, .state = {.value = value}};
}
KeyChange Removal() {
  return {.name = kName, .state = {.removed = true}};
}

TEST(KeyTail, ShowsEveryPositionItsOwnChange) {
  KeyTail tail;
  tail.Add(3, {Put(30)});
  tail.Add(5, {Removal()});
  tail.Add(9, {Put(90)});
  EXPECT_FALSE(tail.Find(kName, 2).has_value());
  EXPECT_EQ(tail.Find(kName, 3)->value, 30);
  EXPECT_EQ(tail.Find(kName, 4)->value, 30);
  EXPECT_TRUE(tail.Find(kName, 8)->removed);
  EXPECT_EQ(tail.Find(kName, 9)->value, 90);
  EXPECT_FALSE(tail.Find(kOther, 9).has_value());
  EXPECT_EQ(tail.size(), 1);
}

TEST(KeyTail, TheLastChangeOfAGroupCounts) {
  KeyTail tail;
  tail.Add(1, {Put(1), Removal(), Put(2)});
  EXPECT_EQ(tail.Find(kName, 1)->value, 2);
}

TEST(KeyTail, RetractsWhatDidNotCommit) {
  KeyTail tail;
  tail.Add(1, {Put(1)});
  tail.Add(2, {Removal(), Put(2)});
  tail.Retract(2, {Removal(), Put(2)});
  EXPECT_EQ(tail.Find(kName, 9)->value, 1);
  tail.Retract(1, {Put(1)});
  EXPECT_FALSE(tail.Find(kName, 9).has_value());
  EXPECT_EQ(tail.size(), 0);
}

TEST(KeyTail, DropsUpToAPosition) {
  KeyTail tail;
  tail.Add(1, {Put(1)});
  tail.Add(2, {Put(2)});
  tail.Add(4, {Put(4)});
  tail.Drop(kName, 2);
  EXPECT_FALSE(tail.Find(kName, 3).has_value());
  EXPECT_EQ(tail.Find(kName, 4)->value, 4);
  tail.Drop(kName, 4);
  tail.Drop(kOther, 4);
  EXPECT_EQ(tail.size(), 0);
}

}  // namespace
}  // namespace samverkan::storage
