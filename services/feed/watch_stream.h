#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "samverkan/feed/v1/feed.pb.h"
#include "services/journal/feed_engine.h"
#include "services/rpc/gate.h"
#include "services/rpc/stream.h"

namespace samverkan::feed {

// One Watch call: from the gate to the engine, then the engine's messages to the wire.
class WatchStream final : public rpc::RawStream, private journal::FeedSink {
 public:
  // All outlive the stream.
  WatchStream(rpc::Gate& gate, journal::FeedEngine& engine, const rpc::Method& method,
              grpc::CallbackServerContext* context);

  // Asks the gate; what follows happens on other threads.
  void Start(const grpc::ByteBuffer* request);

 private:
  // The end of the caller may come before the engine knows of the stream, and the stream may be
  // gone before the engine's Open has returned: so this outlives both.
  struct Link {
    absl::Mutex mutex;
    bool gone ABSL_GUARDED_BY(mutex) = false;
    journal::WatchHandle handle ABSL_GUARDED_BY(mutex);
    bool opened ABSL_GUARDED_BY(mutex) = false;
  };

  // The gate has let the call in.
  absl::Status Enter(std::unique_ptr<rpc::Call> call);

  // From the engine.
  void Opened(journal::WatchHandle handle) override;
  void Send(journal::FeedMessage message) override;
  void Finish(absl::Status status) override;
  void Abort(absl::Status status) override;

  // From gRPC.
  void OnSent(bool ok) override;
  void OnGone() override;

  void Report(const absl::Status& status);

  rpc::Gate& gate_;
  journal::FeedEngine& engine_;
  const rpc::Method& method_;
  grpc::CallbackServerContext* const context_;
  const absl::Time started_;
  v1::WatchRequest request_;
  std::string party_;
  const std::shared_ptr<Link> link_ = std::make_shared<Link>();
};

}  // namespace samverkan::feed
