#include "services/rpc/pool.h"

#include <utility>

#include "services/base/thread.h"

namespace samverkan::rpc {

Pool::Pool(Options options) : options_(options) {
  for (size_t i = 0; i < options_.threads; ++i)
    threads_.push_back(StartThread("sv-handler", [this] { Work(); }));
}

Pool::~Pool() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool Pool::Post(absl::AnyInvocable<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (ending_ || queue_.size() >= options_.queue_max) return false;
  queue_.push_back(std::move(task));
  return true;
}

size_t Pool::queued() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

void Pool::Work() {
  while (true) {
    absl::AnyInvocable<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Pool* pool) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pool->mutex_) {
            return pool->ending_ || !pool->queue_.empty();
          },
          this));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace samverkan::rpc
