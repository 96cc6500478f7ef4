#pragma once

#include <grpcpp/client_context.h>

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "clients/cpp/client.h"

namespace samverkan::client {

// What a watcher does with what it sees. Called on the thread that runs the watch, one call at a
// time, in the feed's order.
class WatchHandler {
 public:
  virtual ~WatchHandler() = default;
  // One entry, Synced included. False ends the watch with OK.
  virtual bool OnEvent(const feed::v1::Event& event) = 0;
  // Every entry before this token has been handled: a watch from it continues without gap or
  // repeat. False ends the watch.
  virtual bool OnToken(absl::string_view token) { return true; }
  // The stream broke and is taken up again after `delay`.
  virtual void OnInterrupted(const CallError& error, absl::Duration delay) {}
};

// One stream, taken up again from the last token when it breaks, until the handler ends it, Cancel
// is called or the hub refuses.
class Watcher {
 public:
  // The client must outlive the watcher.
  Watcher(Client& client, feed::v1::WatchRequest request);

  // OK when the handler or Cancel ended it, else why the hub refused or could not be reached in all
  // attempts.
  absl::Status Run(WatchHandler& handler);
  // From any thread; for good.
  void Cancel();

 private:
  struct Outcome {
    absl::Status status;
    bool ended = false;     // By the handler or Cancel.
    bool progress = false;  // At least one message came.
  };
  Outcome RunStream(WatchHandler& handler);
  bool Register(grpc::ClientContext* context);

  Client& client_;
  feed::v1::WatchRequest request_;
  absl::Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace samverkan::client
