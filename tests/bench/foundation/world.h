#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/rpc/inbound.h"
#include "tests/support/hub_folder.h"

namespace samverkan::bench {

// The police's liaison system, which hands items in and reads them back.
inline constexpr char kCaller[] = "pol-system";
inline constexpr char kUnit[] = "parties/pol/units/pol-sth";

// What mutual TLS tells the hub of that system.
rpc::Inbound InboundOfCaller(const testing::HubFolder& folder);

// Connections of that system to the hub at this port, each its own.
std::vector<std::shared_ptr<grpc::Channel>> Connect(const testing::HubFolder& folder, int port,
                                                    int count);

// Items as the police's system hands them in: text of a published event's length, its own id, a
// request_id. No two calls make the same.
std::vector<incidents::v1::CreateIncidentRequest> NewItems(int count);

}  // namespace samverkan::bench
