#include "services/feed/feed_guard.h"

#include <algorithm>
#include <utility>

#include "services/access/decide.h"
#include "services/base/error.h"
#include "services/base/status.h"
#include "services/rpc/event_label.h"
#include "services/rpc/permit.h"

namespace samverkan::feed {
namespace {

constexpr absl::Duration kRecordMax = absl::Seconds(10);

access::Label LabelOfUnit(const access::Snapshot& policy, access::UnitId unit) {
  access::Label label;
  label.owner_unit = unit;
  label.owner_party = policy.unit(unit).party;
  return label;
}

}  // namespace

absl::string_view PermissionFor(journal::ChangeKind kind) {
  switch (kind) {
    case journal::ChangeKind::kIncident:
      return "incidents.read";
    case journal::ChangeKind::kDelivery:
      return "deliveries.read";
    case journal::ChangeKind::kAccessEnded:
    case journal::ChangeKind::kAccessBegun:
    case journal::ChangeKind::kAgreement:
      break;
  }
  return "";
}

FeedGuard::FeedGuard(const rpc::Gate& gate, const rpc::Method& method, rpc::Inbound inbound,
                     std::unique_ptr<rpc::Call> call)
    : deps_(gate.dependencies()),
      method_(method),
      inbound_(std::move(inbound)),
      call_(std::move(call)),
      mandate_name_(call_->policy().mandate(call_->mandate()).name) {}

absl::StatusOr<absl::Time> FeedGuard::Check(absl::Time now) {
  rpc::AuthFailure failure;
  SV_ASSIGN_OR_RETURN(
      const access::Principal principal,
      deps_.authenticator.Authenticate(inbound_.spiffe_ids, inbound_.certificate_pem,
                                       inbound_.bearer_token, &failure));
  if (principal.holder != call_->principal().holder) {
    return Error(errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT,
                 "The identity is no longer the one that opened the stream: open it anew.");
  }
  policy_ = deps_.policy.Current();
  SV_ASSIGN_OR_RETURN(mandate_, rpc::ResolveMandate(*policy_, principal, mandate_name_, now));
  const access::CompiledMandate& mandate = policy_->mandate(mandate_);
  const access::PermissionId permission = policy_->FindPermission(method_.policy.permission());
  const access::Decision decision =
      access::DecideOwn(*policy_, mandate_, permission, LabelOfUnit(*policy_, mandate.unit), now);
  if (!decision.allowed || policy_->unit(mandate.unit).name != call_->unit_name()) {
    return Error(errors::v1::ERROR_REASON_NO_MANDATE,
                 "The mandate no longer gives the right to watch this unit.");
  }
  return std::min({principal.expires_at, mandate.valid.to, decision.not_after});
}

bool FeedGuard::MaySee(journal::ChangeKind kind, const journal::EventLabel& label, absl::Time now) {
  const auto& object = static_cast<const rpc::ObjectLabel&>(label).object();
  const access::PermissionId permission = policy_->FindPermission(PermissionFor(kind));
  return access::DecideOwn(*policy_, mandate_, permission, access::LabelOf(object, *policy_), now)
      .allowed;
}

void FeedGuard::RecordPage(int64_t count, absl::AnyInvocable<void(absl::Status)> done) {
  call_->SetCount(count);
  deps_.database.Write(
      deps_.clock.Now() + kRecordMax,
      [self = shared_from_this()](storage::WriteTx& tx) {
        return self->deps_.recorder.Allowed(tx, *self->call_, audit::v1::Record::KIND_STREAM_PAGE);
      },
      std::move(done));
}

}  // namespace samverkan::feed
