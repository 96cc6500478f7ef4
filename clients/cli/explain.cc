#include "clients/cli/explain.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/content_flags.h"
#include "clients/cli/failure.h"
#include "clients/cli/labels.h"
#include "clients/cli/rows.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using client::AgreementService;
using ::samverkan::agreements::v1::ExplainReleaseRequest;
using ::samverkan::agreements::v1::ExplainReleaseResponse;

std::string CitationText(const types::v1::Citation& citation) {
  return citation.clause().empty()
             ? ""
             : absl::StrCat(citation.clause(), " (v", citation.version(), ")");
}

std::string Describe(const ExplainReleaseResponse& answer, Session& session) {
  const Language language = session.language();
  constexpr Text kAllowed = {"Får lämnas.", "May be released."};
  constexpr Text kDenied = {"Får inte lämnas: ", "May not be released: "};
  Rows rows(answer.allowed() ? kAllowed.In(language)
                             : absl::StrCat(kDenied.In(language), answer.reason(), ". ",
                                            ReasonSentence(answer.reason(), language)),
            language);
  for (const auto& citation : answer.citations())
    rows.Add({"klausul", "clause"}, CitationText(citation));
  const auto& obligations = answer.obligations();
  if (answer.allowed()) {
    rows.Add({"plats som", "place told as"},
             obligations.geo_precision() == 0 ? "" : Label(obligations.geo_precision(), language))
        .Add({"tid som", "time told as"},
             obligations.time_precision() == 0 ? "" : Label(obligations.time_precision(), language))
        .Add({"fördröjning", "delay"},
             obligations.delay_seconds() == 0
                 ? ""
                 : absl::FormatDuration(absl::Seconds(obligations.delay_seconds())))
        .Add({"vidare", "onward"},
             obligations.onward() == 0 ? "" : Label(obligations.onward(), language))
        .Add({"gäller till", "stands until"}, ShowTime(answer.not_after_time()));
  }
  rows.Add({"närmast", "nearest"}, CitationText(answer.nearest()))
      .Add({"vad ändrar det", "what helps"},
           language == Language::kSwedish ? answer.remedy() : answer.remedy_en());
  return std::move(rows).text();
}

absl::Status Explain(Session& session, const Arguments& arguments) {
  ExplainReleaseRequest request;
  request.set_item(arguments.positions()[0]);
  SC_ASSIGN_OR_RETURN(const std::string recipient, arguments.Require("to"));
  SC_ASSIGN_OR_RETURN(*request.mutable_recipient(), session.UnitNamed(recipient));
  request.set_clause(arguments.Get("clause"));
  request.set_purpose(WithPrefix("PUR_", arguments.Get("purpose")));
  if (arguments.Has("at")) {
    SC_ASSIGN_OR_RETURN(const absl::Time at, ParseTime(arguments.Get("at")));
    *request.mutable_at_time() = ToTimestamp(at);
  }
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  SC_ASSIGN_OR_RETURN(const ExplainReleaseResponse answer,
                      hub->Call(&AgreementService::Stub::ExplainRelease, request));
  session.Show(answer, Describe(answer, session));
  return absl::OkStatus();
}

}  // namespace

Command ExplainCommand() {
  return {"explain",
          "ITEM",
          {"Varför en händelse får eller inte får lämnas till en enhet",
           "Why an item may or may not be released to a unit"},
          {{"to", "UNIT", {"Mottagande enhet", "Receiving unit"}},
           {"clause", "CLAUSE", {"Bara denna klausul", "Only this clause"}},
           {"at", "TIME", {"Reglerna som de var då", "The rules as they stood then"}}},
          {"samverkan explain ITEM --to parties/sthlm-sdn-hal/units/sthlm-sdn-hal --purpose "
           "LAGESBILD --as skarh-kompol"},
          Explain};
}

}  // namespace samverkan::cli
