#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/journal/merkle.h"
#include "services/journal/note.h"

namespace samverkan::journal {

// A C2SP tlog-checkpoint: what a log says about itself when it signs.
struct Checkpoint {
  // Which tree: "hub.example/audit/kommun".
  std::string origin;
  TreeHead head;

  // The note text: three lines.
  std::string ToText() const;
  // INVALID_ARGUMENT for a size with a leading zero or above 2^63 - 1, a root that is not 32 bytes
  // in canonical base64, or an empty line. Extension lines are passed over, as the specification
  // demands.
  static absl::StatusOr<Checkpoint> Parse(absl::string_view text);

  bool operator==(const Checkpoint&) const = default;
};

// Parses the note, checks the log's signature over it and returns the checkpoint; its origin must
// be the key's name.
absl::StatusOr<Checkpoint> OpenCheckpoint(absl::string_view note, const NoteVerifier& log,
                                          absl::Span<const NoteVerifier> witnesses = {},
                                          size_t quorum = 0);

// A C2SP tlog-proof: that a record stands in a log, verifiable offline and for ever.
struct InclusionReceipt {
  int64_t index = 0;
  std::vector<Hash> proof;
  // The signed note, verbatim.
  std::string checkpoint;

  std::string ToText() const;
  // INVALID_ARGUMENT for anything but the specified text. Opaque extra data is passed over.
  static absl::StatusOr<InclusionReceipt> Parse(absl::string_view text);
  // FAILED_PRECONDITION unless the record with these exact bytes stands at the index in a tree that
  // the log signed.
  absl::Status Verify(absl::string_view record, const NoteVerifier& log) const;
};

}  // namespace samverkan::journal
