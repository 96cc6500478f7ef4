#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

absl::StatusOr<incidents::v1::Incident> LoadIncident(Session& session, const std::string& name);

// Content as read, made fit to be sent back: without what only the hub tells.
incidents::v1::IncidentContent ForInput(incidents::v1::IncidentContent content);

}  // namespace samverkan::cli
