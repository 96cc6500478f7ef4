#include "services/journal/ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "services/journal/change_log.h"

namespace samverkan::journal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EntryPtr Entry(int64_t position) {
  auto entry = std::make_shared<ChangeEntry>();
  entry->position = position;
  entry->time = absl::FromUnixSeconds(position);
  return entry;
}

// The positions read, or -1 where the ring no longer holds them.
std::vector<int64_t> Read(const Ring& ring, int64_t after, size_t limit) {
  std::vector<EntryPtr> entries;
  if (!ring.Read(after, limit, &entries)) return {-1};
  std::vector<int64_t> positions;
  for (const EntryPtr& entry : entries) positions.push_back(entry->position);
  return positions;
}

TEST(RingTest, HoldsTheNewestEntries) {
  Ring ring(4);
  EXPECT_EQ(ring.head().position, 0);
  EXPECT_THAT(Read(ring, 0, 10), IsEmpty());
  for (int64_t position = 1; position <= 4; ++position) ring.Publish(Entry(position));
  EXPECT_THAT(Read(ring, 0, 10), ElementsAre(1, 2, 3, 4));
  ring.Publish(Entry(5));
  EXPECT_EQ(ring.first(), 2);
  EXPECT_EQ(ring.head().position, 5);
  EXPECT_EQ(ring.head().time, absl::FromUnixSeconds(5));
  EXPECT_THAT(Read(ring, 0, 10), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 1, 10), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(Read(ring, 1, 2), ElementsAre(2, 3));
  EXPECT_THAT(Read(ring, 5, 10), IsEmpty());
}

TEST(RingTest, StartsBehindWhatTheLogHas) {
  Ring ring(4);
  ring.StartAt({7, absl::FromUnixSeconds(7)});
  EXPECT_EQ(ring.first(), 8);
  EXPECT_THAT(Read(ring, 6, 10), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 7, 10), IsEmpty());
  ring.Publish(Entry(8));
  ring.StartAt({3, absl::FromUnixSeconds(3)});
  EXPECT_THAT(Read(ring, 7, 10), ElementsAre(8));
}

TEST(RingTest, StartsAnewAfterAGap) {
  Ring ring(4);
  ring.Publish(Entry(1));
  ring.Publish(Entry(2));
  ring.Publish(Entry(9));
  EXPECT_EQ(ring.first(), 9);
  EXPECT_THAT(Read(ring, 2, 10), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 8, 10), ElementsAre(9));
}

TEST(RingTest, ReadersSeeConsecutiveEntriesWhileTheWriterRuns) {
  Ring ring(64);
  int64_t woken = 0;
  ring.Listen([&woken] { ++woken; });
  constexpr int64_t kEntries = 20'000;
  std::thread writer([&ring] {
    for (int64_t position = 1; position <= kEntries; ++position) ring.Publish(Entry(position));
  });
  int64_t last = 0;
  while (last < kEntries) {
    std::vector<EntryPtr> entries;
    if (!ring.Read(last, 16, &entries)) {
      last = ring.first() - 1;
      continue;
    }
    for (const EntryPtr& entry : entries) {
      ASSERT_EQ(entry->position, last + 1);
      last = entry->position;
    }
  }
  writer.join();
  ring.Listen({});
  EXPECT_EQ(woken, kEntries);
}

}  // namespace
}  // namespace samverkan::journal
