#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// OpenSSL's key type, kept out of this header.
struct evp_pkey_st;

namespace samverkan::client {

using LogHash = std::array<unsigned char, 32>;

// What a log signed about itself: the tree of RFC 6962 over its first `size` records.
struct LogHead {
  int64_t size = 0;
  LogHash root = {};

  bool operator==(const LogHead&) const = default;
};

// Checks, offline, what a hub says about an audit log, believing nothing but one public key.
// Written from the specifications alone (RFC 6962, c2sp.org/signed-note, tlog-checkpoint,
// tlog-proof) and sharing no code with the hub, so that a mistake there is not repeated here.
//
// INVALID_ARGUMENT says that something is not in the form it should be, DATA_LOSS that it is and
// does not hold: the log was altered, cut, forked or is another's. Immutable, thread-safe.
class LogVerifier {
 public:
  // `verifier_key` is the tree's C2SP key, "hub.example/audit/parties/kommun+68e77e52+AQOh…", from
  // a source that the hub does not control.
  static absl::StatusOr<LogVerifier> Create(absl::string_view verifier_key);

  // The log's name, which is also the first line of its checkpoints.
  const std::string& origin() const { return origin_; }

  // A signed checkpoint. Signatures of unknown keys are passed over; every one of this key must
  // hold.
  absl::StatusOr<LogHead> VerifyCheckpoint(absl::string_view note) const;

  // That a record stands in the log: a tlog-proof and the record's exact bytes. The index.
  absl::StatusOr<int64_t> VerifyInclusion(absl::string_view proof, absl::string_view record) const;

  // That the log of a newer checkpoint begins with the log of an older one; `hashes` as the hub
  // gives them, 32 bytes each.
  absl::Status VerifyConsistency(absl::string_view older_note, absl::string_view newer_note,
                                 absl::Span<const std::string> hashes) const;

  // Sees each record of an export with its index, before anything is known to hold.
  using RecordVisitor = absl::FunctionRef<void(int64_t, absl::string_view)>;

  // A whole log as log_export.h describes it: every record, in order, and a checkpoint of exactly
  // these. With `older_note`, a checkpoint kept from before, also that nothing of that time was
  // altered or dropped. Memory: 32 bytes a record.
  absl::StatusOr<LogHead> VerifyExport(std::istream& input,
                                       const std::optional<std::string>& older_note,
                                       RecordVisitor visit) const;

 private:
  LogVerifier() = default;
  bool SignedByUs(absl::string_view text, absl::string_view signature) const;

  std::string origin_;
  std::string key_id_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace samverkan::client
