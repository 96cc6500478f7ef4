#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "clients/cpp/client.h"

namespace samverkan::client {

struct PublishOptions {
  // Messages under way without an answer.
  size_t window = 256;
  // Without any answer for so long the stream counts as broken.
  absl::Duration answer_timeout = absl::Seconds(60);
};

// The publishing stream of a liaison system: many items in order, a window of them under way,
// answers in order. When the stream breaks, what is unanswered is sent again on a new one with the
// same request_ids, so nothing happens twice. Of one thread.
class Publisher {
 public:
  // What became of a message: durable with its name, or refused with a reason.
  using Done = std::function<void(const incidents::v1::PublishResult&)>;

  // The client must outlive the publisher.
  Publisher(Client& client, const PublishOptions& options);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Sends a message, after waiting for room in the window. `done` runs on the calling thread,
  // inside a later Publish or Flush, in the order of publishing; it must not publish. A failure is
  // final: the hub refuses the stream or cannot be reached.
  absl::Status Publish(incidents::v1::PublishIncidentsRequest act, Done done);
  // Waits until everything published is answered and its `done` has run.
  absl::Status Flush();

 private:
  using Stream = grpc::ClientReaderWriter<incidents::v1::PublishIncidentsRequest,
                                          incidents::v1::PublishIncidentsResponse>;
  struct Pending {
    incidents::v1::PublishIncidentsRequest request;
    Done done;
  };
  // One connection: the reader thread only collects answers, the caller's thread does all else.
  struct Connection {
    grpc::ClientContext context;
    std::unique_ptr<Stream> stream;
    std::thread reader;
    int64_t sent = 0;      // Sequence of the last message sent.
    int64_t answered = 0;  // Sequence of the last message whose done has run.
  };

  // Sends and delivers until at most so many are unanswered.
  absl::Status Drain(size_t pending_max);
  // Opens a stream where there is none and sends what is unsent; tries until it stands or trying is
  // over.
  absl::Status EnsureSent();
  absl::Status Open();
  // False where the stream is broken.
  bool SendUnsent();
  void DeliverAnswers();
  void Deliver(const incidents::v1::PublishIncidentsResponse& answer);
  // Until an answer or the end of the stream; a stream that says nothing for too long is cancelled.
  void AwaitAnswers();
  // Delivers what came before the end and says why it ended.
  absl::Status Close();
  void ReadAnswers(Stream& stream);
  bool AnsweredOrEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Client& client_;
  const PublishOptions options_;
  Backoff backoff_;
  std::deque<Pending> pending_;
  size_t unsent_ = 0;  // At the end of pending_: not yet sent on this connection.
  std::unique_ptr<Connection> connection_;
  absl::Mutex mutex_;
  std::vector<incidents::v1::PublishIncidentsResponse> answers_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace samverkan::client
