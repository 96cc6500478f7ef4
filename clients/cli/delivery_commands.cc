#include "clients/cli/command.h"
#include "clients/cli/paging.h"
#include "clients/cli/show.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::incidents::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is commanded here.
using client::IncidentService;

absl::Status List(Session& session, const Arguments& arguments) {
  ListDeliveriesRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_parent(), session.OwnUnit(arguments));
  return ShowPages(
      session, arguments, &IncidentService::Stub::ListDeliveries, request,
      [](const auto& page) { return page.deliveries(); },
      [&](const Delivery& delivery) { return DeliveryLine(delivery, session); });
}

absl::Status Get(Session& session, const Arguments& arguments) {
  GetDeliveryRequest request;
  request.set_name(arguments.positions()[0]);
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Delivery delivery,
                      hub->Call(&IncidentService::Stub::GetDelivery, request));
  session.Show(delivery, ShowDelivery(delivery, session));
  return absl::OkStatus();
}

absl::Status Acknowledge(Session& session, const Arguments& arguments) {
  AcknowledgeDeliveryRequest request;
  request.set_name(arguments.positions()[0]);
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Delivery delivery,
                      hub->Call(&IncidentService::Stub::AcknowledgeDelivery, request));
  session.Show(delivery, ShowDelivery(delivery, session));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> DeliveryCommands() {
  return {
      {"delivery list",
       "",
       {"Lista mottagna kopior, nyast först", "List received copies, newest first"},
       {{"unit", "UNIT", {"Enheten, annars den egna", "The unit, otherwise one's own"}},
        kLimitFlag},
       {"samverkan delivery list --as hal-tryggsam"},
       List},
      {"delivery get",
       "DELIVERY",
       {"Visa en mottagen kopia", "Show a received copy"},
       {},
       {"samverkan delivery get parties/sthlm-sdn-hal/units/sthlm-sdn-hal/deliveries/UUID --as "
        "hal-tryggsam"},
       Get},
      {"delivery ack",
       "DELIVERY",
       {"Kvittera en mottagen kopia eller en återkallelse",
        "Acknowledge a received copy or a retraction"},
       {},
       {"samverkan delivery ack parties/sthlm-sdn-jar/units/sthlm-sdn-jar/deliveries/UUID --as "
        "jar-regstr"},
       Acknowledge},
  };
}

}  // namespace samverkan::cli
