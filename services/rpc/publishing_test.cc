#include "services/rpc/publishing.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "services/rpc/pool.h"
#include "tests/support/exchange.h"

namespace samverkan::rpc {
namespace {

using incidents::v1::IncidentService;
using incidents::v1::PublishIncidentsRequest;
using incidents::v1::PublishIncidentsResponse;
using incidents::v1::PublishResult;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

using Publishing =
    PublishingStream<PublishIncidentsRequest, PublishIncidentsResponse, PublishResult>;
using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
using Done = absl::AnyInvocable<void(PublishResult)>;

constexpr char kPath[] = "/samverkan.incidents.v1.IncidentService/PublishIncidents";
constexpr int kReceiveBytesMax = 100'000;

PublishResult ResultOf(int64_t sequence) {
  PublishResult result;
  result.set_sequence(sequence);
  return result;
}

// What one stream hands over, answered when the test says so.
class Receiver {
 public:
  // The stream is gone when nothing holds what this captures.
  Publishing::Act Act() {
    auto gone = std::shared_ptr<void>(nullptr, [this](void*) { gone_.Notify(); });
    return [this, gone](const PublishIncidentsRequest& request, Done done) {
      absl::MutexLock lock(&mutex_);
      waiting_.emplace(request.sequence(), std::move(done));
      most_ = std::max(most_, waiting_.size());
    };
  }

  void AwaitWaiting(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return waiting_.size() >= count;
    };
    mutex_.Await(absl::Condition(&reached));
  }
  void Answer(int64_t sequence) {
    Done done;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = waiting_.find(sequence);
      ASSERT_NE(found, waiting_.end()) << sequence;
      done = std::move(found->second);
      waiting_.erase(found);
    }
    done(ResultOf(sequence));
  }
  // The most messages that waited at once.
  size_t most() {
    absl::MutexLock lock(&mutex_);
    return most_;
  }
  bool IsGone() const { return gone_.HasBeenNotified(); }
  void AwaitGone() { gone_.WaitForNotification(); }

 private:
  absl::Mutex mutex_;
  std::map<int64_t, Done> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t most_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Notification gone_;
};

class Service final
    : public IncidentService::WithRawCallbackMethod_PublishIncidents<IncidentService::Service> {
 public:
  std::function<Publishing*()> make;
  // OK: the stream is let in.
  absl::Status admission;
  Reactor* PublishIncidents(grpc::CallbackServerContext* context) override {
    Publishing* const stream = make();
    if (admission.ok()) {
      stream->Begin();
    } else {
      stream->Refuse(admission);
    }
    return stream;
  }
};

// The caller's end of one stream.
class Client {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(IncidentService::NewStub(channel)), stream_(stub_->PublishIncidents(&context_)) {}

  bool Send(int64_t sequence) {
    PublishIncidentsRequest request;
    request.set_sequence(sequence);
    return stream_->Write(request);
  }
  void SendUpTo(int64_t last) {
    for (int64_t sequence = 1; sequence <= last; ++sequence) ASSERT_TRUE(Send(sequence));
  }
  void HalfClose() { stream_->WritesDone(); }
  // The sequences of the next response; empty where none comes.
  std::vector<int64_t> Read() {
    PublishIncidentsResponse response;
    std::vector<int64_t> sequences;
    if (!stream_->Read(&response)) return sequences;
    for (const PublishResult& result : response.results()) sequences.push_back(result.sequence());
    EXPECT_EQ(response.sequence(), sequences.empty() ? 0 : sequences.back())
        << "an answer says up to where everything is answered";
    return sequences;
  }
  std::vector<int64_t> ReadAll() {
    std::vector<int64_t> all;
    for (std::vector<int64_t> some = Read(); !some.empty(); some = Read())
      all.insert(all.end(), some.begin(), some.end());
    return all;
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() { return stream_->Finish(); }

 private:
  const std::unique_ptr<IncidentService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<PublishIncidentsRequest, PublishIncidentsResponse>>
      stream_;
};

std::vector<int64_t> UpTo(int64_t last) {
  std::vector<int64_t> all(static_cast<size_t>(last));
  std::iota(all.begin(), all.end(), 1);
  return all;
}

// The one field at fault.
google::rpc::BadRequest::FieldViolation FaultOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::BadRequest bad_request;
  for (const auto& detail : details.details()) {
    if (detail.Is<google::rpc::BadRequest>()) detail.UnpackTo(&bad_request);
  }
  EXPECT_EQ(bad_request.field_violations_size(), 1);
  return bad_request.field_violations_size() == 1 ? bad_request.field_violations(0)
                                                  : google::rpc::BadRequest::FieldViolation();
}

std::string Bytes(int64_t sequence) {
  PublishIncidentsRequest request;
  request.set_sequence(sequence);
  return request.SerializeAsString();
}

class PublishingTest : public ::testing::Test {
 protected:
  PublishingTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~PublishingTest() override { server_->Shutdown(); }

  // The next stream is this receiver's.
  void Serve(Receiver& receiver, int64_t window = 256) {
    service_.make = [&receiver, window] {
      return new Publishing(receiver.Act(), {.window = window});
    };
  }
  Client Connect() { return Client(server_->InProcessChannel({})); }
  // Over a connection of its own.
  std::shared_ptr<grpc::Channel> Channel() const {
    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                               grpc::InsecureChannelCredentials());
  }

  int port_ = 0;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(PublishingTest, AnswersAreCumulativeAndInOrder) {
  Receiver receiver;
  Serve(receiver);
  Client client = Connect();
  client.SendUpTo(5);
  receiver.AwaitWaiting(5);
  receiver.Answer(3);
  receiver.Answer(2);
  receiver.Answer(1);
  EXPECT_THAT(client.Read(), ElementsAre(1, 2, 3));
  receiver.Answer(5);
  receiver.Answer(4);
  EXPECT_THAT(client.Read(), ElementsAre(4, 5));
  client.HalfClose();
  EXPECT_THAT(client.Read(), IsEmpty());
  EXPECT_TRUE(client.Finish().ok());
  receiver.AwaitGone();
}

TEST_F(PublishingTest, BeyondTheWindowNothingIsRead) {
  constexpr int64_t kWindow = 3;
  constexpr int64_t kMessages = 20;
  Receiver receiver;
  Serve(receiver, kWindow);
  Client client = Connect();
  std::thread sender([&] {
    client.SendUpTo(kMessages);
    client.HalfClose();
  });
  for (int64_t sequence = 1; sequence <= kMessages; ++sequence) {
    receiver.AwaitWaiting(std::min<size_t>(kWindow, kMessages - sequence + 1));
    // Another stream comes and goes: time enough to read too much.
    Receiver aside;
    Serve(aside);
    Client passing = Connect();
    passing.HalfClose();
    EXPECT_TRUE(passing.Finish().ok());
    aside.AwaitGone();
    receiver.Answer(sequence);
    EXPECT_THAT(client.Read(), ElementsAre(sequence));
  }
  sender.join();
  EXPECT_TRUE(client.Finish().ok());
  EXPECT_EQ(receiver.most(), kWindow);
}

TEST_F(PublishingTest, AGapEndsTheStreamWhenWhatCameBeforeIsAnswered) {
  const std::vector<std::vector<int64_t>> broken = {{0}, {2}, {-1}, {1, 1}, {1, 2, 4}};
  for (const std::vector<int64_t>& sequences : broken) {
    Receiver receiver;
    Serve(receiver);
    Client client = Connect();
    for (const int64_t sequence : sequences) ASSERT_TRUE(client.Send(sequence));
    const auto good = static_cast<int64_t>(sequences.size()) - 1;
    receiver.AwaitWaiting(static_cast<size_t>(good));
    for (int64_t sequence = good; sequence > 0; --sequence) receiver.Answer(sequence);
    EXPECT_THAT(client.ReadAll(), ElementsAreArray(UpTo(good)));
    const grpc::Status status = client.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(FaultOf(status).field(), "sequence");
    receiver.AwaitGone();
    EXPECT_EQ(receiver.most(), good) << "what broke the order was not acted upon";
  }
}

// What is no message, after so many that are.
TEST_F(PublishingTest, BytesThatAreNoMessageEndTheStreamWhenWhatCameBeforeIsAnswered) {
  const std::string cut_short = Bytes(1).substr(0, 1);
  const std::string too_long = "\x12\x7f";
  const std::string no_text = "\x12\x04\x0a\x02\xff\xfe";  // create.parent, not UTF-8
  for (const std::string& garbage : {std::string("no message"), cut_short, too_long, no_text}) {
    for (const int64_t good : {0, 1, 3}) {
      Receiver receiver;
      Serve(receiver);
      grpc::ClientContext context;
      testing::Exchange exchange(Channel(), context, kPath);
      ASSERT_TRUE(exchange.Start());
      for (int64_t sequence = 1; sequence <= good; ++sequence)
        ASSERT_TRUE(exchange.Write(Bytes(sequence)));
      ASSERT_TRUE(exchange.Write(garbage));
      // Nobody reads it any more: it may be refused already.
      exchange.Write(Bytes(good + 1));
      receiver.AwaitWaiting(static_cast<size_t>(good));
      for (int64_t sequence = good; sequence > 0; --sequence) receiver.Answer(sequence);
      int64_t answered = 0;
      PublishIncidentsResponse response;
      for (std::string bytes; exchange.Read(&bytes);) {
        ASSERT_TRUE(response.ParseFromString(bytes));
        answered += response.results_size();
      }
      EXPECT_EQ(answered, good);
      EXPECT_EQ(response.sequence(), good);
      const grpc::Status status = exchange.Finish();
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(FaultOf(status).field(), "");
      EXPECT_EQ(FaultOf(status).description(),
                absl::StrCat("message ", good + 1, " of the stream is not a ",
                             "PublishIncidentsRequest"));
      receiver.AwaitGone();
      EXPECT_EQ(receiver.most(), good) << "neither it nor what came after it was acted upon";
    }
  }
}

// Each parses, so the rules of messages say what is wrong with it, if anything.
TEST_F(PublishingTest, AnEmptyMessageAndUnknownFieldsAreMessages) {
  Receiver receiver;
  Serve(receiver);
  grpc::ClientContext context;
  testing::Exchange exchange(Channel(), context, kPath);
  ASSERT_TRUE(exchange.Start());
  ASSERT_TRUE(exchange.Write(Bytes(1) + "\xfa\x7f\x03xyz"));  // field 2047
  receiver.AwaitWaiting(1);
  ASSERT_TRUE(exchange.Write(""));
  receiver.Answer(1);
  std::string bytes;
  EXPECT_TRUE(exchange.Read(&bytes));
  EXPECT_FALSE(exchange.Read(&bytes));
  EXPECT_EQ(FaultOf(exchange.Finish()).field(), "sequence");
  receiver.AwaitGone();
}

// gRPC refuses it before it is parsed, and ends the call as it does for every method.
TEST_F(PublishingTest, AMessageThatIsTooLargeIsNotRead) {
  PublishIncidentsRequest request;
  request.set_sequence(1);
  std::string* const parent = request.mutable_create()->mutable_parent();
  parent->assign(kReceiveBytesMax, 'a');
  for (const bool fits : {true, false}) {
    parent->resize(parent->size() + kReceiveBytesMax - request.ByteSizeLong() + (fits ? 0 : 1));
    ASSERT_EQ(request.ByteSizeLong(), kReceiveBytesMax + (fits ? 0 : 1));
    Receiver receiver;
    Serve(receiver);
    grpc::ClientContext context;
    testing::Exchange exchange(Channel(), context, kPath);
    ASSERT_TRUE(exchange.Start());
    exchange.WriteLast(request.SerializeAsString());
    if (fits) {
      receiver.AwaitWaiting(1);
      receiver.Answer(1);
    }
    std::string bytes;
    EXPECT_EQ(exchange.Read(&bytes), fits);
    EXPECT_EQ(exchange.Finish().error_code(),
              fits ? grpc::StatusCode::OK : grpc::StatusCode::RESOURCE_EXHAUSTED);
    receiver.AwaitGone();
    EXPECT_EQ(receiver.most(), fits ? 1 : 0);
  }
}

TEST_F(PublishingTest, AHalfCloseWaitsForWhatIsOutstanding) {
  Receiver receiver;
  Serve(receiver);
  Client client = Connect();
  client.SendUpTo(3);
  client.HalfClose();
  receiver.AwaitWaiting(3);
  receiver.Answer(2);
  receiver.Answer(3);
  EXPECT_FALSE(receiver.IsGone());
  receiver.Answer(1);
  EXPECT_THAT(client.ReadAll(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(client.Finish().ok());
  receiver.AwaitGone();
}

TEST_F(PublishingTest, AStreamOfNothingEndsWell) {
  Receiver receiver;
  Serve(receiver);
  Client client = Connect();
  client.HalfClose();
  EXPECT_THAT(client.Read(), IsEmpty());
  EXPECT_TRUE(client.Finish().ok());
  receiver.AwaitGone();
}

TEST_F(PublishingTest, ACancelledStreamStaysUntilItsLastAnswer) {
  Receiver receiver;
  Serve(receiver);
  Client client = Connect();
  client.SendUpTo(3);
  receiver.AwaitWaiting(3);
  client.Cancel();
  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::CANCELLED);
  receiver.Answer(2);
  receiver.Answer(1);
  EXPECT_FALSE(receiver.IsGone()) << "the third answer needs it";
  receiver.Answer(3);
  receiver.AwaitGone();
}

TEST_F(PublishingTest, ACallerThatIsGoneLeavesNothingBehind) {
  Receiver receiver;
  Serve(receiver);
  {
    Client client(Channel());
    client.SendUpTo(3);
    receiver.AwaitWaiting(3);
    receiver.Answer(1);  // Read by nobody.
  }
  receiver.Answer(3);
  receiver.Answer(2);
  receiver.AwaitGone();
}

TEST_F(PublishingTest, AStopOfTheServerWaitsForTheAnswers) {
  Receiver receiver;
  Serve(receiver);
  Client client = Connect();
  client.SendUpTo(2);
  receiver.AwaitWaiting(2);
  std::thread stop([&] { server_->Shutdown(std::chrono::system_clock::time_point()); });
  EXPECT_FALSE(client.Finish().ok());
  receiver.Answer(1);
  receiver.Answer(2);
  stop.join();
  EXPECT_TRUE(receiver.IsGone());
}

TEST_F(PublishingTest, WhoIsNotLetInIsToldAndNothingIsRead) {
  Receiver receiver;
  Serve(receiver);
  service_.admission = Error(errors::v1::ERROR_REASON_NO_MANDATE, "You may not hand in.");
  Client client = Connect();
  EXPECT_THAT(client.ReadAll(), IsEmpty());
  const grpc::Status status = client.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "You may not hand in.");
  receiver.AwaitGone();
}

TEST_F(PublishingTest, AnswersAtOnceAreInOrderToo) {
  constexpr int64_t kMessages = 500;
  service_.make = [] {
    return new Publishing([](const PublishIncidentsRequest& request,
                             Done done) { done(ResultOf(request.sequence())); },
                          {.window = 4});
  };
  Client client = Connect();
  std::thread sender([&] {
    client.SendUpTo(kMessages);
    client.HalfClose();
  });
  EXPECT_THAT(client.ReadAll(), ElementsAreArray(UpTo(kMessages)));
  sender.join();
  EXPECT_TRUE(client.Finish().ok());
}

// The last answers come on many threads at once while the stream has nothing else to wait for: each
// may be the one that ends it.
TEST_F(PublishingTest, TheLastAnswersMayComeOnManyThreadsAtOnce) {
  constexpr int64_t kThreads = 4;
  constexpr int kRounds = 300;
  Pool pool({.threads = kThreads, .queue_max = kThreads});
  for (int round = 0; round < kRounds; ++round) {
    Receiver receiver;
    Serve(receiver);
    Client client = Connect();
    client.SendUpTo(kThreads);
    client.HalfClose();
    receiver.AwaitWaiting(kThreads);
    const bool cancelled = round % 3 == 2;
    if (cancelled) client.Cancel();
    absl::Notification go;
    for (int64_t sequence = 1; sequence <= kThreads; ++sequence) {
      ASSERT_TRUE(pool.Post([&receiver, &go, sequence] {
        go.WaitForNotification();
        receiver.Answer(sequence);
      }));
    }
    go.Notify();
    if (!cancelled) {
      EXPECT_THAT(client.ReadAll(), ElementsAreArray(UpTo(kThreads)));
    }
    EXPECT_EQ(client.Finish().ok(), !cancelled);
    receiver.AwaitGone();
  }
}

}  // namespace
}  // namespace samverkan::rpc
