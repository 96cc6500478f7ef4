#pragma once

#include <deque>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/base/clock.h"
#include "services/journal/guard.h"
#include "services/rpc/request_log.h"
#include "services/storage/database.h"

namespace samverkan::hub {

// What must be done soon but holds up nobody: forgetting request ids after a day, and after a
// retraction noting the seal in the guard file and letting the database forget the destroyed bytes.
// One thread.
class Housekeeping {
 public:
  Housekeeping(storage::Database& database, journal::Guard& guard, const rpc::RequestLog& requests,
               Clock& clock);
  // Does what is queued, then ends.
  ~Housekeeping();

  // An object was sealed in a commit that is durable. Never blocks.
  void NoteSealed(const std::string& name);

 private:
  void Run();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ending_ || !sealed_.empty(); }
  void Seal(const std::deque<std::string>& names);
  void Sweep();

  storage::Database& database_;
  journal::Guard& guard_;
  const rpc::RequestLog& requests_;
  Clock& clock_;

  absl::Mutex mutex_;
  std::deque<std::string> sealed_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan::hub
