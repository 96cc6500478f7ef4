#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "samverkan/hub/v1/config.pb.h"

namespace samverkan::incidents {
class IncidentHandlers;
}
namespace samverkan::journal {
class FeedEngine;
}
namespace samverkan::rpc {
class Gate;
}
namespace samverkan::storage {
class Database;
}
namespace samverkan::storage::sqlite {
struct SqliteOptions;
}

namespace samverkan::hub {

// The one place where everything is put together: configuration -> wiring -> serve.
class Hub {
 public:
  struct Mode {
    // Takes demo issuers.
    bool demo = false;
    // The database is a backup that lacks what was signed since; see docs/restore.md.
    bool restored = false;
  };
  // Opens database, guard, keys and directory, and serves. What is wrong is said in a sentence a
  // person can act on; then nothing serves.
  //
  // `tune` changes the engine's options before it is opened: a benchmark's trace and group size.
  using TuneStorage = std::function<void(storage::sqlite::SqliteOptions&)>;
  static absl::StatusOr<std::unique_ptr<Hub>> Start(const v1::HubConfig& config, const Mode& mode,
                                                    const TuneStorage& tune = nullptr);
  // Stops: no new calls, streams end with their tokens, what is under way is answered, then the
  // database.
  ~Hub();

  // The port it serves on.
  int port() const;
  // Reads issuers' keys and revocations now, which otherwise happens within a second of a change.
  // What is wrong is logged and leaves the former in use.
  absl::Status ReloadIdentities();

  // What benchmarks reach behind the port. Valid as long as the hub.
  struct Inside {
    storage::Database& database;
    rpc::Gate& gate;
    incidents::IncidentHandlers& incidents;
    journal::FeedEngine& feed;
  };
  Inside inside();

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace samverkan::hub
