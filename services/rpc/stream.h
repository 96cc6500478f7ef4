#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::rpc {

// The sending side of a server-streaming call whose messages are serialised already: the only place
// that keeps gRPC's rules for it. One write is under way at most and its buffer lives until it is
// done, state moves before the call that may complete at once, Finish happens once and nothing is
// touched after it, and only gRPC's last word deletes the object.
//
// Made with new in a raw callback method, which returns reactor(); deletes itself after Finish or
// Abort. Send, Finish and Abort are for one thread at a time, any thread.
class RawStream : private grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  grpc::ServerWriteReactor<grpc::ByteBuffer>* reactor() { return this; }

 protected:
  // The context outlives the stream, as gRPC sees to.
  explicit RawStream(grpc::CallbackServerContext* context) : context_(context) {}
  ~RawStream() override = default;

  // Sends one message: the pieces, which other streams may share, then `tail`. The write before it
  // has been answered by OnSent.
  void SendPieces(const std::vector<Bytes>& pieces, const std::string& tail);
  // Ends the stream: now, or when the write under way is done. A second end is ignored. The stream
  // may be gone when it returns, unless a reaction of the stream is running.
  void FinishStream(absl::Status status);
  // The same, but gives up the write under way. Then of UNAVAILABLE and PERMISSION_DENIED the code
  // reaches the caller; others it sees as CANCELLED.
  void AbortStream(absl::Status status);

  // What happens, on gRPC's threads, which it must not block: the write is done, or with false the
  // stream is broken; not after an end. The caller has gone away; once, at any time.
  virtual void OnSent(bool ok) = 0;
  virtual void OnGone() = 0;

 private:
  void OnWriteDone(bool ok) final;
  void OnCancel() final { OnGone(); }
  void OnDone() final { delete this; }
  void Cancel(const absl::Status& status);
  void FinishNow(const absl::Status& status);

  grpc::CallbackServerContext* const context_;
  // Of the write under way.
  grpc::ByteBuffer buffer_;

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // AbortStream is about to use the context: whoever completes the write leaves the end to it.
  bool aborting_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::rpc
