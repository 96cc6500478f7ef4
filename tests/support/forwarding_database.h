#pragma once

#include <utility>

#include "absl/status/status.h"
#include "services/storage/database.h"

namespace samverkan::storage {

// Passes everything on to another database: for those that watch or fail a part of it.
class ForwardingDatabase : public Database {
 public:
  explicit ForwardingDatabase(Database& inner) : inner_(inner) {}

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    return inner_.Read(deadline, fn);
  }
  absl::Status ReadAhead(absl::Time deadline,
                         absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    return inner_.ReadAhead(deadline, fn);
  }
  void Write(absl::Time deadline, WriteFunction fn, Done done) override {
    inner_.Write(deadline, std::move(fn), std::move(done));
  }
  void Purge(Done done) override { inner_.Purge(std::move(done)); }
  absl::Status Ready() override { return inner_.Ready(); }
  DatabaseStats Stats() const override { return inner_.Stats(); }
  void Stop() override { inner_.Stop(); }

 private:
  Database& inner_;
};

}  // namespace samverkan::storage
