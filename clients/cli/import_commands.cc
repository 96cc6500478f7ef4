#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "clients/cli/command.h"
#include "clients/cli/est_reports.h"
#include "clients/cli/gzip_lines.h"
#include "clients/cli/polisen_import.h"
#include "clients/cli/rows.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

constexpr size_t kWindow = 256;
constexpr int64_t kProgressLines = 1000;

// The police party's local areas by name, as its units' names tell them.
absl::StatusOr<std::map<std::string, std::string>> UnitsByPoliceArea(client::Client& hub,
                                                                     const std::string& party) {
  std::map<std::string, std::string> units;
  directory::v1::ListUnitsRequest request;
  request.set_parent(party);
  request.set_page_size(200);
  do {
    SC_ASSIGN_OR_RETURN(const directory::v1::ListUnitsResponse page,
                        hub.Call(&client::DirectoryService::Stub::ListUnits, request));
    for (const auto& unit : page.units()) {
      absl::string_view area = unit.display_name();
      if (absl::ConsumePrefix(&area, "Lokalpolisområde ")) units.emplace(area, unit.name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return units;
}

absl::StatusOr<int64_t> StatesOf(const Arguments& arguments) {
  const std::string states = arguments.Get("states");
  if (states.empty() || states == "all") return INT64_MAX;
  int64_t number = states == "first" ? 1 : 0;
  if (number == 0 && (!absl::SimpleAtoi(states, &number) || number < 1)) {
    return UsageError("--states är first, all eller ett tal", "--states is first, all or a number");
  }
  return number;
}

nlohmann::json CountsJson(const ImportCounts& counts, double seconds) {
  nlohmann::json broken = nlohmann::json::object();
  for (const auto& [line, what] : counts.broken) broken[std::to_string(line)] = what;
  return {{"lines", counts.lines},
          {"handed_in", counts.created},
          {"unchanged", counts.unchanged},
          {"updated", counts.updated},
          {"rejected", counts.rejected},
          {"tasks", counts.tasks},
          {"refused", counts.refused},
          {"same_content", counts.same},
          {"notices", counts.notices},
          {"outside_city", counts.outside},
          {"held_back", counts.held_back},
          {"broken", broken},
          {"seconds", seconds}};
}

void ShowCounts(Session& session, const ImportCounts& counts, double seconds) {
  if (session.json()) {
    session.out() << CountsJson(counts, seconds).dump() << '\n';
    return;
  }
  const auto number = [](int64_t value) { return value == 0 ? "" : absl::StrCat(value); };
  Rows rows(session.Say({"Import av polisens händelser", "Import of the police's events"}),
            session.language());
  rows.Add({"rader", "lines"}, absl::StrCat(counts.lines))
      .Add({"inlämnade", "handed in"}, absl::StrCat(counts.created))
      .Add({"kända redan", "known already"}, number(counts.unchanged))
      .Add({"uppdaterade", "updated"}, number(counts.updated))
      .Add({"avvisade", "rejected"}, number(counts.rejected))
      .Add({"att göra", "tasks"}, number(counts.tasks));
  for (const auto& [reason, count] : counts.refused) {
    rows.Add({"nekade", "refused"}, absl::StrCat(Pad(absl::StrCat(count), 6), " ", reason));
  }
  rows.Add({"samma innehåll", "same content"}, number(counts.same))
      .Add({"notiser", "notices"}, number(counts.notices))
      .Add({"utanför staden", "outside city"}, number(counts.outside))
      .Add({"senare lägen", "held back"}, number(counts.held_back))
      .Add({"trasiga rader", "broken lines"}, number(static_cast<int64_t>(counts.broken.size())))
      .Add({"takt", "rate"},
           absl::StrFormat("%.0f/s, %.1f s", counts.lines / std::max(seconds, 0.001), seconds));
  session.out() << std::move(rows).text();
}

absl::Status Feed(Session& session, const std::string& path, PolisenImport& import) {
  SC_ASSIGN_OR_RETURN(GzipLines lines, GzipLines::Open(path));
  std::string line;
  for (int64_t count = 1;; ++count) {
    const absl::StatusOr<bool> more = lines.Next(line);
    if (!more.ok() && !absl::IsOutOfRange(more.status())) return more.status();
    if (more.ok() && !*more) break;
    // A line that is too long is broken like any other that is no JSON.
    SC_RETURN_IF_ERROR(import.AddLine(more.ok() ? absl::string_view(line) : "too long"));
    if (count % kProgressLines == 0) {
      session.err() << "  " << count << session.Say({" rader\n", " lines\n"});
    }
  }
  return import.Finish();
}

absl::Status ImportPolisen(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string file, arguments.Require("file"));
  SC_ASSIGN_OR_RETURN(const std::string types_file, arguments.Require("types"));
  SC_ASSIGN_OR_RETURN(const std::string stadsdelar_file, arguments.Require("stadsdelar"));
  SC_ASSIGN_OR_RETURN(const std::string types_text, ReadFile(types_file));
  SC_ASSIGN_OR_RETURN(const PolisenTypes types, PolisenTypes::FromCsv(types_text));
  SC_ASSIGN_OR_RETURN(const std::string stadsdelar_text, ReadFile(stadsdelar_file));
  SC_ASSIGN_OR_RETURN(const Stadsdelar stadsdelar, Stadsdelar::FromCsv(stadsdelar_text));
  PolisenOptions options;
  SC_ASSIGN_OR_RETURN(options.states_max, StatesOf(arguments));
  options.all_municipalities = arguments.Has("all-municipalities");
  if (arguments.Has("unit")) options.default_unit = arguments.Get("unit");
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(options.unit_by_police_area,
                      UnitsByPoliceArea(*hub, options.default_unit.substr(
                                                  0, options.default_unit.find("/units/"))));
  const auto begin = std::chrono::steady_clock::now();
  client::Publisher publisher(*hub, {.window = kWindow});
  PolisenImport import(types, stadsdelar, std::move(options), publisher);
  const absl::Status status = Feed(session, file, import);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  for (const auto& [line, what] : import.counts().broken) {
    session.err() << session.Say({"rad ", "line "}) << line << ": " << what << '\n';
  }
  ShowCounts(session, import.counts(), seconds.count());
  if (!status.ok()) return status;
  if (import.counts().broken.empty()) return status;
  return absl::DataLossError(absl::StrCat(
      import.counts().broken.size(), session.Say({" rader är trasiga; resten är inlämnat.",
                                                  " lines are broken; the rest is handed in."})));
}

absl::Status ImportReports(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string file, arguments.Require("file"));
  SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  SC_ASSIGN_OR_RETURN(const absl::CivilDay before, BeforeDay(arguments.Get("before")));
  SC_ASSIGN_OR_RETURN(const std::vector<EstReport> reports, ParseEstReports(text, before));
  int64_t failed = 0;
  for (const EstReport& report : reports) {
    // Each is handed in by its own reporter; --as picks one.
    if (!session.handle().empty() && session.handle() != report.reporter) continue;
    SC_ASSIGN_OR_RETURN(const std::unique_ptr<client::Client> hub, session.HubAs(report.reporter));
    const auto created = hub->Call(&client::IncidentService::Stub::CreateIncident, report.request);
    if (created.ok()) {
      session.Show(*created, absl::StrCat(Pad(report.request.incident().foreign_id(), 12), " ",
                                          Pad(report.reporter, 16), " ", created->name()));
      continue;
    }
    const client::CallError error = client::ErrorOf(created.status());
    if (error.reason == "FOREIGN_ID_REUSED") {
      // Handed in before, with the days of another week.
      session.err() << report.request.incident().foreign_id()
                    << session.Say({": fanns redan\n", ": known already\n"});
      continue;
    }
    ++failed;
    session.err() << report.request.incident().foreign_id() << ": "
                  << (error.reason.empty() ? error.message : error.reason) << '\n';
  }
  if (failed == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      failed, session.Say({" rapporter togs inte emot.", " reports were not taken."})));
}

}  // namespace

std::vector<Command> ImportCommands() {
  return {
      {"import polisen",
       "",
       {"Lämna in polisens öppna händelser", "Hand in the police's public events"},
       {{"file",
         "FILE",
         {"Rader {\"seen\":…, \"event\":{…}}, även gzip",
          "Lines {\"seen\":…, \"event\":{…}}, gzip too"}},
        {"types", "FILE", {"CSV: händelsetyp, kategori, form", "CSV: type, category, form"}},
        {"stadsdelar",
         "FILE",
         {"CSV: stadsdelar och lokalpolisområden", "CSV: stadsdelar and local police areas"}},
        {"states",
         "first|all|N",
         {"Så många lägen av varje händelse (all)", "So many states of each event (all)"}},
        {"unit",
         "UNIT",
         {"Mottagare när ingen stadsdel nämns", "Receiver where no stadsdel is named"}},
        {"all-municipalities", "", {"Även andra kommuner", "Other municipalities too"}}},
       {"samverkan import polisen --as pol-system --file stockholm-revisions.jsonl.gz \\",
        "    --types polisen-types.csv --stadsdelar stadsdelar.csv"},
       ImportPolisen},
      {"import reports",
       "",
       {"Lämna in EST-rapporter till intagen", "Hand in EST reports to the report slots"},
       {{"file", "FILE", {"JSON-lista", "JSON list"}},
        {"before",
         "DATE",
         {"Senaste sådana dag före detta datum (i dag)",
          "The latest such day before this date (today)"}}},
       {"samverkan import reports --file reports.json"},
       ImportReports},
  };
}

}  // namespace samverkan::cli
