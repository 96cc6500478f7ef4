#include "services/rpc/outward.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "services/base/error.h"
#include "services/base/random.h"
#include "services/base/uuid.h"

namespace samverkan::rpc {
namespace {

constexpr int kRetryDelayMillis = 200;

absl::Status WithRetry(absl::Status status) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(kRetryDelayMillis * 1'000'000);
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(retry.SerializeAsString()));
  return status;
}

}  // namespace

absl::Status Outward(absl::Status status, std::string* error_id) {
  if (status.ok()) return status;
  const errors::v1::ErrorReason reason = ReasonOf(status);
  if (reason == errors::v1::ERROR_REASON_LIMIT_EXCEEDED) return WithRetry(std::move(status));
  if (reason != errors::v1::ERROR_REASON_UNSPECIFIED) return status;
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return absl::DeadlineExceededError("The deadline passed; nothing was done.");
    case absl::StatusCode::kCancelled:
      return absl::CancelledError("The call was cancelled; nothing was done.");
    case absl::StatusCode::kResourceExhausted:
      return WithRetry(Error(errors::v1::ERROR_REASON_LIMIT_EXCEEDED,
                             "The hub is at a limit; try again shortly.", {{"limit", "storage"}}));
    case absl::StatusCode::kUnavailable:
      return WithRetry(
          Error(errors::v1::ERROR_REASON_NOT_READY, "The hub is not ready; try again shortly."));
    default: {
      SystemRandom random;
      const std::string id = Uuid::Random(random).ToString();
      if (error_id != nullptr) *error_id = id;
      return Error(errors::v1::ERROR_REASON_INTERNAL_FAILURE,
                   "An internal failure; quote the error id.", {{"error_id", id}});
    }
  }
}

}  // namespace samverkan::rpc
