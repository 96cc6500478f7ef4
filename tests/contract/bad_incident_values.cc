#include "absl/strings/str_cat.h"
#include "tests/contract/bad_values.h"

namespace samverkan::testing {
namespace {

constexpr char kInvalid[] = "FIELD_INVALID";
constexpr char kNotCovered[] = "CATEGORY_NOT_COVERED";
constexpr char kNoClause[] = "NO_CLAUSE_IN_FORCE";
constexpr char kNoLegalPosition[] = "LEGAL_POSITION_MISSING";

// Of any content; `content` is its path with a dot at the end.
void AddContent(std::vector<BadValue>& values, const std::string& request,
                const std::string& content) {
  const auto add = [&](const std::string& field, const std::string& value,
                       const std::string& told) {
    values.push_back({request, content + field, value, kInvalid, content + told});
  };
  add("category", "INC_OKAND", "category");
  add("category", "inc_nar_handel", "category");
  add("place.type", "PLA_HEMMA", "place.type");
  add("place.areas[0]", "areas/nowhere", "place.areas");
  add("place.areas[0]", "areas/stadsdel-vastertorp@2015-01-01", "place.areas");
  add("place", "position { latitude: 59.3 longitude: 17.9 }", "place.areas");
  add("occur_span", "end_time { seconds: 1767221999 }", "occur_span.end_time");
  add("occur_span", "end_time { seconds: 1798931000 }", "occur_span.end_time");
  add("certainty", "CER_KANSKE", "certainty");
  add("harm", "-1", "harm");
  add("harm", "5", "harm");
  add("marking", "tlp: TLP_UNSPECIFIED", "marking.tlp");
  add("marking", "secrecy: \"MRK_HEMLIG\"", "marking.secrecy");
  for (const char* level : {"confidentiality", "correctness", "traceability"}) {
    add("marking", absl::StrCat(level, ": 5"), "marking");
    add("marking", absl::StrCat(level, ": -1"), "marking");
    values.push_back(
        {request, content + "marking", absl::StrCat(level, ": 4"), "SECURITY_CLASSIFIED", ""});
  }
  values.push_back({request, content + "category", "INC_TIL_BOST", kNotCovered, ""});
  AddTexts(values, request, content + "place.display_name", 80);
  AddTexts(values, request, content + "description", 1000);
}

std::vector<BadValue> OfCreate() {
  const std::string request = "incidents.CreateIncident";
  const std::string proposal = "incident.source.place_proposals[0]";
  std::vector<BadValue> values = {
      {request, "incident.foreign_id", "a b"},
      {request, "incident.foreign_id", "å"},
      {request, "incident.foreign_id", std::string(129, 'x')},
      {request, "incident.content.category", "INC_VLD_SKJUT", kNotCovered, ""},
      {request, "incident.source.kind", "SRC_RYKTE"},
      {request, "incident.source.text", Long(4001)},
      {request, "incident.source.text", "a\x01z"},
      {request, "incident.source.uri", "http://www.example.org/1"},
      {request, "incident.source.uri", "https://www.example.org/" + std::string(500, 'x')},
      {request, proposal, "area: \"areas/sdo-hal\"", kInvalid, proposal + ".area"},
      {request, proposal, "provenance: \"\"", kInvalid, proposal + ".provenance"},
      {request, proposal + ".provenance", Long(201)},
  };
  AddContent(values, request, "incident.content.");
  return values;
}

std::vector<BadValue> OfRelease() {
  const std::string request = "incidents.ReleaseIncident";
  std::vector<BadValue> values = {
      {request, "clause", "lok-hal-skarh/l1"},
      {request, "clause", "agreements/lok-hal-skarh/clauses/l99", kNoClause, ""},
      // From the police to the district, not the other way.
      {request, "clause", "agreements/lok-hal-skarh/clauses/l2", kNoClause, ""},
      {request, "recipients[0]", "parties/pol/units/nobody"},
      {request, "recipients[0]", "parties/sthlm-sdn-skn/units/sthlm-sdn-skn", "AREA_OUT_OF_SCOPE",
       ""},
      {request, "", "recipients: \"parties/pol/units/pol-sth-syd-skarh\"", kInvalid,
       "recipients[1]"},
      {request, "legal_position.code", "LB_ANTAGLIGEN"},
      // A code, but none that the clause accepts.
      {request, "legal_position.code", "LB_PUBLIC_SOURCE", kNoLegalPosition, ""},
      {request, "legal_position.code", "LB_OSL_10_15A", kNoLegalPosition,
       "legal_position.balancing_note"},
      {request, "legal_position.motivation", Long(19), kNoLegalPosition},
      {request, "legal_position.balancing_note", Long(20)},
  };
  std::string many;
  for (int i = 0; i < 100; ++i)
    absl::StrAppend(&many, "recipients: \"parties/pol/units/unit-", i, "\" ");
  values.push_back({request, "", many, "LIMIT_EXCEEDED", ""});
  AddTexts(values, request, "legal_position.motivation", 500);
  return values;
}

}  // namespace

std::string Long(int code_points) {
  std::string text;
  for (int i = 0; i < code_points; ++i) text += "å";
  return text;
}

void AddTexts(std::vector<BadValue>& values, const std::string& request, const std::string& field,
              int code_points_max) {
  // Numbers and addresses that are given to nobody.
  for (const char* personal : {"Ring 070-174 06 05 om det, tack.", "Se +46 8 465 004 16 för mera.",
                               "Skriv till namn@example.org då.", "Det gäller 811228-9874 igen.",
                               "Det gäller 19811228 9874 igen.", "Det gäller 811288-9871 igen."})
    values.push_back({request, field, personal, "PERSONAL_DATA_SUSPECTED"});
  for (const char* unreadable : {"\x01", "\x7f", "\xc2\x85", "\xe2\x80\xae", "\xe2\x80\xa8"})
    values.push_back(
        {request, field, absl::StrCat("En vanlig text med ett", unreadable, "tecken")});
  values.push_back({request, field, Long(code_points_max + 1)});
}

std::vector<BadValue> BadIncidentValues() {
  std::vector<BadValue> values = {
      {"incidents.AssessIncident", "content.certainty", ""},
      {"incidents.CorrectIncident", "content.certainty", ""},
      {"incidents.CorrectIncident", "note.kind", "KIND_UNSPECIFIED"},
      {"incidents.CorrectIncident", "note.reason", ""},
      {"incidents.RetractIncident", "reason", "RTR_ANGRAR"},
  };
  for (const auto& more : {OfCreate(), OfRelease()})
    values.insert(values.end(), more.begin(), more.end());
  AddContent(values, "incidents.AssessIncident", "content.");
  AddContent(values, "incidents.CorrectIncident", "content.");
  AddTexts(values, "incidents.RejectIncident", "reason", 500);
  AddTexts(values, "incidents.CorrectIncident", "note.reason", 500);
  return values;
}

}  // namespace samverkan::testing
