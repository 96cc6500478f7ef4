#pragma once

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fault/hub_client.h"

// What a hub must hold after the acts of a ledger, and the comparison with what it says it holds.
namespace samverkan::fault {

constexpr int32_t kPageSize = 200;

// An item as it must be after all of its acts.
struct Expected {
  std::string unit;
  std::string description;
  Incident::State state = Incident::STATE_RECEIVED;
  int32_t revision = 1;
  int copies = 0;
};

template <typename Request>
Request Parsed(const Act& act) {
  Request request;
  request.ParseFromString(act.request);
  return request;
}

inline void Apply(const Act& act, Expected& item) {
  if (act.verb == "create" || act.verb == "publish") {
    const auto request = Parsed<CreateIncidentRequest>(act);
    item = {.unit = request.parent(), .description = request.incident().content().description()};
  } else if (act.verb == "assess") {
    item.description = Parsed<AssessIncidentRequest>(act).content().description();
    item.state = Incident::STATE_ASSESSED;
  } else if (act.verb == "release") {
    item.state = Incident::STATE_SHARED;
    item.copies = 1;
  } else if (act.verb == "correct") {
    item.description = Parsed<CorrectIncidentRequest>(act).content().description();
    ++item.revision;
    ++item.copies;
  } else if (act.verb == "retract") {
    item.description.clear();
    item.state = Incident::STATE_RETRACTED;
  }
}

template <typename Method, typename Request, typename See>
void EachPage(client::Client& hub, Method method, Request request, See see) {
  request.set_page_size(kPageSize);
  do {
    const auto page = hub.Call(method, request);
    if (!page.ok()) Fail(page.status().ToString(), 3);
    see(*page);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
}

// Every item of the unit is one of the ledger's, exactly as its acts left it, and none is missing.
inline void CompareItems(const cli::Home& home, const std::string& handle, const std::string& unit,
                         const std::map<std::string, Expected>& expected) {
  std::map<std::string, Expected> left = expected;
  ListIncidentsRequest request;
  request.set_parent(unit);
  EachPage(**Connect(home, handle), &IncidentService::Stub::ListIncidents, request,
           [&](const ListIncidentsResponse& page) {
             for (const Incident& incident : page.incidents()) {
               const auto found = left.find(incident.foreign_id());
               if (found == left.end() || found->second.unit != unit)
                 Fail("nobody sent, or twice there: " + incident.ShortDebugString(), 3);
               const Expected& item = found->second;
               if (incident.state() != item.state || incident.revision() != item.revision ||
                   incident.content().description() != item.description)
                 Fail("not as acknowledged: " + incident.ShortDebugString(), 3);
               left.erase(found);
             }
           });
  for (const auto& [id, item] : left) {
    if (item.unit == unit) Fail("lost: " + id, 3);
  }
}

// The district holds as many copies as were released and corrected, sealed where retracted.
inline void CompareCopies(const cli::Home& home, const std::map<std::string, Expected>& expected) {
  std::map<Delivery::State, int> wanted;
  for (const auto& [id, item] : expected) {
    if (item.state == Incident::STATE_RETRACTED) {
      wanted[Delivery::STATE_SEALED] += item.copies;
    } else if (item.copies > 0) {
      wanted[Delivery::STATE_DELIVERED] += 1;
      wanted[Delivery::STATE_SUPERSEDED] += item.copies - 1;
    }
  }
  std::map<Delivery::State, int> held;
  ListDeliveriesRequest request;
  request.set_parent(kDistrict);
  EachPage(**Connect(home, "hal-tryggsam"), &IncidentService::Stub::ListDeliveries, request,
           [&](const ListDeliveriesResponse& page) {
             for (const Delivery& delivery : page.deliveries()) ++held[delivery.state()];
           });
  for (const auto state :
       {Delivery::STATE_SEALED, Delivery::STATE_DELIVERED, Delivery::STATE_SUPERSEDED}) {
    if (held[state] != wanted[state]) {
      Fail(
          absl::StrCat("copies in state ", state, ": ", held[state], " instead of ", wanted[state]),
          3);
    }
  }
}

}  // namespace samverkan::fault
