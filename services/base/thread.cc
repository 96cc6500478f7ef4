#include "services/base/thread.h"

#include <pthread.h>

#include <utility>

#include "services/base/status.h"

namespace samverkan {

std::thread StartThread(const char* name, absl::AnyInvocable<void()> run) {
  return std::thread([name, run = std::move(run)]() mutable {
    SV_CHECK(pthread_setname_np(pthread_self(), name) == 0, "a thread's name has at most 15 bytes");
    run();
  });
}

}  // namespace samverkan
