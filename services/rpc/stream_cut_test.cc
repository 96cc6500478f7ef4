// What a caller sees of a stream that is cut because it did not take what was sent, over a real
// connection: in process a status can overtake a message, on a wire it cannot.
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "samverkan/feed/v1/feed.grpc.pb.h"
#include "services/base/error.h"
#include "services/rpc/stream.h"

namespace samverkan::rpc {
namespace {

using feed::v1::FeedService;
using feed::v1::WatchRequest;
using feed::v1::WatchResponse;

// Far more than a connection holds for a caller that does not read.
constexpr size_t kBytes = 16 << 20;

class Stream final : public RawStream {
 public:
  explicit Stream(grpc::CallbackServerContext* context) : RawStream(context) {}
  using RawStream::AbortStream;
  using RawStream::SendPieces;

  absl::Notification sent;

 private:
  void OnSent(bool) override { sent.Notify(); }
  void OnGone() override {}
};

class Service final : public FeedService::WithRawCallbackMethod_Watch<FeedService::Service> {
 public:
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer*) override {
    auto* const created = new Stream(context);
    stream = created;
    opened.Notify();
    return created->reactor();
  }
  Stream* stream = nullptr;
  absl::Notification opened;
};

grpc::Status SeenWhenCutFor(const absl::Status& status) {
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = FeedService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto reader = stub->Watch(&context, WatchRequest());
  service.opened.WaitForNotification();
  // A stream that nothing came from yet gRPC would open again by itself.
  service.stream->SendPieces({}, "");
  WatchResponse response;
  EXPECT_TRUE(reader->Read(&response));
  service.stream->sent.WaitForNotification();
  // Unknown field 15 of so many bytes: a message like any other to the wire.
  service.stream->SendPieces({std::make_shared<const std::string>(kBytes, 'x')}, "");
  service.stream->AbortStream(status);
  while (reader->Read(&response)) {
  }
  const grpc::Status seen = reader->Finish();
  server->Shutdown();
  return seen;
}

TEST(StreamCutTest, WhoIsToComeAgainSeesUnavailable) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(SeenWhenCutFor(Error(errors::v1::ERROR_REASON_NOT_READY, "Resume.")).error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }
}

TEST(StreamCutTest, WhoLostTheRightSeesPermissionDenied) {
  EXPECT_EQ(SeenWhenCutFor(Error(errors::v1::ERROR_REASON_NO_MANDATE, "Ended.")).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST(StreamCutTest, OtherReasonsAreSeenAsCancelled) {
  EXPECT_EQ(
      SeenWhenCutFor(Error(errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT, "Ended.")).error_code(),
      grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace samverkan::rpc
