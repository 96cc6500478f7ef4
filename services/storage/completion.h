#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::storage {

// The one thread on which every `done` runs, in the order they became due. Never refuses: what
// waits here was admitted before.
class Completion {
 public:
  using Task = absl::AnyInvocable<void()>;

  Completion();
  // Runs what was posted, then ends the thread.
  ~Completion();

  void Post(Task task);
  void Post(std::vector<Task> tasks);
  // Returns when everything posted before has run. Not from a task.
  void Drain();

 private:
  void Loop();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !tasks_.empty();
  }
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !running_ && tasks_.empty(); }

  absl::Mutex mutex_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan::storage
