#include "services/journal/timers.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "services/base/status.h"
#include "services/base/thread.h"

namespace samverkan::journal {
namespace {

constexpr absl::Duration kLookAround = absl::Milliseconds(250);
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kReadMax = absl::Seconds(5);
constexpr int64_t kPageMax = 64;

}  // namespace

Timers::Timers(storage::Database& database, Clock& clock) : database_(database), clock_(clock) {}

Timers::~Timers() {
  Stop();
}

void Timers::Register(TimerKind kind, Handler handler) {
  handlers_[kind] = std::move(handler);
}

void Timers::Start() {
  thread_ = StartThread("sv-timers", [this] { Run(); });
}

void Timers::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Timers::Set(storage::WriteTx& tx, TimerKind kind, absl::string_view name,
                         absl::Time due) {
  SV_RETURN_IF_ERROR(
      tx.Run("INSERT INTO timers (kind, name, due) VALUES ($1, $2, $3) "
             "ON CONFLICT (kind, name) DO UPDATE SET due = excluded.due",
             {static_cast<int64_t>(kind), std::string(name), absl::ToUnixMicros(due)})
          .status());
  tx.OnCommit([this, due] { LookAt(due); });
  return absl::OkStatus();
}

absl::Status Timers::Cancel(storage::WriteTx& tx, TimerKind kind, absl::string_view name) {
  return tx
      .Run("DELETE FROM timers WHERE kind = $1 AND name = $2",
           {static_cast<int64_t>(kind), std::string(name)})
      .status();
}

void Timers::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void Timers::LookAt(absl::Time due) {
  absl::MutexLock lock(&mutex_);
  next_ = std::min(next_, due);
  woken_ = true;
}

void Timers::Run() {
  while (true) {
    absl::Time now;
    {
      absl::MutexLock lock(&mutex_);
      while (!stopping_ && clock_.Now() < next_) {
        mutex_.AwaitWithTimeout(
            absl::Condition(this, &Timers::HasWork),
            next_ == absl::InfiniteFuture() ? absl::InfiniteDuration() : kLookAround);
        woken_ = false;
      }
      if (stopping_) return;
      now = clock_.Now();
      next_ = absl::InfiniteFuture();
    }
    absl::Time next = absl::InfiniteFuture();
    const absl::StatusOr<std::vector<DueTimer>> due = FindDue(now, &next);
    bool failed = !due.ok();
    if (due.ok()) {
      for (const DueTimer& timer : *due) failed = !Fire(timer) || failed;
    }
    LookAt(failed ? now + kRetry : next);
  }
}

absl::StatusOr<std::vector<DueTimer>> Timers::FindDue(absl::Time now, absl::Time* next) {
  std::vector<DueTimer> timers;
  SV_RETURN_IF_ERROR(
      database_.Read(clock_.Now() + kReadMax, [&](storage::ReadTx& tx) -> absl::Status {
        int64_t listed = 0;
        for (const auto& [kind, handler] : handlers_) {
          SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                              tx.Run("SELECT name, due FROM timers WHERE kind = $1 "
                                     "ORDER BY due, name LIMIT $2",
                                     {static_cast<int64_t>(kind), kPageMax}));
          for (const storage::Row& row : rows) {
            if (row.Time(1) > now) {
              *next = std::min(*next, row.Time(1));
              break;
            }
            timers.push_back({kind, std::string(row.Text(0)), row.Time(1)});
          }
          listed = std::max<int64_t>(listed, static_cast<int64_t>(rows.size()));
        }
        // There may be more behind a full page.
        if (listed == kPageMax && !timers.empty()) *next = now;
        return absl::OkStatus();
      }));
  std::sort(timers.begin(), timers.end(),
            [](const DueTimer& a, const DueTimer& b) { return a.due < b.due; });
  return timers;
}

bool Timers::Fire(const DueTimer& timer) {
  const absl::Status status =
      storage::WriteAndWait(database_, [this, &timer](storage::WriteTx& tx) -> absl::Status {
        // Moved or cancelled meanwhile: nothing to do.
        SV_ASSIGN_OR_RETURN(
            const storage::Rows rows,
            tx.Run("DELETE FROM timers WHERE kind = $1 AND name = $2 AND due = $3 RETURNING due",
                   {static_cast<int64_t>(timer.kind), timer.name, absl::ToUnixMicros(timer.due)}));
        if (rows.empty()) return absl::OkStatus();
        return handlers_.at(timer.kind)(tx, timer);
      });
  return status.ok();
}

}  // namespace samverkan::journal
