#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/base/status.h"
#include "services/storage/database.h"
#include "tests/support/forwarding_database.h"

namespace samverkan::storage {

// A database that fails when told to, and can run every write again as after a lost transaction.
class FaultyDatabase final : public ForwardingDatabase {
 public:
  explicit FaultyDatabase(Database& inner) : ForwardingDatabase(inner) {}

  // From now on reads, or writes, fail with this before they begin; with OK no longer.
  void FailReads(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    read_ = std::move(status);
  }
  void FailWrites(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    write_ = std::move(status);
  }
  // Each function runs, is undone, and runs again, as when its group's transaction was lost.
  void RunTwice() {
    absl::MutexLock lock(&mutex_);
    twice_ = true;
  }

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    SV_RETURN_IF_ERROR(ReadFailure());
    return ForwardingDatabase::Read(deadline, fn);
  }
  absl::Status ReadAhead(absl::Time deadline,
                         absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    SV_RETURN_IF_ERROR(ReadFailure());
    return ForwardingDatabase::ReadAhead(deadline, fn);
  }
  void Write(absl::Time deadline, WriteFunction fn, Done done) override {
    absl::Status failure;
    bool twice = false;
    {
      absl::MutexLock lock(&mutex_);
      failure = write_;
      twice = twice_;
    }
    if (!failure.ok()) {
      fn = [failure](WriteTx&) { return failure; };
    } else if (twice) {
      fn = [fn = std::move(fn)](WriteTx& tx) mutable -> absl::Status {
        SV_RETURN_IF_ERROR(fn(tx));
        SV_RETURN_IF_ERROR(tx.Undo());
        return fn(tx);
      };
    }
    ForwardingDatabase::Write(deadline, std::move(fn), std::move(done));
  }

 private:
  absl::Status ReadFailure() {
    absl::MutexLock lock(&mutex_);
    return read_;
  }

  absl::Mutex mutex_;
  absl::Status read_ ABSL_GUARDED_BY(mutex_);
  absl::Status write_ ABSL_GUARDED_BY(mutex_);
  bool twice_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace samverkan::storage
