#include "clients/cpp/clock.h"

#include <chrono>

namespace samverkan::client {

absl::Time SystemClock::Now() {
  return absl::FromChrono(std::chrono::system_clock::now());
}

bool SystemClock::Wait(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&interrupted_), duration);
  return !interrupted_;
}

void SystemClock::Interrupt() {
  absl::MutexLock lock(&mutex_);
  interrupted_ = true;
}

}  // namespace samverkan::client
