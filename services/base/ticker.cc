#include "services/base/ticker.h"

#include <utility>

#include "services/base/thread.h"

namespace samverkan {

Ticker::Ticker(const char* name, absl::Duration pause, std::function<void()> tick)
    : pause_(pause), tick_(std::move(tick)), thread_(StartThread(name, [this] { Run(); })) {}

Ticker::~Ticker() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

void Ticker::Run() {
  while (true) {
    tick_();
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&ending_), pause_)) return;
  }
}

}  // namespace samverkan
