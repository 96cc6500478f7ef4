#pragma once

#include <string>

#include "clients/cli/session.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"

namespace samverkan::cli {

// Resources as a person reads them, times in Stockholm.
std::string ShowIncident(const incidents::v1::Incident& incident, Session& session);
std::string ShowDelivery(const incidents::v1::Delivery& delivery, Session& session);
std::string ShowRelease(const incidents::v1::Release& release, Session& session);
std::string ShowAgreement(const agreements::v1::Agreement& agreement, Session& session);

// One line each, for lists and the watch.
std::string IncidentLine(const incidents::v1::Incident& incident, Session& session);
std::string DeliveryLine(const incidents::v1::Delivery& delivery, Session& session);

// "Västertorp" or "areas/city": the most a line has room for.
std::string PlaceText(const types::v1::Place& place);
// "2025-04-23 16:00–22:00 (part of day)"
std::string SpanText(const types::v1::TimeSpan& span, Language language);

}  // namespace samverkan::cli
