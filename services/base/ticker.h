#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace samverkan {

// Calls a function at once and then again after each pause, on a thread of its own, until it is
// destroyed, which waits for the call under way.
class Ticker {
 public:
  // `name` is the thread's.
  Ticker(const char* name, absl::Duration pause, std::function<void()> tick);
  ~Ticker();

 private:
  void Run();

  const absl::Duration pause_;
  const std::function<void()> tick_;
  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan
