#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "samverkan/types/v1/types.pb.h"
#include "services/access/snapshot.h"

namespace samverkan::incidents {

// Content that has passed every rule that needs no transaction, in the form it is stored in.
struct CheckedContent {
  v1::IncidentContent content;
  // As objects stores them.
  std::string information_category;
  std::vector<std::string> cells;
};

// What a content must have: a first report may leave certainty and marking to the assessor, an
// assessment may not.
enum class ContentUse { kReport, kAssessment };

// Checks and completes content: codes are known and may travel as items (R28), the place lies in
// the city, the span is a span, text is text and seems to identify nobody (R22), the marking is
// below what the hub may hold (R25). `field` is the path of the content in its request.
absl::StatusOr<CheckedContent> CheckContent(const access::Snapshot& policy,
                                            const v1::IncidentContent& content, ContentUse use,
                                            absl::string_view field);

// Checks a source as the sender tells it. Its text is not screened: it stays with the owner and is
// never released.
absl::Status CheckSource(const access::Snapshot& policy, const v1::Source& source,
                         absl::string_view field);

// A motivation of 20 to 500 code points, and the balancing note where OSL 10:15 a asks for one
// (R12).
absl::Status CheckLegalPosition(const access::Snapshot& policy,
                                const types::v1::LegalPosition& position, absl::string_view field);

// A reason in free text, 1 to 500 code points, identifying nobody.
absl::Status CheckReason(absl::string_view reason, absl::string_view field);

// The marking a report gets where its sender gave none.
types::v1::Marking DefaultMarking(absl::string_view information_category, bool from_police);

// The life of an item. Each verb names the states it is possible in; otherwise STATE_OR_EMBARGO
// with the state in metadata.
enum class Verb { kSourceUpdate, kAssess, kReject, kRelease, kCorrect, kRetract };
absl::Status CheckState(Verb verb, v1::Incident::State state);

}  // namespace samverkan::incidents
