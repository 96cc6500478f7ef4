#pragma once

#include <functional>

namespace samverkan::bench {

// How many calls are under way at once in every figure.
inline constexpr int kInFlight = 64;

// One of the kInFlight places and which call takes it.
struct Turn {
  int place = 0;  // 0 to kInFlight - 1: a call's state can be kept by it
  int call = 0;   // 0 to count - 1
};

// Makes `count` calls, kInFlight at a time: `start` begins one and `done` is run once it is
// answered, on any thread, also before `start` returns. Returns the seconds it took.
double RunCalls(int count, const std::function<void(Turn turn, std::function<void()> done)>& start);

}  // namespace samverkan::bench
