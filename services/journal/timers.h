#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/base/clock.h"
#include "services/storage/database.h"

namespace samverkan::journal {

// What a timer is for. Numbers are stored for ever.
enum class TimerKind : int64_t {
  // Something about an agreement begins or ends by time alone; the name is the agreement's.
  kAgreement = 1,
};

// One timer that is due.
struct DueTimer {
  TimerKind kind = TimerKind::kAgreement;
  std::string name;
  absl::Time due;
};

// Acts at stored instants, by the hub itself: the timer's row goes and what the act writes comes in
// one transaction, so that each timer fires once however often the hub is restarted, late rather
// than never. Access never waits for a timer: it follows from intervals; the timer makes the
// notice. Thread-safe.
class Timers {
 public:
  // Does what is due. May run again when the transaction is lost, so it has no effect outside it;
  // it may set further timers. An error is one of storage: the timer stays and is tried again.
  using Handler = std::function<absl::Status(storage::WriteTx&, const DueTimer&)>;

  // Both outlive the timers.
  Timers(storage::Database& database, Clock& clock);
  // Stops.
  ~Timers();

  // Before Start. A timer without handler waits for a program that has one.
  void Register(TimerKind kind, Handler handler);

  // Fires what became due meanwhile, then what becomes due.
  void Start();
  // Returns when no handler runs and none will. Before the database stops.
  void Stop();

  // Sets the timer (kind, name), or moves it.
  absl::Status Set(storage::WriteTx& tx, TimerKind kind, absl::string_view name, absl::Time due);
  // Without effect when there is none.
  static absl::Status Cancel(storage::WriteTx& tx, TimerKind kind, absl::string_view name);

  // Looks at the clock at once rather than within a quarter of a second.
  void Wake();

 private:
  void Run();
  // What is due, the oldest first; sets `next` to when to look again.
  absl::StatusOr<std::vector<DueTimer>> FindDue(absl::Time now, absl::Time* next);
  // False when storage failed.
  bool Fire(const DueTimer& timer);
  void LookAt(absl::Time due);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_ || stopping_; }

  storage::Database& database_;
  Clock& clock_;
  absl::flat_hash_map<TimerKind, Handler> handlers_;

  absl::Mutex mutex_;
  // No timer is due earlier.
  absl::Time next_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace samverkan::journal
