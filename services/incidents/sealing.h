#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/incidents/incident_handlers.h"
#include "services/journal/audit_log.h"
#include "services/journal/guard.h"

namespace samverkan::incidents {

// Destroys all content of an item: every version, what was disclosed of it, every copy. Tombstones
// with the reason are left, in `record` too, and the change entry is made. The copies, as sealed.
absl::StatusOr<std::vector<access::Object>> SealItem(const Dependencies& deps, storage::WriteTx& tx,
                                                     access::Object& object,
                                                     v1::IncidentRecord& record,
                                                     const std::string& reason);

// Brings the guard file and a database that was just opened to the same knowledge of what was
// retracted. What only the guard file knows, the database being a restored backup, is sealed again,
// with an entry in the log of every party concerned; the reason was lost with the act. What only
// the database knows, the process having ended between the act and its note, is noted. Then nothing
// of it is left in the database's files. How many items were sealed. Before anything is served.
absl::StatusOr<int64_t> AgreeOnSeals(const Dependencies& deps, storage::Database& database,
                                     const journal::AuditLog& audit_log, journal::Guard& guard);

}  // namespace samverkan::incidents
