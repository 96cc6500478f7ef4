#pragma once

#include "absl/status/status.h"
#include "services/storage/sqlite/connection.h"

namespace samverkan::storage::sqlite {

// The engine's own tables. FAILED_PRECONDITION when the file belongs to another program or a newer
// version of this one.
absl::Status PrepareSchema(Connection& connection);

}  // namespace samverkan::storage::sqlite
