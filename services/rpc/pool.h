#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::rpc {

// A fixed number of threads and a bounded queue. Thread-safe.
class Pool {
 public:
  struct Options {
    size_t threads = 4;
    size_t queue_max = 1024;
  };

  explicit Pool(Options options);
  // Runs what is queued, then ends.
  ~Pool();

  // False, without running it, when the queue is full or the pool is ending.
  bool Post(absl::AnyInvocable<void()> task);
  size_t queued() const;

 private:
  void Work();

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace samverkan::rpc
