#pragma once

#include "absl/status/statusor.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/incidents/delivery_view.h"
#include "services/incidents/incident_handlers.h"

namespace samverkan::incidents {

// Received copies, as their holder reads and acknowledges them.
class DeliveryHandlers {
 public:
  DeliveryHandlers(const Dependencies& deps, const DeliveryView& view) : deps_(deps), view_(view) {}

  absl::StatusOr<v1::Delivery> Get(rpc::Call& call, storage::ReadTx& tx,
                                   const v1::GetDeliveryRequest& request);
  absl::StatusOr<v1::ListDeliveriesResponse> List(rpc::Call& call, storage::ReadTx& tx,
                                                  const v1::ListDeliveriesRequest& request);
  absl::StatusOr<v1::Delivery> Acknowledge(rpc::Call& call, storage::WriteTx& tx,
                                           const v1::AcknowledgeDeliveryRequest& request);
  absl::StatusOr<v1::Delivery> Render(rpc::Call& call, storage::ReadTx& tx,
                                      const rpc::Replay& replay);

 private:
  const Dependencies& deps_;
  const DeliveryView& view_;
};

}  // namespace samverkan::incidents
