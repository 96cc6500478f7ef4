#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace samverkan::client {

// What time it is and how to let some of it pass; injected, so that no test waits. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
  // Returns after `duration`, or at once when Interrupt was called; then false.
  virtual bool Wait(absl::Duration duration) = 0;
  // Ends every wait, running and to come.
  virtual void Interrupt() = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() override;
  bool Wait(absl::Duration duration) override;
  void Interrupt() override;

 private:
  absl::Mutex mutex_;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace samverkan::client
