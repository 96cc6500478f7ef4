#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"
#include "samverkan/errors/v1/errors.pb.h"

namespace samverkan {

using ::samverkan::errors::v1::ErrorReason;

// A field at fault: its path in the request ("legal_position.motivation"), what is wrong and what
// to do.
struct FieldViolation {
  std::string field;
  std::string description;
};

using ErrorMetadata = std::vector<std::pair<std::string, std::string>>;

// The one way to make an error that leaves the hub: canonical code and short code follow from the
// reason (errors.proto). `message` is English, names no content, and says what to do where that
// helps.
absl::Status Error(ErrorReason reason, absl::string_view message,
                   const ErrorMetadata& metadata = {},
                   const std::vector<FieldViolation>& violations = {});

// FIELD_INVALID for one field.
absl::Status FieldInvalid(absl::string_view field, absl::string_view description);

// The answer for what does not exist and for what is not for the caller: always the same bytes.
absl::Status NotFound();

// The reason a status carries; UNSPECIFIED where it has none.
ErrorReason ReasonOf(const absl::Status& status);

// The details a status carries; empty messages where it has none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);
google::rpc::BadRequest BadRequestOf(const absl::Status& status);

// The reason's name on the wire: "NOT_FOUND".
std::string ReasonName(ErrorReason reason);

}  // namespace samverkan
