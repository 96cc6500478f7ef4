// What is promised of a watch, each as a named check over what clients of a random run received:
// watchers that stall, go away and come back with a token while the log grows past the ring.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_feed.h"

namespace samverkan::journal {
namespace {

constexpr int kUnits = 4;
constexpr int kWatchers = 12;
constexpr size_t kRing = 64;

std::string UnitName(size_t index) {
  return absl::StrCat("parties/p", index, "/units/u");
}

struct Stream {
  FakeSink sink{/*reading=*/true};
  // The token it was opened with; empty for the first.
  std::string opened_with;
};

// One client: its streams one after the other, each resumed from the one before.
struct Client {
  std::vector<std::string> units;
  std::deque<Stream> streams;
};

struct Place {
  int64_t position = 0;
  int target = 0;
  auto operator<=>(const Place&) const = default;
};

Place PlaceOf(const std::string& event) {
  Place place;
  char* end = nullptr;
  place.position = std::strtoll(event.c_str(), &end, 10);
  place.target = static_cast<int>(std::strtol(end + 1, nullptr, 10));
  return place;
}

std::vector<Place> PlacesOf(const std::vector<std::string>& events) {
  std::vector<Place> places;
  for (const std::string& event : events) {
    if (event != "synced") places.push_back(PlaceOf(event));
  }
  return places;
}

std::vector<Place> PlacesOf(Client& client) {
  std::vector<Place> all;
  for (Stream& stream : client.streams) {
    const std::vector<Place> places = PlacesOf(stream.sink.events());
    all.insert(all.end(), places.begin(), places.end());
  }
  return all;
}

// What the log says a watcher of these units must have seen.
std::vector<Place> Expected(const std::vector<EntryPtr>& history,
                            const std::vector<std::string>& units) {
  std::vector<Place> places;
  for (const EntryPtr& entry : history) {
    for (size_t i = 0; i < entry->targets.size(); ++i) {
      if (testing::Value(units, testing::Contains(entry->targets[i].unit))) {
        places.push_back({entry->position, static_cast<int>(i)});
      }
    }
  }
  return places;
}

class FeedGuaranteesTest : public testing::TestWithParam<uint32_t> {
 protected:
  size_t Random(size_t below) {
    return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
  }

  void Write(size_t entries) {
    for (size_t n = 0; n < entries; ++n) {
      std::vector<ChangeTarget> targets(1 + Random(4));
      for (ChangeTarget& target : targets) {
        target = {Random(2) == 0 ? ChangeKind::kIncident : ChangeKind::kDelivery,
                  UnitName(Random(kUnits)), static_cast<int64_t>(1 + Random(50))};
      }
      if (n + 1 < entries) {
        feed_.database()->Write(
            absl::InfiniteFuture(),
            [this, targets](storage::WriteTx& tx) {
              return feed_.log().Append(tx, {.targets = targets}).status();
            },
            [](const absl::Status& status) { SV_CHECK(status.ok(), "an entry is appended"); });
      } else {
        feed_.Change(targets);
      }
    }
  }

  void Open(Client& client, const std::string& token) {
    Stream& stream = client.streams.emplace_back();
    stream.opened_with = token;
    ASSERT_TRUE(feed_.Open(stream.sink, client.units, token).ok());
  }

  void Reconnect(Client& client) {
    Stream& last = client.streams.back();
    // A client that goes away while a message is under way has not got it.
    last.sink.Cancel();
    ASSERT_EQ(last.sink.AwaitEnd().code(), absl::StatusCode::kCancelled);
    std::string token = last.sink.last_token();
    if (token.empty()) token = last.opened_with;
    Open(client, token);
  }

  // A random run; then everybody reads until there is no more.
  void Run(int steps) {
    for (Client& client : clients_) {
      for (size_t unit = 0; unit < kUnits; ++unit) {
        if (Random(2) == 0) client.units.push_back(UnitName(unit));
      }
      if (client.units.empty()) client.units.push_back(UnitName(0));
      Open(client, feed_.TokenForNow(client.units));
    }
    for (int step = 0; step < steps; ++step) {
      Client& client = clients_[Random(kWatchers)];
      switch (Random(8)) {
        case 0:
        case 1:
          client.streams.back().sink.SetReading(false);
          break;
        case 2:
          client.streams.back().sink.SetReading(true);
          break;
        case 3:
          Reconnect(client);
          break;
        case 4:
          feed_.Advance(absl::Seconds(1));
          break;
        case 5:
          feed_.ChangePolicy();
          break;
        default:
          Write(1 + Random(40));
      }
    }
    ASSERT_TRUE(feed_.database()
                    ->Read(absl::InfiniteFuture(),
                           [&](storage::ReadTx& tx) -> absl::Status {
                             SV_ASSIGN_OR_RETURN(history_, ChangeLog::Scan(tx, 0, 1'000'000));
                             return absl::OkStatus();
                           })
                    .ok());
    for (Client& client : clients_) {
      client.streams.back().sink.SetReading(true);
      const size_t expected = Expected(history_, client.units).size();
      size_t before = 0;
      for (size_t i = 0; i + 1 < client.streams.size(); ++i) {
        before += PlacesOf(client.streams[i].sink.events()).size();
      }
      // Too much is for the checks to find; one more event says that it caught up.
      if (expected >= before) client.streams.back().sink.AwaitEvents(expected - before + 1);
    }
  }

  // Positions never go back, within a stream and from one to the next.
  void CheckOrdered(Client& client) {
    const std::vector<Place> places = PlacesOf(client);
    for (size_t i = 1; i < places.size(); ++i) EXPECT_LT(places[i - 1], places[i]);
  }
  // No entry comes twice.
  void CheckUnique(Client& client) {
    std::vector<Place> places = PlacesOf(client);
    std::sort(places.begin(), places.end());
    EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
  }
  // Every entry comes that the log has for these units, and no other.
  void CheckComplete(Client& client) {
    EXPECT_EQ(PlacesOf(client), Expected(history_, client.units));
  }
  // Whatever token a stream has shown, a watch from it shows exactly what followed.
  void CheckResumable(Client& client) {
    std::vector<Place> seen;
    std::vector<std::pair<std::string, size_t>> tokens;
    for (Stream& stream : client.streams) {
      for (const Received& message : stream.sink.messages()) {
        const std::vector<Place> places = PlacesOf(message.events);
        seen.insert(seen.end(), places.begin(), places.end());
        tokens.emplace_back(message.token, seen.size());
      }
    }
    for (int n = 0; n < 5; ++n) {
      const auto& [token, from] = tokens[Random(tokens.size())];
      FakeSink sink;
      ASSERT_TRUE(feed_.Open(sink, client.units, token).ok());
      sink.AwaitEvents(seen.size() - from + 1);  // And that it caught up.
      EXPECT_EQ(PlacesOf(sink.events()), std::vector<Place>(seen.begin() + from, seen.end()));
      sink.Cancel();
      EXPECT_EQ(sink.AwaitEnd().code(), absl::StatusCode::kCancelled);
    }
  }
  // Every message carries a token, heartbeats too; a quiet stream's token moves past what others
  // got, so that it never grows too old to be taken back.
  void CheckBookmarkable(Client& client) {
    for (Stream& stream : client.streams) {
      for (const Received& message : stream.sink.messages()) EXPECT_FALSE(message.token.empty());
    }
    FakeSink& sink = client.streams.back().sink;
    sink.SetReading(true);
    const size_t messages = sink.messages().size();
    feed_.Advance(absl::Seconds(20));
    sink.AwaitMessages(messages + 1);
    FakeSink resumed;
    ASSERT_TRUE(feed_.Open(resumed, client.units, sink.last_token()).ok());
    resumed.AwaitEvents(1);
    EXPECT_EQ(resumed.events(), std::vector<std::string>{"synced"});
    resumed.Cancel();
    EXPECT_EQ(resumed.AwaitEnd().code(), absl::StatusCode::kCancelled);
  }

  std::mt19937 random_{GetParam()};
  FakeFeed feed_{kRing, {.streams_per_holder_max = 100, .stall_max = absl::Hours(10)}};
  std::deque<Client> clients_{kWatchers};
  std::vector<EntryPtr> history_;
};

TEST_P(FeedGuaranteesTest, HoldInARandomRun) {
  Run(std::getenv("SAMVERKAN_LONG") != nullptr ? 4000 : 300);
  if (!HasFatalFailure()) {
    for (Client& client : clients_) {
      CheckOrdered(client);
      CheckUnique(client);
      CheckComplete(client);
      CheckResumable(client);
      CheckBookmarkable(client);
      for (Stream& stream : client.streams) EXPECT_EQ(stream.sink.violations(), 0);
    }
  }
  for (Client& client : clients_) client.streams.back().sink.SetReading(true);
  feed_.Stop();
}

INSTANTIATE_TEST_SUITE_P(Seeds, FeedGuaranteesTest, testing::Range<uint32_t>(1, 7));

}  // namespace
}  // namespace samverkan::journal
