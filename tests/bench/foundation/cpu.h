#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace samverkan::bench {

// Seconds of processor time by thread name, of the threads a process has now.
using CpuByThread = std::map<std::string, double>;

CpuByThread CpuOf(pid_t process);

// What was spent between two readings.
CpuByThread Between(const CpuByThread& before, const CpuByThread& after);

double Total(const CpuByThread& cpu);

// "sv-writer 31.0 us, sv-handler 20.1 us" a call, the largest first, without what is nothing.
std::string PerCall(const CpuByThread& cpu, int calls);

}  // namespace samverkan::bench
