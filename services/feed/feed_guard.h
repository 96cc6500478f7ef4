#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/access/snapshot.h"
#include "services/journal/feed.h"
#include "services/rpc/call.h"
#include "services/rpc/gate.h"
#include "services/rpc/inbound.h"
#include "services/rpc/method.h"

namespace samverkan::feed {

// The permission to read the objects behind a kind of event; empty for kinds about no object.
absl::string_view PermissionFor(journal::ChangeKind kind);

// Holds one stream to the identity, mandate and permission it was opened with, as they are now: a
// token that expired, a certificate that was revoked, a mandate that ended or lost its permission
// end the stream. The end of access under a clause does not.
class FeedGuard final : public journal::StreamGuard,
                        public std::enable_shared_from_this<FeedGuard> {
 public:
  // The gate outlives the guard; `call` is what it made of the opening.
  FeedGuard(const rpc::Gate& gate, const rpc::Method& method, rpc::Inbound inbound,
            std::unique_ptr<rpc::Call> call);

  // IDENTITY_INSUFFICIENT or NO_MANDATE.
  absl::StatusOr<absl::Time> Check(absl::Time now) override;
  bool MaySee(journal::ChangeKind kind, const journal::EventLabel& label, absl::Time now) override;
  void RecordPage(std::vector<journal::ChangeTarget> shown,
                  absl::AnyInvocable<void(absl::Status)> done) override;

 private:
  // Puts on the record what a page shows, each object once.
  absl::Status Note(const std::vector<journal::ChangeTarget>& shown);

  const rpc::Gate::Dependencies& deps_;
  const rpc::Method& method_;
  const rpc::Inbound inbound_;
  // For records; its policy is that of the opening.
  const std::unique_ptr<rpc::Call> call_;
  const std::string mandate_name_;

  // Of the last Check.
  std::shared_ptr<const access::Snapshot> policy_;
  access::MandateId mandate_;
};

}  // namespace samverkan::feed
