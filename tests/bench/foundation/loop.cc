#include "tests/bench/foundation/loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "absl/synchronization/notification.h"

namespace samverkan::bench {
namespace {

class Loop {
 public:
  Loop(int count, const std::function<void(Turn, std::function<void()>)>& start)
      : count_(count), start_(start) {}

  void Run() {
    for (int place = 0; place < std::min(count_, kInFlight); ++place) Next(place);
    finished_.WaitForNotification();
  }

 private:
  void Next(int place) {
    const int call = next_.fetch_add(1, std::memory_order_relaxed);
    if (call >= count_) return;
    start_({place, call}, [this, place] {
      Next(place);
      if (answered_.fetch_add(1) + 1 == count_) finished_.Notify();
    });
  }

  const int count_;
  const std::function<void(Turn, std::function<void()>)>& start_;
  std::atomic<int> next_ = 0;
  std::atomic<int> answered_ = 0;
  absl::Notification finished_;
};

}  // namespace

double RunCalls(int count,
                const std::function<void(Turn turn, std::function<void()> done)>& start) {
  Loop loop(count, start);
  const auto begin = std::chrono::steady_clock::now();
  loop.Run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace samverkan::bench
