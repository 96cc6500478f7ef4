#include "services/journal/feed_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "services/base/error.h"
#include "tests/support/fake_feed.h"

namespace samverkan::journal {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kUnit[] = "parties/a/units/a1";
constexpr char kOther[] = "parties/b/units/b1";

TEST(FeedEngineTest, SaysThatItCaughtUpThenShowsWhatHappens) {
  FakeFeed feed;
  feed.ChangeItem(kUnit, 1);
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}).ok());
  sink.AwaitMessages(1);
  EXPECT_THAT(sink.events(), ElementsAre("synced"));
  feed.ChangeItem(kUnit, 2);
  feed.ChangeItem(kOther, 3);
  feed.ChangeItem(kUnit, 4);
  sink.AwaitEvents(3);
  EXPECT_THAT(sink.events(), ElementsAre("synced", "2.0 1 2", "4.0 1 4"));
  sink.Cancel();
  EXPECT_EQ(sink.AwaitEnd().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(sink.violations(), 0);
}

TEST(FeedEngineTest, ShowsNothingOfAKindThatWasNotAskedFor) {
  FakeFeed feed;
  FakeSink sink;
  ASSERT_TRUE(feed.engine()
                  .Open({.holder = "holder",
                         .subscriptions = {{kUnit, KindBit(ChangeKind::kDelivery)}},
                         .guard = std::make_shared<FakeGuard>()},
                        sink)
                  .ok());
  feed.Change({{ChangeKind::kIncident, kUnit, 1},
               {ChangeKind::kDelivery, kOther, 2},
               {ChangeKind::kDelivery, kUnit, 3}});
  sink.AwaitEvents(2);
  EXPECT_THAT(sink.events(), testing::UnorderedElementsAre("synced", "1.2 2 3"));
  feed.Stop();
}

TEST(FeedEngineTest, RendersAnEventOnceForAllWhoWatchTheUnit) {
  FakeFeed feed(Ring::kCapacity, {.streams_per_holder_max = 100});
  std::deque<FakeSink> sinks;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(feed.Open(sinks.emplace_back(), {kUnit}).ok());
  }
  for (FakeSink& sink : sinks) sink.AwaitEvents(1);
  EXPECT_EQ(feed.engine().stats().rendered, 0);
  feed.ChangeItem(kUnit, 7);
  for (FakeSink& sink : sinks) sink.AwaitEvents(2);
  EXPECT_EQ(feed.engine().stats().rendered, 1);
  EXPECT_EQ(feed.engine().stats().events, 100);
  feed.Stop();
}

TEST(FeedEngineTest, CollectsWhileAMessageIsUnderWay) {
  FakeFeed feed;
  FakeSink sink(/*reading=*/false);
  ASSERT_TRUE(feed.Open(sink, {kUnit}).ok());
  sink.AwaitUnderWay();
  feed.ChangeItems(kUnit, 100);
  sink.SetReading(true);
  sink.AwaitEvents(101);
  EXPECT_THAT(sink.messages(), SizeIs(3));
  EXPECT_THAT(sink.messages()[1].events, SizeIs(64));
  EXPECT_THAT(sink.messages()[2].events, SizeIs(36));
  feed.Stop();
}

TEST(FeedEngineTest, ASlowWatcherLagsAndLosesNothing) {
  FakeFeed feed(/*ring_capacity=*/64);
  auto guard = std::make_shared<FakeGuard>();
  FakeSink slow(/*reading=*/false);
  ASSERT_TRUE(feed.Open(slow, {kUnit}, "", guard).ok());
  FakeSink quick;
  ASSERT_TRUE(feed.Open(quick, {kUnit}).ok());
  slow.AwaitUnderWay();
  quick.AwaitEvents(1);
  constexpr int kChanges = 600;
  feed.ChangeItems(kUnit, kChanges);
  quick.AwaitEvents(kChanges + 1);
  // The quick one may lag for a moment too: the ring is small.
  EXPECT_GE(feed.engine().stats().lagging, 1);
  slow.SetReading(true);
  slow.AwaitEvents(kChanges + 1);
  EXPECT_EQ(slow.events(), quick.events());
  EXPECT_GE(feed.engine().stats().pages, 1);
  // What was read from the log, beyond the outbox, has a record.
  EXPECT_GE(guard->recorded(), kChanges - 256 - 64);
  feed.ChangeItem(kUnit, 1);
  slow.AwaitEvents(kChanges + 2);
  EXPECT_EQ(feed.engine().stats().lagging, 0);
  feed.Stop();
}

TEST(FeedEngineTest, ListThenWatchHasNoGap) {
  FakeFeed feed;
  feed.ChangeItem(kUnit, 1);
  const std::string token = feed.TokenForNow({kUnit});
  feed.ChangeItem(kUnit, 2);
  FakeSink sink;
  auto guard = std::make_shared<FakeGuard>();
  ASSERT_TRUE(feed.Open(sink, {kUnit}, token, guard).ok());
  sink.AwaitEvents(2);
  EXPECT_THAT(sink.events(), ElementsAre("2.0 1 2", "synced"));
  EXPECT_EQ(guard->recorded(), 1);
  feed.Stop();
}

TEST(FeedEngineTest, ResumesAfterARestartFromTheLog) {
  FakeFeed feed;
  const std::string from_the_beginning = feed.TokenForNow({kUnit});
  feed.ChangeItem(kUnit, 1);
  const std::string token = feed.TokenForNow({kUnit});
  feed.ChangeItem(kUnit, 2);
  feed.Restart();
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}, token).ok());
  FakeSink all;
  ASSERT_TRUE(feed.Open(all, {kUnit}, from_the_beginning).ok());
  FakeSink present;
  ASSERT_TRUE(feed.Open(present, {kUnit}, feed.TokenForNow({kUnit})).ok());
  sink.AwaitEvents(2);
  EXPECT_THAT(sink.events(), ElementsAre("2.0 1 2", "synced"));
  all.AwaitEvents(3);
  EXPECT_THAT(all.events(), ElementsAre("1.0 1 1", "2.0 1 2", "synced"));
  present.AwaitEvents(1);
  EXPECT_THAT(present.events(), ElementsAre("synced"));
  feed.Stop();
}

TEST(FeedEngineTest, RefusesTokensOfOthers) {
  FakeFeed feed;
  feed.ChangeItem(kUnit, 1);
  const std::string token = feed.TokenForNow({kUnit});
  FakeSink sink;
  const auto reason = [](const absl::Status& status) { return ReasonOf(status); };
  const auto refused = errors::v1::ERROR_REASON_FIELD_INVALID;
  auto guard = std::make_shared<FakeGuard>();
  EXPECT_EQ(reason(feed.Open(sink, {kUnit}, "forged")), refused);
  EXPECT_EQ(reason(feed.Open(sink, {kOther}, token)), refused);
  EXPECT_EQ(reason(feed.Open(sink, {kUnit, kOther}, token)), refused);
  EXPECT_EQ(reason(feed.Open(sink, {kUnit}, token, guard, "another holder")), refused);
  std::string changed = token;
  changed[10] = changed[10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason(feed.Open(sink, {kUnit}, changed)), refused);
  feed.Advance(absl::Hours(24 * 30));
  EXPECT_TRUE(feed.Open(sink, {kUnit}, token).ok());
  feed.Advance(absl::Seconds(1));
  FakeSink late;
  EXPECT_EQ(reason(feed.Open(late, {kUnit}, token)), refused);
  feed.Stop();
}

// As after the restoring of a backup: the position is there, but it is another entry's.
TEST(FeedEngineTest, RefusesATokenOfAnotherHistory) {
  FakeFeed feed;
  feed.ChangeItem(kUnit, 1);
  SystemRandom random;
  const TokenSealer sealer = *TokenSealer::Create(Secret(std::string(32, 'k')), random);
  const absl::Time now = feed.database().clock().Now();
  const auto token = [&](int64_t position, absl::Time time) {
    return SealCursor(sealer, {"holder", {kUnit}}, {position, FeedCursor::kAllTargets, time}, now);
  };
  for (const bool restarted : {false, true}) {
    if (restarted) feed.Restart();
    FakeSink other;
    ASSERT_TRUE(feed.Open(other, {kUnit}, token(1, now - absl::Hours(1))).ok());
    EXPECT_EQ(ReasonOf(other.AwaitEnd()), errors::v1::ERROR_REASON_FIELD_INVALID);
    FakeSink beyond;
    ASSERT_TRUE(feed.Open(beyond, {kUnit}, token(99, now)).ok());
    EXPECT_EQ(ReasonOf(beyond.AwaitEnd()), errors::v1::ERROR_REASON_FIELD_INVALID);
    EXPECT_THAT(other.messages(), IsEmpty());
    EXPECT_THAT(beyond.messages(), IsEmpty());
  }
}

TEST(FeedEngineTest, NothingSealedLeavesFromMemory) {
  FakeFeed feed(Ring::kCapacity, {.streams_per_holder_max = 100});
  FakeSink quick;
  ASSERT_TRUE(feed.Open(quick, {kUnit}).ok());
  FakeSink slow(/*reading=*/false);
  ASSERT_TRUE(feed.Open(slow, {kUnit}).ok());
  slow.AwaitUnderWay();
  feed.ChangeItem(kUnit, 1);
  // Rendered and in the cache for the slow one too.
  quick.AwaitEvents(2);
  feed.renderer().Seal(1);
  feed.ChangeItem(kUnit, 1);
  slow.SetReading(true);
  slow.AwaitEvents(3);
  EXPECT_THAT(slow.events(), ElementsAre("synced", "1.0 sealed", "2.0 sealed"));
  feed.Stop();
}

TEST(FeedEngineTest, HeartbeatsCarryAFreshToken) {
  FakeFeed feed;
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}).ok());
  sink.AwaitMessages(1);
  feed.ChangeItem(kOther, 1);
  feed.Advance(absl::Seconds(15));
  sink.AwaitMessages(2);
  EXPECT_THAT(sink.messages()[1].events, IsEmpty());
  feed.ChangeItem(kUnit, 2);
  sink.AwaitMessages(3);
  // The heartbeat's token lies behind the other unit's entry and before its own.
  FakeSink resumed;
  auto guard = std::make_shared<FakeGuard>();
  ASSERT_TRUE(feed.Open(resumed, {kUnit}, sink.messages()[1].token, guard).ok());
  resumed.AwaitEvents(2);
  EXPECT_THAT(resumed.events(), ElementsAre("2.0 1 2", "synced"));
  feed.Stop();
}

TEST(FeedEngineTest, EndsWithTheMandateWithoutTraffic) {
  FakeFeed feed;
  auto guard = std::make_shared<FakeGuard>();
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}, "", guard).ok());
  sink.AwaitMessages(1);
  guard->End(Error(errors::v1::ERROR_REASON_NO_MANDATE, "ended"));
  feed.ChangePolicy();
  EXPECT_EQ(ReasonOf(sink.AwaitEnd()), errors::v1::ERROR_REASON_NO_MANDATE);
  EXPECT_EQ(sink.violations(), 0);
}

TEST(FeedEngineTest, EndsAtTheInstantTheCertificateEnds) {
  FakeFeed feed;
  auto guard = std::make_shared<FakeGuard>();
  guard->EndAt(feed.database().clock().Now() + absl::Seconds(5));
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}, "", guard).ok());
  sink.AwaitMessages(1);
  feed.Advance(absl::Seconds(5));
  EXPECT_EQ(sink.AwaitEnd().code(), absl::StatusCode::kUnauthenticated);
}

TEST(FeedEngineTest, AStreamThatMustEndDoesNotWaitForItsReader) {
  FakeFeed feed;
  auto guard = std::make_shared<FakeGuard>();
  FakeSink sink(/*reading=*/false);
  ASSERT_TRUE(feed.Open(sink, {kUnit}, "", guard).ok());
  sink.AwaitUnderWay();
  guard->End(Error(errors::v1::ERROR_REASON_NO_MANDATE, "ended"));
  feed.ChangePolicy();
  // The engine may be slower than this clock, which then moves further than it must.
  while (!sink.ended()) feed.Advance(absl::Milliseconds(1));
  EXPECT_EQ(feed.engine().stats().stalled, 0);
  EXPECT_EQ(ReasonOf(sink.AwaitEnd()), errors::v1::ERROR_REASON_NO_MANDATE);
  EXPECT_TRUE(sink.aborted());
}

TEST(FeedEngineTest, DecidesAnewOnlyWhenTheRulesChange) {
  FakeFeed feed;
  auto guard = std::make_shared<FakeGuard>();
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}, "", guard).ok());
  feed.ChangeItems(kUnit, 20);
  sink.AwaitEvents(21);
  EXPECT_EQ(guard->checks(), 1);
  feed.ChangePolicy();
  feed.ChangeItem(kUnit, 21);
  sink.AwaitEvents(22);
  EXPECT_EQ(guard->checks(), 2);
  feed.Stop();
}

TEST(FeedEngineTest, CutsAStreamThatDoesNotTakeItsMessage) {
  FakeFeed feed;
  FakeSink sink(/*reading=*/false);
  ASSERT_TRUE(feed.Open(sink, {kUnit}).ok());
  sink.AwaitUnderWay();
  feed.Advance(absl::Seconds(59));
  EXPECT_EQ(feed.engine().stats().stalled, 0);
  feed.Advance(absl::Seconds(1));
  EXPECT_EQ(sink.AwaitEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(sink.aborted());
  EXPECT_EQ(feed.engine().stats().stalled, 1);
}

TEST(FeedEngineTest, StopsWithALastTokenForEverybody) {
  FakeFeed feed;
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}).ok());
  sink.AwaitMessages(1);
  feed.engine().BeginStop();
  EXPECT_EQ(sink.AwaitEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(sink.messages(), SizeIs(2));
  FakeSink refused;
  EXPECT_EQ(ReasonOf(feed.Open(refused, {kUnit})), errors::v1::ERROR_REASON_NOT_READY);
  feed.Restart();
  FakeSink resumed;
  feed.ChangeItem(kUnit, 5);
  ASSERT_TRUE(feed.Open(resumed, {kUnit}, sink.last_token()).ok());
  resumed.AwaitEvents(2);
  EXPECT_THAT(resumed.events(), ElementsAre("1.0 1 5", "synced"));
  feed.Stop();
}

TEST(FeedEngineTest, LimitsStreams) {
  FakeFeed feed(Ring::kCapacity, {.streams_max = 3, .streams_per_holder_max = 2});
  std::deque<FakeSink> sinks;
  const auto open = [&](const std::string& holder) {
    return feed.Open(sinks.emplace_back(), {kUnit}, "", std::make_shared<FakeGuard>(), holder);
  };
  EXPECT_TRUE(open("a").ok());
  EXPECT_TRUE(open("a").ok());
  EXPECT_EQ(ReasonOf(open("a")), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  EXPECT_TRUE(open("b").ok());
  EXPECT_EQ(ReasonOf(open("c")), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  // A stream that ended makes room.
  sinks[0].Cancel();
  EXPECT_EQ(sinks[0].AwaitEnd().code(), absl::StatusCode::kCancelled);
  absl::Status status;
  while (!(status = open("a")).ok()) {
    ASSERT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_LIMIT_EXCEEDED);
  }
  feed.Stop();
}

TEST(FeedEngineTest, TriesAgainWhenRenderingOrRecordingFails) {
  FakeFeed feed;
  auto guard = std::make_shared<FakeGuard>();
  const std::string token = feed.TokenForNow({kUnit});
  feed.ChangeItem(kUnit, 1);
  guard->SetRecording(false);
  feed.renderer().Fail(2);
  FakeSink sink;
  ASSERT_TRUE(feed.Open(sink, {kUnit}, token, guard).ok());
  while (guard->recorded() == 0) feed.Advance(absl::Milliseconds(1));
  EXPECT_THAT(sink.events(), Not(Contains("1.0 1 1")));
  guard->SetRecording(true);
  while (sink.events().size() < 2) feed.Advance(absl::Milliseconds(1));
  EXPECT_THAT(sink.events(), ElementsAre("1.0 1 1", "synced"));
  feed.Stop();
}

}  // namespace
}  // namespace samverkan::journal
