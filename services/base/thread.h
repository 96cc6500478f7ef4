#pragma once

#include <thread>

#include "absl/functional/any_invocable.h"

namespace samverkan {

// A thread that is told from the others in top, in a debugger and by benchmarks. A name has at most
// 15 bytes.
std::thread StartThread(const char* name, absl::AnyInvocable<void()> run);

}  // namespace samverkan
