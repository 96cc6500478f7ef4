#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/base/error.h"
#include "services/base/status.h"
#include "services/rpc/grpc_status.h"
#include "services/rpc/inbound.h"

namespace samverkan::rpc {

// A publishing stream: every message passes the gate by itself, many are under way at once, and
// answers are cumulative: a response says that everything up to its sequence is durable or refused
// as told. Backpressure is the window: beyond it nothing is read.
//
// Of a raw callback method: gRPC reports a message that it cannot parse as the sender's end of the
// stream, and whoever sent it would take its items for handed in. So it is parsed here, and what is
// no Request ends the stream like a gap in the sequence does.
//
// Request needs sequence(); Response needs set_sequence() and add_results(); Result is the type of
// a result.
template <typename Request, typename Response, typename Result>
class PublishingStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Runs one message; `done` is called once, on any thread. The request lives until then.
  using Act = absl::AnyInvocable<void(const Request&, absl::AnyInvocable<void(Result)> done) const>;

  struct Options {
    int64_t window = 256;
  };

  PublishingStream(Act act, Options options) : act_(std::move(act)), options_(options) {}

  // Once, one of both: the gate has let the stream in, and its messages are read; or has not.
  void Begin() { StartRead(&incoming_); }
  void Refuse(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      broken_ = std::move(status);
    }
    End();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End();
      return;
    }
    auto request = std::make_shared<Request>();
    // Lets go of the message's bytes too.
    const bool parsed =
        grpc::SerializationTraits<Request>::Deserialize(&incoming_, request.get()).ok();
    absl::Status taken;
    {
      absl::MutexLock lock(&mutex_);
      reading_ = false;
      taken = Take(parsed ? request.get() : nullptr);
      if (!taken.ok()) {
        broken_ = taken;
        // Under the same lock: an answer that comes now must not start another read.
        ended_ = true;
      }
    }
    if (!taken.ok()) {
      Advance();
      return;
    }
    act_(*request,
         [this, request](Result result) { Completed(request->sequence(), std::move(result)); });
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) ended_ = true;
    }
    Advance();
  }

  // gRPC's last call: nothing is under way any more.
  void OnDone() override { delete this; }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }

 private:
  struct Steps {
    bool write = false;
    bool read = false;
    bool finish = false;
    absl::Status status;
  };

  // Counts the next message in, if it is one; null for bytes that are none.
  absl::Status Take(const Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (request == nullptr) {
      return FieldInvalid("", absl::StrCat("message ", next_sequence_, " of the stream is not a ",
                                           Request::descriptor()->name()));
    }
    if (request->sequence() != next_sequence_)
      return FieldInvalid("sequence", "must count the stream's messages from 1 without gaps");
    ++next_sequence_;
    ++in_flight_;
    return absl::OkStatus();
  }

  // The sender has said all it had to say, or broke the rules: answer what is under way, then
  // finish.
  void End() {
    {
      absl::MutexLock lock(&mutex_);
      ended_ = true;
      reading_ = false;
    }
    Advance();
  }

  // No reaction of gRPC's keeps the stream alive here: until its own answer is collected the stream
  // cannot finish, so the answer goes in under the same lock that decides what to do next.
  void Completed(int64_t sequence, Result result) {
    Steps next;
    {
      absl::MutexLock lock(&mutex_);
      answered_.emplace(sequence, std::move(result));
      next = NextSteps();
    }
    Start(this, next);
  }

  void Advance() {
    Steps next;
    {
      absl::MutexLock lock(&mutex_);
      next = NextSteps();
    }
    Start(this, next);
  }

  // At most one write, one read or the finish; every state change is made before the call that may
  // complete at once.
  Steps NextSteps() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Steps next;
    if (!writing_) next.write = CollectAnswers();
    writing_ = writing_ || next.write;
    if (!ended_ && !reading_ && in_flight_ < options_.window) next.read = reading_ = true;
    if (ended_ && !finished_ && !writing_ && in_flight_ == 0 && !reading_) {
      next.finish = finished_ = true;
      next.status = broken_;
    }
    return next;
  }

  // Without a lock and without a stream to rely on: where nothing is to be done another thread may
  // have ended it already, and after the last call it may be gone.
  static void Start(PublishingStream* stream, const Steps& next) {
    if (next.write) stream->Write();
    if (next.read) stream->StartRead(&stream->incoming_);
    if (next.finish) stream->Finish(ToGrpc(next.status));
  }

  // A write that is started keeps the stream until it is done.
  void Write() {
    // It must hold nothing when it is filled.
    outgoing_bytes_.Clear();
    bool own_buffer = false;
    SV_CHECK(
        grpc::SerializationTraits<Response>::Serialize(outgoing_, &outgoing_bytes_, &own_buffer)
            .ok(),
        "a response can be serialised");
    StartWrite(&outgoing_bytes_);
  }

  // Moves the answered prefix into the outgoing response. Once the stream is cancelled answers have
  // nowhere to go.
  bool CollectAnswers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    outgoing_.Clear();
    while (!answered_.empty() && answered_.begin()->first == acknowledged_ + 1) {
      auto first = answered_.begin();
      *outgoing_.add_results() = std::move(first->second);
      answered_.erase(first);
      ++acknowledged_;
      --in_flight_;
    }
    outgoing_.set_sequence(acknowledged_);
    return outgoing_.results_size() > 0 && !cancelled_;
  }

  const Act act_;
  const Options options_;
  // Touched by whoever has started the read or the write.
  grpc::ByteBuffer incoming_;
  Response outgoing_;
  grpc::ByteBuffer outgoing_bytes_;

  absl::Mutex mutex_;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, Result> answered_ ABSL_GUARDED_BY(mutex_);
  int64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace samverkan::rpc
