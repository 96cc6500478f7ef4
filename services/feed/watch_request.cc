#include "services/feed/watch_request.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/access/decide.h"
#include "services/base/error.h"
#include "services/base/status.h"
#include "services/feed/feed_guard.h"
#include "services/rpc/field_checks.h"

namespace samverkan::feed {
namespace {

using journal::ChangeKind;
using Kind = v1::Subscription::Kind;

struct KindOfFeed {
  Kind kind;
  // Whose objects the caller must be allowed to read.
  ChangeKind object;
  // What of a unit's feed belongs to it.
  uint32_t kinds;
};

constexpr KindOfFeed kKinds[] = {
    {v1::Subscription::KIND_INCIDENTS, ChangeKind::kIncident,
     journal::KindBit(ChangeKind::kIncident)},
    {v1::Subscription::KIND_DELIVERIES, ChangeKind::kDelivery,
     journal::KindBit(ChangeKind::kDelivery) | journal::KindBit(ChangeKind::kAccessEnded) |
         journal::KindBit(ChangeKind::kAccessBegun)},
};

bool MayRead(const access::Snapshot& policy, access::MandateId mandate, ChangeKind kind,
             absl::Time now) {
  access::Label label;
  label.owner_unit = policy.mandate(mandate).unit;
  label.owner_party = policy.unit(label.owner_unit).party;
  return access::DecideOwn(policy, mandate, policy.FindPermission(PermissionFor(kind)), label, now)
      .allowed;
}

}  // namespace

std::vector<std::string> UnitsOf(const v1::WatchRequest& request) {
  std::vector<std::string> units;
  for (const v1::Subscription& subscription : request.subscriptions()) {
    units.push_back(subscription.unit());
  }
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  return units;
}

absl::Status CheckWatch(const v1::WatchRequest& request) {
  SV_RETURN_IF_ERROR(rpc::CheckFields(request));
  if (request.subscriptions_size() > kSubscriptionsMax) {
    return FieldInvalid("subscriptions", absl::StrCat("at most ", kSubscriptionsMax));
  }
  if (request.resume_token().size() > kResumeTokenBytesMax) {
    return FieldInvalid("resume_token", "not a token of this hub");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<journal::FeedSubscription>> SubscriptionsOf(
    const v1::WatchRequest& request, const access::Snapshot& policy, access::MandateId mandate,
    absl::Time now) {
  std::vector<journal::FeedSubscription> subscriptions;
  for (const v1::Subscription& asked : request.subscriptions()) {
    journal::FeedSubscription subscription{.unit = asked.unit()};
    for (const KindOfFeed& kind : kKinds) {
      const bool named =
          std::find(asked.kinds().begin(), asked.kinds().end(), kind.kind) != asked.kinds().end();
      if (!named && !asked.kinds().empty()) continue;
      if (MayRead(policy, mandate, kind.object, now)) {
        subscription.kinds |= kind.kinds;
      } else if (named) {
        return Error(errors::v1::ERROR_REASON_NO_MANDATE,
                     "Your function does not hold the permission to read what you want to watch.",
                     {{"kind", v1::Subscription::Kind_Name(kind.kind)}});
      }
    }
    if (subscription.kinds == 0) {
      return Error(errors::v1::ERROR_REASON_NO_MANDATE,
                   "Your function does not hold the permission to read anything of this feed.");
    }
    subscriptions.push_back(std::move(subscription));
  }
  return subscriptions;
}

}  // namespace samverkan::feed
