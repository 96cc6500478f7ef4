#include "services/storage/completion.h"

#include <iterator>
#include <utility>

#include "services/base/thread.h"

namespace samverkan::storage {

Completion::Completion() : thread_(StartThread("sv-completion", [this] { Loop(); })) {}

Completion::~Completion() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Completion::Post(Task task) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back(std::move(task));
}

void Completion::Post(std::vector<Task> tasks) {
  absl::MutexLock lock(&mutex_);
  if (tasks_.empty()) {
    tasks_ = std::move(tasks);
  } else {
    tasks_.insert(tasks_.end(), std::make_move_iterator(tasks.begin()),
                  std::make_move_iterator(tasks.end()));
  }
}

void Completion::Drain() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Completion::Idle));
}

void Completion::Loop() {
  std::vector<Task> batch;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      running_ = false;
      mutex_.Await(absl::Condition(this, &Completion::HasWork));
      if (tasks_.empty()) return;
      batch.swap(tasks_);
      running_ = true;
    }
    for (Task& task : batch) task();
    batch.clear();
  }
}

}  // namespace samverkan::storage
