#include "services/rpc/stream.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "samverkan/feed/v1/feed.grpc.pb.h"
#include "services/base/error.h"

namespace samverkan::rpc {
namespace {

using feed::v1::FeedService;
using feed::v1::WatchRequest;
using feed::v1::WatchResponse;
using ::testing::ElementsAre;

// What one stream tells, in order: "sent", "broken", "gone", "deleted".
class Diary {
 public:
  void Add(const std::string& word) {
    absl::MutexLock lock(&mutex_);
    words_.push_back(word);
  }
  void Await(const std::string& word) {
    absl::MutexLock lock(&mutex_);
    const auto written = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return std::find(words_.begin(), words_.end(), word) != words_.end();
    };
    mutex_.Await(absl::Condition(&written));
  }
  void Clear() {
    absl::MutexLock lock(&mutex_);
    words_.clear();
  }
  std::vector<std::string> words() {
    absl::MutexLock lock(&mutex_);
    return words_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> words_ ABSL_GUARDED_BY(mutex_);
};

class Stream final : public RawStream {
 public:
  Stream(grpc::CallbackServerContext* context, Diary& diary, std::function<void(Stream&)> on_sent)
      : RawStream(context), diary_(diary), on_sent_(std::move(on_sent)) {}
  ~Stream() override { diary_.Add("deleted"); }

  using RawStream::AbortStream;
  using RawStream::FinishStream;
  using RawStream::SendPieces;

 private:
  void OnSent(bool ok) override {
    diary_.Add(ok ? "sent" : "broken");
    if (on_sent_) on_sent_(*this);
  }
  void OnGone() override { diary_.Add("gone"); }

  Diary& diary_;
  const std::function<void(Stream&)> on_sent_;
};

class Service final : public FeedService::WithRawCallbackMethod_Watch<FeedService::Service> {
 public:
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override {
    auto* stream = new Stream(context, diary, on_sent);
    {
      absl::MutexLock lock(&mutex_);
      stream_ = stream;
    }
    return stream->reactor();
  }
  Stream& Await() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Stream** stream) { return *stream != nullptr; }, &stream_));
    return *stream_;
  }

  Diary diary;
  // Runs in the reaction to a write that is done.
  std::function<void(Stream&)> on_sent;

 private:
  absl::Mutex mutex_;
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

RawStream::Bytes Piece(const std::string& unit) {
  WatchResponse response;
  response.add_events()->set_unit(unit);
  return std::make_shared<const std::string>(response.SerializeAsString());
}

std::string Tail(const std::string& token) {
  WatchResponse response;
  response.set_resume_token(token);
  return response.SerializeAsString();
}

absl::Status Stopping() {
  return Error(errors::v1::ERROR_REASON_NOT_READY, "The hub stops.");
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~StreamTest() override { server_->Shutdown(); }

  // In process a write is under way until the caller reads it.
  Stream& Open() {
    stub_ = FeedService::NewStub(server_->InProcessChannel({}));
    reader_ = stub_->Watch(&context_, WatchRequest());
    return service_.Await();
  }
  grpc::Status Finish() {
    WatchResponse response;
    while (reader_->Read(&response)) {
    }
    return reader_->Finish();
  }

  std::vector<std::string> Words() { return service_.diary.words(); }

  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<FeedService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<WatchResponse>> reader_;
};

TEST_F(StreamTest, PiecesAndTailAreOneMessageHoweverManyTheyAre) {
  Stream& stream = Open();
  for (const int count : {0, 1, 15, 16, 40}) {
    std::vector<RawStream::Bytes> pieces;
    for (int i = 0; i < count; ++i) pieces.push_back(Piece(absl::StrCat("unit ", i)));
    stream.SendPieces(pieces, Tail(absl::StrCat("token ", count)));
    WatchResponse response;
    ASSERT_TRUE(reader_->Read(&response));
    ASSERT_EQ(response.events_size(), count);
    for (int i = 0; i < count; ++i) EXPECT_EQ(response.events(i).unit(), absl::StrCat("unit ", i));
    EXPECT_EQ(response.resume_token(), absl::StrCat("token ", count));
    // The next write waits for this one.
    service_.diary.Await("sent");
    service_.diary.Clear();
  }
  stream.FinishStream(absl::OkStatus());
  EXPECT_TRUE(Finish().ok());
  service_.diary.Await("deleted");
}

TEST_F(StreamTest, SharedBytesAreLetGoWhenTheyAreSent) {
  Stream& stream = Open();
  absl::Notification freed;
  RawStream::Bytes piece(new std::string(*Piece("unit")), [&](const std::string* bytes) {
    delete bytes;
    freed.Notify();
  });
  stream.SendPieces({piece}, Tail("token"));
  piece.reset();
  WatchResponse response;
  ASSERT_TRUE(reader_->Read(&response));
  freed.WaitForNotification();
  service_.diary.Await("sent");
  stream.FinishStream(absl::OkStatus());
  EXPECT_TRUE(Finish().ok());
  service_.diary.Await("deleted");
}

TEST_F(StreamTest, AnEndDuringAWriteWaitsForIt) {
  Stream& stream = Open();
  stream.SendPieces({Piece("unit")}, Tail("last"));
  stream.FinishStream(Stopping());
  WatchResponse response;
  ASSERT_TRUE(reader_->Read(&response));
  EXPECT_EQ(response.resume_token(), "last") << "the message under way arrives whole";
  EXPECT_FALSE(reader_->Read(&response));
  const grpc::Status status = Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "The hub stops.");
  service_.diary.Await("deleted");
  EXPECT_THAT(Words(), ElementsAre("deleted")) << "no reaction after an end";
}

TEST_F(StreamTest, AnAbortGivesUpTheWriteUnderWay) {
  Stream& stream = Open();
  stream.SendPieces({Piece("unit")}, Tail("never"));
  stream.AbortStream(Stopping());
  service_.diary.Await("deleted");  // Though nobody reads.
  EXPECT_FALSE(Finish().ok());
  EXPECT_THAT(Words(), ::testing::Not(::testing::Contains("sent")));
}

TEST_F(StreamTest, AnAbortWithoutAWriteTellsItsReason) {
  Stream& stream = Open();
  stream.AbortStream(Stopping());
  EXPECT_EQ(Finish().error_message(), "The hub stops.");
  service_.diary.Await("deleted");
}

TEST_F(StreamTest, ASecondEndIsIgnored) {
  service_.on_sent = [](Stream& stream) {
    stream.FinishStream(Stopping());
    stream.FinishStream(absl::OkStatus());
    stream.AbortStream(absl::OkStatus());
  };
  Stream& stream = Open();
  stream.SendPieces({}, Tail("token"));
  WatchResponse response;
  ASSERT_TRUE(reader_->Read(&response));
  EXPECT_EQ(Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  service_.diary.Await("deleted");
  EXPECT_THAT(Words(), ElementsAre("sent", "deleted"));
}

TEST_F(StreamTest, ACallerThatGoesIsToldOnceAndTheStreamWaitsToBeEnded) {
  Stream& stream = Open();
  context_.TryCancel();
  service_.diary.Await("gone");
  EXPECT_THAT(Words(), ElementsAre("gone"));
  stream.FinishStream(absl::CancelledError());
  service_.diary.Await("deleted");
  EXPECT_THAT(Words(), ElementsAre("gone", "deleted"));
  EXPECT_EQ(Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StreamTest, AWriteToACallerThatIsGoneIsBroken) {
  Stream& stream = Open();
  stream.SendPieces({Piece("unit")}, Tail("never"));
  context_.TryCancel();
  service_.diary.Await("gone");
  service_.diary.Await("broken");
  stream.FinishStream(absl::CancelledError());
  service_.diary.Await("deleted");
  EXPECT_EQ(Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// The write completes, the caller goes and the hub aborts all at once, again and again: exactly one
// of them ends the stream.
TEST_F(StreamTest, AnAbortMayMeetTheEndOfTheWriteItGivesUp) {
  for (int round = 0; round < 200; ++round) {
    Service service;
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    const auto stub = FeedService::NewStub(server->InProcessChannel({}));
    grpc::ClientContext context;
    const auto reader = stub->Watch(&context, WatchRequest());
    Stream& stream = service.Await();
    stream.SendPieces({Piece("unit")}, Tail("token"));
    std::thread client([&] {
      WatchResponse response;
      reader->Read(&response);
      if (round % 2 == 0) context.TryCancel();
    });
    stream.AbortStream(Stopping());
    client.join();
    EXPECT_FALSE(reader->Finish().ok());
    service.diary.Await("deleted");
    server->Shutdown();
  }
}

}  // namespace
}  // namespace samverkan::rpc
