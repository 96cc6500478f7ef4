#pragma once

#include <atomic>

// A place where a test lets the process die as if by kill -9.
// SAMVERKAN_FAILPOINT=storage.before_commit kills at the first arrival, storage.before_commit:7 at
// the seventh. Unset, it costs one relaxed load.
#define SV_FAILPOINT(name)                                             \
  do {                                                                 \
    if (::samverkan::failpoint_mode.load(std::memory_order_relaxed) != \
        ::samverkan::FailpointMode::kOff) {                            \
      ::samverkan::ReachFailpoint(name);                               \
    }                                                                  \
  } while (false)

namespace samverkan {

enum class FailpointMode { kUnknown, kOff, kArmed };

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one atomic load where off.
inline std::atomic<FailpointMode> failpoint_mode{FailpointMode::kUnknown};

// Reads the environment the first time, and dies when the armed point has been reached often
// enough.
void ReachFailpoint(const char* name);

}  // namespace samverkan
