#include "services/hub/health.h"

#include "services/base/log.h"

namespace samverkan::hub {

void Health::Look() {
  const absl::Status state = state_();
  absl::MutexLock lock(&mutex_);
  if (state.ok() == serving_) return;
  serving_ = state.ok();
  service_.SetServingStatus(serving_);
  if (serving_) {
    Log(LogLevel::kInfo, "healthy", {});
  } else {
    Log(LogLevel::kError, "unhealthy", {{"why", std::string(state.message())}});
  }
}

bool Health::serving() const {
  absl::MutexLock lock(&mutex_);
  return serving_;
}

}  // namespace samverkan::hub
