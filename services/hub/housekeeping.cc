#include "services/hub/housekeeping.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/base/limits.h"
#include "services/base/log.h"
#include "services/base/status.h"
#include "services/base/thread.h"
#include "services/journal/ref.h"

namespace samverkan::hub {
namespace {

constexpr absl::Duration kInterval = absl::Minutes(1);
constexpr int64_t kSweepSlice = 1'000;

}  // namespace

Housekeeping::Housekeeping(storage::Database& database, journal::Guard& guard,
                           const rpc::RequestLog& requests, Clock& clock)
    : database_(database),
      guard_(guard),
      requests_(requests),
      clock_(clock),
      thread_(StartThread("sv-housekeeping", [this] { Run(); })) {}

Housekeeping::~Housekeeping() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

void Housekeeping::NoteSealed(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  sealed_.push_back(name);
}

void Housekeeping::Run() {
  absl::Time next_sweep = clock_.Now() + kInterval;
  while (true) {
    std::deque<std::string> sealed;
    bool ending = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &Housekeeping::HasWork), kInterval);
      sealed.swap(sealed_);
      ending = ending_;
    }
    if (!sealed.empty()) Seal(sealed);
    if (ending) return;
    if (clock_.Now() < next_sweep) continue;
    Sweep();
    next_sweep = clock_.Now() + kInterval;
  }
}

void Housekeeping::Seal(const std::deque<std::string>& names) {
  std::vector<journal::Ref> refs;
  for (const std::string& name : names) refs.push_back(journal::RefOfName(name));
  if (absl::Status status = guard_.AppendSealed(refs); !status.ok()) {
    Log(LogLevel::kError, "seal_not_guarded", {{"why", std::string(status.message())}});
  }
  database_.Purge([](absl::Status status) {
    if (!status.ok())
      Log(LogLevel::kWarning, "purge_failed", {{"why", std::string(status.message())}});
  });
}

void Housekeeping::Sweep() {
  const absl::Time before = clock_.Now() - kRequestIdLifetime;
  int64_t swept = kSweepSlice;
  while (swept == kSweepSlice) {
    const absl::Status status =
        storage::WriteAndWait(database_, [&](storage::WriteTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(swept, requests_.Sweep(tx, before, kSweepSlice));
          return absl::OkStatus();
        });
    if (!status.ok()) {
      Log(LogLevel::kWarning, "sweep_failed", {{"why", std::string(status.message())}});
      return;
    }
  }
}

}  // namespace samverkan::hub
