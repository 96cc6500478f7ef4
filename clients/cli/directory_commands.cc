#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "clients/cli/command.h"
#include "clients/cli/paging.h"
#include "clients/cli/rows.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::directory::v1;  // NOLINT(google-build-using-namespace): the whole noun
                                             // is commanded here.
using client::DirectoryService;

std::string Under(const char* collection, const std::string& name) {
  return absl::StrContains(name, '/') ? name : absl::StrCat(collection, "/", name);
}

std::string Named(Session& session, const std::string& sv, const std::string& en) {
  return session.language() == Language::kSwedish || en.empty() ? sv : en;
}

std::string PartyLine(Session& session, const Party& party) {
  return absl::StrCat(Pad(party.name(), 32), " ",
                      Named(session, party.display_name(), party.display_name_en()));
}

absl::Status GetParty(Session& session, const Arguments& arguments) {
  GetPartyRequest request;
  request.set_name(Under("parties", arguments.positions()[0]));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Party party, hub->Call(&DirectoryService::Stub::GetParty, request));
  Rows rows(PartyLine(session, party), session.language());
  rows.Add({"kod", "code"}, party.code())
      .Add({"slag", "kind"}, absl::StripPrefix(Party::Kind_Name(party.kind()), "KIND_"))
      .Add({"OSL", "secrecy act"},
           party.secrecy_act_applies() ? session.Say({"gäller", "applies"}) : "")
      .Add({"org.nr", "org. number"}, party.organisation_number());
  for (const auto& former : party.former_names())
    rows.Add({"förut", "formerly"}, former.display_name());
  session.Show(party, std::move(rows).text());
  return absl::OkStatus();
}

absl::Status ListParties(Session& session, const Arguments& arguments) {
  return ShowPages(
      session, arguments, &DirectoryService::Stub::ListParties, ListPartiesRequest(),
      [](const auto& page) { return page.parties(); },
      [&](const Party& party) { return PartyLine(session, party); });
}

absl::Status ListUnits(Session& session, const Arguments& arguments) {
  ListUnitsRequest request;
  request.set_parent(Under("parties", arguments.Has("party") ? arguments.Get("party") : "-"));
  return ShowPages(
      session, arguments, &DirectoryService::Stub::ListUnits, request,
      [](const auto& page) { return page.units(); },
      [&](const Unit& unit) {
        return absl::StrCat(
            Pad(unit.name(), 56), " ", Named(session, unit.display_name(), unit.display_name_en()),
            unit.has_report_slot() ? session.Say({"  [intag]", "  [report slot]"}) : "");
      });
}

std::string DateText(const google::type::Date& date) {
  return date.year() == 0
             ? ""
             : absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

absl::Status GetArea(Session& session, const Arguments& arguments) {
  GetAreaRequest request;
  request.set_name(Under("areas", arguments.positions()[0]));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const Area area, hub->Call(&DirectoryService::Stub::GetArea, request));
  Rows rows(absl::StrCat(area.name(), "  ", area.display_name()), session.language());
  for (const auto& version : area.versions()) {
    rows.Add({"version", "version"},
             absl::StrCat(DateText(version.valid_from()), " – ", DateText(version.valid_to())))
        .Add({"delar", "members"}, absl::StrJoin(version.members(), " "))
        .Add({"föregångare", "predecessors"}, absl::StrJoin(version.predecessors(), " "))
        .Add({"ursprung", "source"}, version.source());
  }
  session.Show(area, std::move(rows).text());
  return absl::OkStatus();
}

absl::Status ListAreas(Session& session, const Arguments& arguments) {
  ListAreasRequest request;
  if (arguments.Has("kind")) {
    Area::Kind kind = Area::KIND_UNSPECIFIED;
    if (!Area::Kind_Parse(absl::StrCat("KIND_", arguments.Get("kind")), &kind)) {
      return UsageError(
          "--kind is NEIGHBOURHOOD, CITY_DISTRICT, LOCAL_POLICE_AREA, MUNICIPALITY, HOLDINGS, "
          "STATIONS or PLACE_PARTNERSHIP");
    }
    request.set_kind(kind);
  }
  return ShowPages(
      session, arguments, &DirectoryService::Stub::ListAreas, request,
      [](const auto& page) { return page.areas(); },
      [](const Area& area) {
        return absl::StrCat(Pad(area.name(), 40), " ", area.display_name());
      });
}

absl::Status Locate(Session& session, const Arguments& arguments) {
  LocatePlaceRequest request;
  auto& position = *request.mutable_place()->mutable_position();
  double latitude = 0;
  double longitude = 0;
  if (!absl::SimpleAtod(arguments.positions()[0], &latitude) ||
      !absl::SimpleAtod(arguments.positions()[1], &longitude)) {
    return UsageError("LATITUDE och LONGITUDE är grader, t.ex. 59.27876 18.01566",
                      "LATITUDE and LONGITUDE are degrees, e.g. 59.27876 18.01566");
  }
  position.set_latitude(latitude);
  position.set_longitude(longitude);
  if (arguments.Has("at")) {
    SC_ASSIGN_OR_RETURN(const absl::Time at, ParseTime(arguments.Get("at")));
    *request.mutable_at_time() = ToTimestamp(at);
  }
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const LocatePlaceResponse answer,
                      hub->Call(&DirectoryService::Stub::LocatePlace, request));
  session.Show(answer, absl::StrCat(absl::StrJoin(answer.area_versions(), "\n"), "\n"));
  return absl::OkStatus();
}

absl::Status ListCodes(Session& session, const Arguments& arguments) {
  ListCodesRequest request;
  request.set_list(arguments.Get("list"));
  return ShowPages(
      session, arguments, &DirectoryService::Stub::ListCodes, request,
      [](const auto& page) { return page.codes(); },
      [&](const Code& code) {
        const std::string form =
            code.form() == Code::FORM_UNSPECIFIED
                ? ""
                : absl::StrCat("  [", absl::StripPrefix(Code::Form_Name(code.form()), "FORM_"),
                               "]");
        return absl::StrCat(Pad(code.code(), 28), " ",
                            Named(session, code.label_sv(), code.label_en()), form);
      });
}

absl::Status ListMandates(Session& session, const Arguments& arguments) {
  ListMandatesRequest request;
  std::string party = arguments.Get("party");
  if (party.empty()) {
    SC_ASSIGN_OR_RETURN(const std::string unit, session.OwnUnit(arguments));
    party = unit.substr(0, unit.find("/units/"));
  }
  request.set_parent(Under("parties", party));
  return ShowPages(
      session, arguments, &DirectoryService::Stub::ListMandates, request,
      [](const auto& page) { return page.mandates(); },
      [](const Mandate& mandate) {
        return absl::StrCat(Pad(mandate.name(), 52), " ", Pad(mandate.function(), 14), " ",
                            mandate.unit(), "  ", ShowTime(mandate.valid_from_time()), " – ",
                            ShowTime(mandate.valid_to_time()));
      });
}

}  // namespace

std::vector<Command> DirectoryCommands() {
  const Flag party = {
      "party", "PARTY", {"Parten, t.ex. parties/pol", "The party, e.g. parties/pol"}};
  return {
      {"party get",
       "PARTY",
       {"Visa en part", "Show a party"},
       {},
       {"samverkan party get pol --as hal-tryggsam"},
       GetParty},
      {"party list",
       "",
       {"Lista parterna", "List the parties"},
       {kLimitFlag},
       {"samverkan party list --as hal-tryggsam"},
       ListParties},
      {"unit list",
       "",
       {"Lista enheterna", "List the units"},
       {party, kLimitFlag},
       {"samverkan unit list --party pol --as pol-system"},
       ListUnits},
      {"area get",
       "AREA",
       {"Visa ett område och dess versioner", "Show an area and its versions"},
       {},
       {"samverkan area get sdo-hal --as hal-tryggsam"},
       GetArea},
      {"area list",
       "",
       {"Lista områdena", "List the areas"},
       {{"kind",
         "KIND",
         {"Bara detta slag, t.ex. CITY_DISTRICT", "Only this kind, e.g. CITY_DISTRICT"}},
        kLimitFlag},
       {"samverkan area list --kind LOCAL_POLICE_AREA --as hal-tryggsam"},
       ListAreas},
      {"area locate",
       "LATITUDE LONGITUDE",
       {"Vilka områden en position ligger i", "Which areas a position lies in"},
       {{"at", "TIME", {"Områdena som de var då", "The areas as they were then"}}},
       {"samverkan area locate 59.29116 17.96572 --at 2022-01-01 --as hal-tryggsam"},
       Locate},
      {"code list",
       "",
       {"Lista koderna", "List the codes"},
       {{"list",
         "LIST",
         {"Bara denna lista: INC, PLA, PUR, LB, IKA, FN …",
          "Only this list: INC, PLA, PUR, LB, IKA, FN …"}},
        kLimitFlag},
       {"samverkan code list --list INC --as hal-tryggsam"},
       ListCodes},
      {"mandate list",
       "",
       {"Lista den egna partens mandat", "List the own party's mandates"},
       {party, kLimitFlag},
       {"samverkan mandate list --as hal-tenadm"},
       ListMandates},
  };
}

}  // namespace samverkan::cli
