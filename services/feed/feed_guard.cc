#include "services/feed/feed_guard.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
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

bool Shows(const access::Snapshot& policy, access::MandateId mandate, journal::ChangeKind kind,
           const access::Object& object, absl::Time now) {
  const access::PermissionId permission = policy.FindPermission(PermissionFor(kind));
  return access::DecideOwn(policy, mandate, permission, access::LabelOf(object, policy), now)
      .allowed;
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
  return Shows(*policy_, mandate_, kind, static_cast<const rpc::ObjectLabel&>(label).object(), now);
}

// Names are looked up on the pool: the writer and the feed's thread have others to serve.
void FeedGuard::RecordPage(std::vector<journal::ChangeTarget> shown,
                           absl::AnyInvocable<void(absl::Status)> done) {
  auto page = std::make_shared<
      std::pair<std::vector<journal::ChangeTarget>, absl::AnyInvocable<void(absl::Status)>>>(
      std::move(shown), std::move(done));
  const bool posted = deps_.pool.Post([self = shared_from_this(), page] {
    absl::Status status = self->deps_.may_serve ? self->deps_.may_serve() : absl::OkStatus();
    if (status.ok()) status = self->Note(page->first);
    if (!status.ok()) {
      page->second(std::move(status));
      return;
    }
    self->deps_.database.Write(
        self->deps_.clock.Now() + kRecordMax,
        [self](storage::WriteTx& tx) {
          return self->deps_.recorder.Allowed(tx, *self->call_,
                                              audit::v1::Record::KIND_STREAM_PAGE);
        },
        std::move(page->second));
  });
  if (!posted) page->second(absl::ResourceExhaustedError("no thread for the record of a page"));
}

absl::Status FeedGuard::Note(const std::vector<journal::ChangeTarget>& shown) {
  call_->BeginPage(static_cast<int64_t>(shown.size()));
  absl::flat_hash_set<int64_t> noted;
  return deps_.database.Read(
      deps_.clock.Now() + kRecordMax, [&](storage::ReadTx& tx) -> absl::Status {
        for (const journal::ChangeTarget& target : shown) {
          if (PermissionFor(target.kind).empty() || !noted.insert(target.object_id).second)
            continue;
          SV_ASSIGN_OR_RETURN(const auto object, deps_.objects.FindById(tx, target.object_id));
          if (object && Shows(call_->policy(), call_->mandate(), target.kind, *object, tx.now())) {
            call_->AlsoAbout(object->name);
          }
        }
        return absl::OkStatus();
      });
}

}  // namespace samverkan::feed
