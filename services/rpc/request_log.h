#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/base/crypto.h"
#include "services/rpc/call.h"
#include "services/storage/database.h"

namespace samverkan::rpc {

// What was done under each request_id: the body's hash and where the result stands, never the
// answer itself (API rule of repeats: honoured for 24 hours, then swept).
class RequestLog {
 public:
  struct Entry {
    Hash body_hash;
    Replay result;
  };

  // The key of a caller's request_id.
  static storage::Key KeyOf(absl::string_view holder, absl::string_view request_id);
  // The hash of a request as a repeat must match it.
  static Hash HashOf(absl::string_view method, absl::string_view serialized_request);

  absl::StatusOr<std::optional<Entry>> Find(storage::WriteTx& tx, const storage::Key& key) const;
  absl::Status Put(storage::WriteTx& tx, const storage::Key& key, const Entry& entry) const;
  // Forgets entries older than `before`, at most `limit`; returns how many.
  absl::StatusOr<int64_t> Sweep(storage::WriteTx& tx, absl::Time before, int64_t limit) const;
};

}  // namespace samverkan::rpc
