#include "services/rpc/recent_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/base/crypto.h"

namespace samverkan::rpc {
namespace {

Hash KeyOf(int i) {
  return Sha256(absl::StrCat(i));
}

TEST(RecentCacheTest, KeepsAtMostWhatItMay) {
  RecentCache<Hash, int> cache(100);
  for (int i = 0; i < 10000; ++i) {
    cache.Put(KeyOf(i), std::make_shared<int>(i));
    ASSERT_LE(cache.size(), 100u);
  }
  EXPECT_EQ(*cache.Find(KeyOf(9999)), 9999);
  EXPECT_EQ(cache.Find(KeyOf(0)), nullptr);
}

TEST(RecentCacheTest, WhatIsAskedForStays) {
  RecentCache<Hash, int> cache(100);
  cache.Put(KeyOf(-1), std::make_shared<int>(-1));
  for (int i = 0; i < 10000; ++i) {
    cache.Put(KeyOf(i), std::make_shared<int>(i));
    if (i % 20 == 0) {
      ASSERT_NE(cache.Find(KeyOf(-1)), nullptr);
    }
    ASSERT_LE(cache.size(), 100u);
  }
}

TEST(RecentCacheTest, ANewValueReplacesTheFormer) {
  RecentCache<Hash, int> cache(4);
  cache.Put(KeyOf(1), std::make_shared<int>(1));
  for (int i = 2; i < 4; ++i) cache.Put(KeyOf(i), std::make_shared<int>(i));
  cache.Put(KeyOf(1), std::make_shared<int>(10));
  EXPECT_EQ(*cache.Find(KeyOf(1)), 10);
}

}  // namespace
}  // namespace samverkan::rpc
