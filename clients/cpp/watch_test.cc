#include "clients/cpp/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "clients/cpp/fake_hub.h"

namespace samverkan::client {
namespace {

using ::samverkan::feed::v1::Event;
using ::samverkan::feed::v1::WatchRequest;
using ::samverkan::feed::v1::WatchResponse;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// Plays one script a stream and writes down the tokens the streams began with.
class ScriptedFeed final : public FeedService::Service {
 public:
  using Script = std::function<grpc::Status(grpc::ServerWriter<WatchResponse>*)>;

  grpc::Status Watch(grpc::ServerContext* context, const WatchRequest* request,
                     grpc::ServerWriter<WatchResponse>* writer) override {
    tokens.push_back(request->resume_token());
    if (tokens.size() <= scripts.size()) return scripts[tokens.size() - 1](writer);
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "the mandate has ended");
  }

  std::vector<Script> scripts;
  std::vector<std::string> tokens;
};

WatchResponse Message(const std::vector<std::string>& incidents, const std::string& token,
                      bool synced = false) {
  WatchResponse message;
  for (const auto& name : incidents) message.add_events()->mutable_incident()->set_name(name);
  if (synced) message.add_events()->mutable_synced();
  message.set_resume_token(token);
  return message;
}

class Collector final : public WatchHandler {
 public:
  bool OnEvent(const Event& event) override {
    seen.push_back(event.has_synced() ? "synced" : event.incident().name());
    return seen.size() != stop_after;
  }
  bool OnToken(absl::string_view token) override {
    seen.push_back(absl::StrCat("token ", token));
    return true;
  }
  void OnInterrupted(const CallError& error, absl::Duration) override {
    interruptions.push_back(error.code);
  }
  size_t stop_after = 0;
  std::vector<std::string> seen;
  std::vector<absl::StatusCode> interruptions;
};

grpc::Status Gone() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping");
}

TEST(Watch, GoesOnFromTheLastTokenInOrder) {
  ScriptedFeed feed;
  feed.scripts = {[](auto* writer) {
                    writer->Write(Message({"a", "b"}, "t1"));
                    writer->Write(Message({}, "t2"));  // A heartbeat moves the token.
                    return Gone();
                  },
                  [](auto* writer) { return Gone(); },
                  [](auto* writer) {
                    writer->Write(Message({"c"}, "t3", /*synced=*/true));
                    return grpc::Status::OK;
                  }};
  FakeHub hub(feed);
  Collector collector;
  Watcher watcher(hub.client(), WatchRequest());
  const absl::Status status = watcher.Run(collector);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(collector.seen,
              ElementsAre("a", "b", "token t1", "token t2", "c", "synced", "token t3"));
  EXPECT_THAT(feed.tokens, ElementsAre("", "t2", "t2", "t3"));
  EXPECT_THAT(collector.interruptions, SizeIs(3));
}

TEST(Watch, EndsWhereTheHandlerSaysSoWithoutThatMessagesToken) {
  ScriptedFeed feed;
  feed.scripts = {[](auto* writer) {
    writer->Write(Message({"a", "b", "c"}, "t1"));
    return Gone();
  }};
  FakeHub hub(feed);
  Collector collector;
  collector.stop_after = 2;
  EXPECT_TRUE(Watcher(hub.client(), WatchRequest()).Run(collector).ok());
  EXPECT_THAT(collector.seen, ElementsAre("a", "b"));
  EXPECT_THAT(feed.tokens, SizeIs(1));
}

TEST(Watch, AnEndedTokenIsRenewedOnceWhereTheStreamHadStood) {
  ScriptedFeed feed;
  const auto expired = [] {
    return Refusal(grpc::StatusCode::UNAUTHENTICATED, "IDENTITY_INSUFFICIENT");
  };
  feed.scripts = {[&](auto* writer) {
                    writer->Write(Message({"a"}, "t1"));
                    return expired();
                  },
                  [&](auto* writer) { return expired(); }};
  FakeHub hub(feed);
  Collector collector;
  const absl::Status status = Watcher(hub.client(), WatchRequest()).Run(collector);
  EXPECT_EQ(ErrorOf(status).reason, "IDENTITY_INSUFFICIENT");
  EXPECT_THAT(feed.tokens, ElementsAre("", "t1"));
}

TEST(Watch, GivesUpWhereTheHubStaysAway) {
  ScriptedFeed feed;
  feed.scripts.assign(50, [](auto*) { return Gone(); });
  FakeHub hub(feed);
  Collector collector;
  EXPECT_EQ(Watcher(hub.client(), WatchRequest()).Run(collector).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_THAT(feed.tokens, SizeIs(6));
}

TEST(Watch, CancelEndsIt) {
  ScriptedFeed feed;
  feed.scripts = {[](auto* writer) {
    writer->Write(Message({"a"}, "t1"));
    return Gone();
  }};
  FakeHub hub(feed);
  class Canceller final : public WatchHandler {
   public:
    bool OnEvent(const Event&) override {
      watcher->Cancel();
      return true;
    }
    Watcher* watcher = nullptr;
  } handler;
  Watcher watcher(hub.client(), WatchRequest());
  handler.watcher = &watcher;
  EXPECT_TRUE(watcher.Run(handler).ok());
}

}  // namespace
}  // namespace samverkan::client
