#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "services/journal/audit_log.h"
#include "services/storage/database.h"

namespace samverkan::directory {

// A directory as read from its files.
struct LoadedBundle {
  v1::DirectoryBundle bundle;
  // Contents of its geometry files.
  std::vector<std::string> geojson;
};

// Reads bundles (protobuf text format) and merges them in order: lists grow, units of one name
// become one, whose fields the later file overrides or, where repeated, adds to. INVALID_ARGUMENT
// with file, line and column.
absl::StatusOr<LoadedBundle> LoadBundle(absl::Span<const std::string> files);

// Keeps the bundle as the newest version where it differs from the one before, with a record in the
// hub's tree.
absl::Status RecordVersion(storage::Database& database, const journal::AuditLog& log,
                           const v1::DirectoryBundle& bundle);

}  // namespace samverkan::directory
