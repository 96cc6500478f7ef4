#include "services/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "samverkan/options/v1/options.pb.h"

namespace samverkan {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

const options::v1::ErrorPolicy& PolicyOf(ErrorReason reason) {
  return errors::v1::ErrorReason_descriptor()->FindValueByNumber(reason)->options().GetExtension(
      options::v1::error);
}

template <typename Detail>
Detail DetailOf(const absl::Status& status, const char* url) {
  Detail detail;
  if (auto payload = status.GetPayload(url)) {
    detail.ParseFromString(std::string(*payload));
  }
  return detail;
}

}  // namespace

std::string ReasonName(ErrorReason reason) {
  return std::string(absl::StripPrefix(errors::v1::ErrorReason_Name(reason), "ERROR_REASON_"));
}

absl::Status Error(ErrorReason reason, absl::string_view message, const ErrorMetadata& metadata,
                   const std::vector<FieldViolation>& violations) {
  const options::v1::ErrorPolicy& policy = PolicyOf(reason);
  absl::Status status(static_cast<absl::StatusCode>(policy.status()), message);
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonName(reason));
  info.set_domain("samverkan");
  if (!policy.code().empty()) (*info.mutable_metadata())["code"] = policy.code();
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  if (!violations.empty()) {
    google::rpc::BadRequest bad_request;
    for (const FieldViolation& violation : violations) {
      auto* entry = bad_request.add_field_violations();
      entry->set_field(violation.field);
      entry->set_description(violation.description);
    }
    status.SetPayload(kBadRequestUrl, absl::Cord(bad_request.SerializeAsString()));
  }
  return status;
}

absl::Status FieldInvalid(absl::string_view field, absl::string_view description) {
  return Error(errors::v1::ERROR_REASON_FIELD_INVALID, absl::StrCat(field, ": ", description), {},
               {{std::string(field), std::string(description)}});
}

absl::Status NotFound() {
  return Error(errors::v1::ERROR_REASON_NOT_FOUND, "Not found.");
}

ErrorReason ReasonOf(const absl::Status& status) {
  ErrorReason reason = errors::v1::ERROR_REASON_UNSPECIFIED;
  errors::v1::ErrorReason_Parse("ERROR_REASON_" + ErrorInfoOf(status).reason(), &reason);
  return reason;
}

google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
}

google::rpc::BadRequest BadRequestOf(const absl::Status& status) {
  return DetailOf<google::rpc::BadRequest>(status, kBadRequestUrl);
}

}  // namespace samverkan
