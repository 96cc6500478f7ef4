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

absl::Status Release(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string clause, arguments.Require("clause"));
  const std::vector<std::string> recipients = arguments.All("to");
  if (recipients.empty()) return MissingFlag("to");
  SC_ASSIGN_OR_RETURN(const Incident incident, LoadIncident(session, arguments.positions()[0]));
  ReleaseIncidentRequest request;
  request.set_name(incident.name());
  request.set_etag(arguments.Has("etag") ? arguments.Get("etag") : incident.etag());
  request.set_clause(clause);
  for (const std::string& unit : recipients) {
    SC_ASSIGN_OR_RETURN(*request.add_recipients(), session.UnitNamed(unit));
  }
  request.mutable_legal_position()->set_code(WithPrefix("LB_", arguments.Get("legal")));
  request.mutable_legal_position()->set_motivation(arguments.Get("motivation"));
  request.mutable_legal_position()->set_balancing_note(arguments.Get("balancing-note"));
  request.set_validate_only(arguments.Has("validate-only"));
  if (!request.validate_only()) {
    session.err() << ShowIncident(incident, session);
    SC_RETURN_IF_ERROR(
        session.Confirm({"Lämnas detta till mottagarna? Det blir deras allmänna handling.",
                         "Release this to the recipients? It becomes their public record."}));
  }
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const incidents::v1::Release release,
                      hub->Call(&IncidentService::Stub::ReleaseIncident, request));
  session.Show(release, ShowRelease(release, session));
  return absl::OkStatus();
}

absl::Status ListReleases(Session& session, const Arguments& arguments) {
  ListReleasesRequest request;
  request.set_parent(arguments.positions()[0]);
  return ShowPages(
      session, arguments, &IncidentService::Stub::ListReleases, request,
      [](const auto& page) { return page.releases(); },
      [&](const incidents::v1::Release& release) { return ShowRelease(release, session); });
}

absl::Status Correct(Session& session, const Arguments& arguments) {
  CorrectIncidentRequest request;
  SC_ASSIGN_OR_RETURN(*request.mutable_note()->mutable_reason(), arguments.Require("reason"));
  RevisionNote::Kind kind = RevisionNote::KIND_CORRECTION;
  if (arguments.Has("kind") &&
      !RevisionNote::Kind_Parse(WithPrefix("KIND_", absl::AsciiStrToUpper(arguments.Get("kind"))),
                                &kind)) {
    return UsageError("--kind är CORRECTION, ENRICHMENT eller RECLASSIFICATION",
                      "--kind is CORRECTION, ENRICHMENT or RECLASSIFICATION");
  }
  request.mutable_note()->set_kind(kind);
  SC_ASSIGN_OR_RETURN(Incident incident, LoadIncident(session, arguments.positions()[0]));
  request.set_name(incident.name());
  request.set_etag(arguments.Has("etag") ? arguments.Get("etag") : incident.etag());
  SC_ASSIGN_OR_RETURN(*request.mutable_content(),
                      ReadContent(arguments, ForInput(incident.content())));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(incident, hub->Call(&IncidentService::Stub::CorrectIncident, request));
  session.Show(incident, ShowIncident(incident, session));
  return absl::OkStatus();
}

absl::Status Retract(Session& session, const Arguments& arguments) {
  RetractIncidentRequest request;
  SC_ASSIGN_OR_RETURN(const std::string reason, arguments.Require("reason"));
  request.set_reason(WithPrefix("RTR_", reason));
  SC_ASSIGN_OR_RETURN(Incident incident, LoadIncident(session, arguments.positions()[0]));
  request.set_name(incident.name());
  request.set_etag(arguments.Has("etag") ? arguments.Get("etag") : incident.etag());
  SC_RETURN_IF_ERROR(session.Confirm(
      {"Återkalla händelsen? Innehållet förstörs hos alla; bara en gravsten blir kvar.",
       "Retract the item? Its content is destroyed everywhere; only a tombstone is left."}));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(incident, hub->Call(&IncidentService::Stub::RetractIncident, request));
  session.Show(incident, ShowIncident(incident, session));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> DisclosureCommands() {
  const Flag etag = {"etag",
                     "ETAG",
                     {"Det läge som granskats, annars det nuvarande",
                      "The state looked at, otherwise the present one"}};
  const Flag reason = {"reason", "TEXT", {"Varför", "Why"}};
  std::vector<Flag> correct_flags = {reason,
                                     {"kind",
                                      "KIND",
                                      {"CORRECTION (annars), ENRICHMENT, RECLASSIFICATION",
                                       "CORRECTION (default), ENRICHMENT, RECLASSIFICATION"}},
                                     etag};
  const std::vector<Flag> content = ContentFlags();
  correct_flags.insert(correct_flags.end(), content.begin(), content.end());
  return {
      {"incident release",
       "ITEM",
       {"Lämna ut en granskad händelse till mottagare", "Release an assessed item to recipients"},
       {{"to", "UNIT", {"Mottagande enhet; kan upprepas", "Receiving unit; may be repeated"}},
        {"clause",
         "CLAUSE",
         {"Klausulen, t.ex. agreements/lok-hal-skarh/clauses/l2",
          "The clause, e.g. agreements/lok-hal-skarh/clauses/l2"}},
        {"legal",
         "CODE",
         {"Rättsligt stöd, t.ex. NOT_SECRET_TESTED", "Legal position, e.g. NOT_SECRET_TESTED"}},
        {"motivation", "TEXT", {"Varför det håller för just detta", "Why it holds for this item"}},
        {"balancing-note",
         "TEXT",
         {"Intresseavvägningen enligt OSL 10:15 a", "The balancing of interests of OSL 10:15 a"}},
        {"validate-only", "", {"Pröva bara; inget lämnas", "Only check; nothing leaves"}},
        etag},
       {"samverkan incident release ITEM --as skarh-kompol --to "
        "parties/sthlm-sdn-hal/units/sthlm-sdn-hal \\",
        "    --clause agreements/lok-hal-skarh/clauses/l2 --purpose LAGESBILD --legal "
        "NOT_SECRET_TESTED \\",
        "    --motivation 'Ingen uppgift om enskild; skadeprövad.'"},
       Release},
      {"incident releases",
       "ITEM",
       {"Visa utlämnanden och mottagarnas kvitton", "Show releases and the recipients' receipts"},
       {kLimitFlag},
       {"samverkan incident releases ITEM --as skarh-kompol"},
       ListReleases},
      {"incident correct",
       "ITEM",
       {"Rätta en utlämnad händelse hos alla som har den",
        "Correct a released item with everyone who holds it"},
       correct_flags,
       {"samverkan incident correct ITEM --as skarh-kompol --category TIL_BUTIK \\",
        "    --kind RECLASSIFICATION --reason 'Rubriceringen är ändrad.'"},
       Correct},
      {"incident retract",
       "ITEM",
       {"Återkalla en händelse överallt", "Retract an item everywhere"},
       {{"reason",
         "CODE",
         {"FEL, PERSONUPPGIFT, SEKRETESS, DUBBLETT eller SAKERHET",
          "FEL, PERSONUPPGIFT, SEKRETESS, DUBBLETT or SAKERHET"}},
        etag},
       {"samverkan incident retract ITEM --as jarva-kompol --reason FEL --yes"},
       Retract},
  };
}

}  // namespace samverkan::cli
