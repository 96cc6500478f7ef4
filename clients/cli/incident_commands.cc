#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/command.h"
#include "clients/cli/content_flags.h"
#include "clients/cli/incident_access.h"
#include "clients/cli/paging.h"
#include "clients/cli/show.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::incidents::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is commanded here.
using client::IncidentService;

absl::Status Create(Session& session, const Arguments& arguments) {
  CreateIncidentRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_parent(), session.OwnUnit(arguments));
  Incident& incident = *request.mutable_incident();
  SC_ASSIGN_OR_RETURN(*incident.mutable_content(), ReadContent(arguments, {}));
  incident.set_foreign_id(arguments.Get("foreign-id"));
  incident.mutable_source()->set_kind(WithPrefix("SRC_", arguments.Get("source")));
  request.set_request_id(arguments.Get("request-id"));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  bool replayed = false;
  SC_ASSIGN_OR_RETURN(const Incident created, hub->Call(&IncidentService::Stub::CreateIncident,
                                                        request, {.replayed = &replayed}));
  if (replayed)
    session.err() << session.Say(
        {"Fanns redan: inget nytt skapades.\n", "Known already: nothing new was made.\n"});
  session.Show(created, ShowIncident(created, session));
  return absl::OkStatus();
}

absl::Status Get(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const Incident incident, LoadIncident(session, arguments.positions()[0]));
  session.Show(incident, ShowIncident(incident, session));
  return absl::OkStatus();
}

absl::Status List(Session& session, const Arguments& arguments) {
  ListIncidentsRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_parent(), session.OwnUnit(arguments));
  for (const std::string& name : arguments.All("state")) {
    Incident::State state = Incident::STATE_UNSPECIFIED;
    if (!Incident::State_Parse(WithPrefix("STATE_", absl::AsciiStrToUpper(name)), &state)) {
      return UsageError("--state är RECEIVED, ASSESSED, SHARED, REJECTED eller RETRACTED",
                        "--state is RECEIVED, ASSESSED, SHARED, REJECTED or RETRACTED");
    }
    request.add_states(state);
  }
  return ShowPages(
      session, arguments, &IncidentService::Stub::ListIncidents, request,
      [](const auto& page) { return page.incidents(); },
      [&](const Incident& incident) { return IncidentLine(incident, session); });
}

absl::Status Assess(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(Incident incident, LoadIncident(session, arguments.positions()[0]));
  AssessIncidentRequest request;
  request.set_name(incident.name());
  request.set_etag(arguments.Has("etag") ? arguments.Get("etag") : incident.etag());
  // What was handed in is where the assessment starts; the flags say what the assessor knows
  // better.
  SC_ASSIGN_OR_RETURN(*request.mutable_content(),
                      ReadContent(arguments, ForInput(incident.content())));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(incident, hub->Call(&IncidentService::Stub::AssessIncident, request));
  session.Show(incident, ShowIncident(incident, session));
  return absl::OkStatus();
}

absl::Status Reject(Session& session, const Arguments& arguments) {
  RejectIncidentRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_reason(), arguments.Require("reason"));
  SC_ASSIGN_OR_RETURN(Incident incident, LoadIncident(session, arguments.positions()[0]));
  request.set_name(incident.name());
  request.set_etag(arguments.Has("etag") ? arguments.Get("etag") : incident.etag());
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(incident, hub->Call(&IncidentService::Stub::RejectIncident, request));
  session.Show(incident, ShowIncident(incident, session));
  return absl::OkStatus();
}

std::vector<Flag> With(std::vector<Flag> flags, std::vector<Flag> more) {
  flags.insert(flags.begin(), more.begin(), more.end());
  return flags;
}

}  // namespace

absl::StatusOr<Incident> LoadIncident(Session& session, const std::string& name) {
  GetIncidentRequest request;
  request.set_name(name);
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return hub->Call(&IncidentService::Stub::GetIncident, request);
}

IncidentContent ForInput(IncidentContent content) {
  content.mutable_place()->clear_precision();
  // The hub tells all areas a place lies in; it takes one, and only where nothing finer is given.
  auto& place = *content.mutable_place();
  if (place.has_position() || place.polygon_size() > 0) {
    place.clear_areas();
  } else if (place.areas_size() > 1) {
    const std::string smallest = place.areas(0);
    place.clear_areas();
    place.add_areas(smallest);
  }
  return content;
}

std::vector<Command> IncidentCommands() {
  const Flag unit = {"unit", "UNIT", {"Enheten, annars den egna", "The unit, otherwise one's own"}};
  const Flag etag = {"etag",
                     "ETAG",
                     {"Det läge som granskats, annars det nuvarande",
                      "The state looked at, otherwise the present one"}};
  return {
      {"incident create",
       "",
       {"Lämna in en händelse till den egna enheten eller ett intag",
        "Hand in an item to one's own unit or a report slot"},
       With(ContentFlags(),
            {unit,
             {"foreign-id",
              "ID",
              {"Eget id; samma id ger samma händelse", "Own id; the same id gives the same item"}},
             {"source", "CODE", {"Källa: POLIS, EST, OPPEN …", "Source: POLIS, EST, OPPEN …"}},
             {"request-id",
              "UUID",
              {"Vid omförsök: samma som förra gången", "When trying again: the one used before"}}}),
       {"samverkan incident create --as hal-rapp --unit parties/sthlm-sdn-hal/units/sthlm-sdn-hal "
        "--source EST \\",
        "    --category MIL_BELYS --place-type GCVAG --place-name 'Fruängens gångväg' --position "
        "59.2871,17.9649 \\",
        "    --start '2026-11-19 18:40' --certainty BEKRAFTAD --text 'Sex lampor i rad är "
        "släckta.'"},
       Create},
      {"incident get",
       "ITEM",
       {"Visa en egen händelse", "Show an own item"},
       {},
       {"samverkan incident get parties/pol/incidents/UUID --as skarh-kompol"},
       Get},
      {"incident list",
       "",
       {"Lista den egna enhetens händelser, nyast först",
        "List the own unit's items, newest first"},
       {unit,
        {"state", "STATE", {"Bara detta läge; kan upprepas", "Only this state; may be repeated"}},
        kLimitFlag},
       {"samverkan incident list --state RECEIVED --limit 20 --as skarh-kompol"},
       List},
      {"incident assess",
       "ITEM",
       {"Granska en inkommen händelse", "Assess a received item"},
       With(ContentFlags(), {etag}),
       {"samverkan incident assess ITEM --as skarh-kompol --area stadsdel-vastertorp \\",
        "    --certainty BEKRAFTAD --tlp AMBER_STRICT --klassa 2,1,1 \\",
        "    --text 'Personrån vid torget under kvällen.'"},
       Assess},
      {"incident reject",
       "ITEM",
       {"Avvisa en händelse som inte delats", "Reject an item that was not released"},
       {{"reason", "TEXT", {"Varför", "Why"}}, etag},
       {"samverkan incident reject ITEM --reason 'Dubblett' --as skarh-kompol"},
       Reject},
  };
}

}  // namespace samverkan::cli
