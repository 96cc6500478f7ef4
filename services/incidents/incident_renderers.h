#pragma once

#include "services/access/store/policy_store.h"
#include "services/incidents/delivery_view.h"
#include "services/incidents/incident_store.h"
#include "services/journal/feed.h"

namespace samverkan::incidents {

// A unit's own item in its feed.
class IncidentRenderer final : public journal::EventRenderer {
 public:
  IncidentRenderer(const access::ObjectStore& objects, const IncidentStore& incidents)
      : objects_(objects), incidents_(incidents) {}
  absl::StatusOr<journal::RenderedEvent> Render(storage::ReadTx& tx,
                                                const journal::ChangeEntry& entry,
                                                const journal::ChangeTarget& target) override;

 private:
  const access::ObjectStore& objects_;
  const IncidentStore& incidents_;
};

// A received copy in its holder's feed.
class DeliveryRenderer final : public journal::EventRenderer {
 public:
  DeliveryRenderer(const access::ObjectStore& objects, const DeliveryView& view,
                   const access::PolicyStore& policy)
      : objects_(objects), view_(view), policy_(policy) {}
  absl::StatusOr<journal::RenderedEvent> Render(storage::ReadTx& tx,
                                                const journal::ChangeEntry& entry,
                                                const journal::ChangeTarget& target) override;

 private:
  const access::ObjectStore& objects_;
  const DeliveryView& view_;
  const access::PolicyStore& policy_;
};

}  // namespace samverkan::incidents
