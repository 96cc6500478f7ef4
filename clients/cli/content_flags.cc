#include "clients/cli/content_flags.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cli/home.h"
#include "clients/cli/stockholm_time.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using ::samverkan::incidents::v1::IncidentContent;

absl::Status ReadPlace(const Arguments& arguments, IncidentContent& content) {
  const bool elsewhere = arguments.Has("area") || arguments.Has("position");
  if (!elsewhere && !arguments.Has("place-type") && !arguments.Has("place-name"))
    return absl::OkStatus();
  auto& place = *content.mutable_place();
  // What lies elsewhere is of the same type unless said otherwise, but has another name.
  if (elsewhere) {
    const std::string type = place.type();
    place.Clear();
    place.set_type(type);
  }
  if (arguments.Has("place-type")) place.set_type(WithPrefix("PLA_", arguments.Get("place-type")));
  if (place.type().empty()) place.set_type("PLA_OKAND");
  if (arguments.Has("place-name")) place.set_display_name(arguments.Get("place-name"));
  if (arguments.Has("area")) {
    const std::string area = arguments.Get("area");
    place.add_areas(absl::StrContains(area, '/') ? area : "areas/" + area);
  }
  if (arguments.Has("position")) {
    const std::pair<std::string, std::string> degrees =
        absl::StrSplit(arguments.Get("position"), absl::MaxSplits(',', 1));
    double latitude = 0;
    double longitude = 0;
    if (!absl::SimpleAtod(degrees.first, &latitude) ||
        !absl::SimpleAtod(degrees.second, &longitude)) {
      return UsageError("--position är LATITUD,LONGITUD i grader",
                        "--position is LATITUDE,LONGITUDE in degrees");
    }
    place.mutable_position()->set_latitude(latitude);
    place.mutable_position()->set_longitude(longitude);
  }
  return absl::OkStatus();
}

absl::Status ReadSpan(const Arguments& arguments, IncidentContent& content) {
  if (arguments.Has("end") && !arguments.Has("start"))
    return UsageError("--end behöver --start", "--end needs --start");
  if (!arguments.Has("start")) return absl::OkStatus();
  SC_ASSIGN_OR_RETURN(const absl::Time start, ParseTime(arguments.Get("start")));
  absl::Time end = start;
  if (arguments.Has("end")) {
    SC_ASSIGN_OR_RETURN(end, ParseTime(arguments.Get("end")));
  }
  content.clear_occur_span();
  *content.mutable_occur_span()->mutable_start_time() = ToTimestamp(start);
  *content.mutable_occur_span()->mutable_end_time() = ToTimestamp(end);
  content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_EXACT);
  return absl::OkStatus();
}

absl::Status ReadMarking(const Arguments& arguments, IncidentContent& content) {
  if (arguments.Has("tlp")) {
    types::v1::Tlp tlp = types::v1::TLP_UNSPECIFIED;
    const std::string code = absl::StrReplaceAll(arguments.Get("tlp"), {{"+", "_"}});
    if (!types::v1::Tlp_Parse(WithPrefix("TLP_", code), &tlp)) {
      return UsageError("--tlp är CLEAR, GREEN, AMBER, AMBER_STRICT eller RED",
                        "--tlp is CLEAR, GREEN, AMBER, AMBER_STRICT or RED");
    }
    content.mutable_marking()->set_tlp(tlp);
  }
  if (!arguments.Has("klassa")) return absl::OkStatus();
  // "2,1,1": confidentiality, correctness, traceability.
  const std::vector<std::string> grades = absl::StrSplit(arguments.Get("klassa"), ',');
  int32_t numbers[3] = {0, 0, 0};
  for (size_t i = 0; i < grades.size() && i < 3; ++i) {
    if (!absl::SimpleAtoi(grades[i], &numbers[i]))
      return UsageError("--klassa är K,R,T, t.ex. 2,1,1", "--klassa is K,R,T, e.g. 2,1,1");
  }
  content.mutable_marking()->set_confidentiality(numbers[0]);
  content.mutable_marking()->set_correctness(numbers[1]);
  content.mutable_marking()->set_traceability(numbers[2]);
  return absl::OkStatus();
}

}  // namespace

std::string WithPrefix(absl::string_view prefix, absl::string_view code) {
  return code.empty() || absl::StartsWith(code, prefix) ? std::string(code)
                                                        : absl::StrCat(prefix, code);
}

std::vector<Flag> ContentFlags() {
  return {
      {"category", "CODE", {"Kategori, t.ex. INC_MIL_BELYS", "Category, e.g. INC_MIL_BELYS"}},
      {"place-type", "CODE", {"Platstyp, t.ex. TORG", "Type of place, e.g. TORG"}},
      {"place-name",
       "NAME",
       {"Den allmänna platsens namn, aldrig en adress",
        "The public place's name, never an address"}},
      {"area",
       "AREA",
       {"Område i stället för position, t.ex. stadsdel-vastertorp",
        "Area instead of a position, e.g. stadsdel-vastertorp"}},
      {"position", "LAT,LON", {"Position, WGS84", "Position, WGS84"}},
      {"start",
       "TIME",
       {"När, t.ex. \"2025-04-23 18:20\", svensk tid",
        "When, e.g. \"2025-04-23 18:20\", Swedish time"}},
      {"end", "TIME", {"Till när, om inte en tidpunkt", "Until when, where it is a span"}},
      {"certainty",
       "CODE",
       {"BEKRAFTAD, SANNOLIK eller OBEKRAFTAD", "BEKRAFTAD, SANNOLIK or OBEKRAFTAD"}},
      {"harm", "0-4", {"Skada", "Harm"}},
      {"text",
       "TEXT",
       {"Egen neutral text utan personuppgifter", "Own neutral text without personal data"}},
      {"tlp",
       "TLP",
       {"CLEAR, GREEN, AMBER, AMBER_STRICT eller RED", "CLEAR, GREEN, AMBER, AMBER_STRICT or RED"}},
      {"klassa",
       "K,R,T",
       {"KLASSA: konfidentialitet, riktighet, spårbarhet",
        "KLASSA: confidentiality, correctness, traceability"}},
      {"secrecy",
       "CODE",
       {"Sekretessmarkering, t.ex. MRK_SEKR_35_1; kan upprepas",
        "Secrecy marking, e.g. MRK_SEKR_35_1; may be repeated"}},
      {"file", "FILE", {"Hela innehållet som JSON", "The whole content as JSON"}},
  };
}

absl::StatusOr<IncidentContent> ReadContent(const Arguments& arguments, IncidentContent base) {
  if (arguments.Has("file")) {
    SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.Get("file")));
    base.Clear();
    const auto parsed = google::protobuf::util::JsonStringToMessage(text, &base);
    if (!parsed.ok())
      return UsageError(absl::StrCat(arguments.Get("file"), ": ", parsed.ToString()));
  }
  if (arguments.Has("category")) base.set_category(WithPrefix("INC_", arguments.Get("category")));
  if (arguments.Has("certainty"))
    base.set_certainty(WithPrefix("CER_", arguments.Get("certainty")));
  if (arguments.Has("text")) base.set_description(arguments.Get("text"));
  SC_ASSIGN_OR_RETURN(const int64_t harm, arguments.Number("harm", base.harm()));
  base.set_harm(static_cast<int32_t>(harm));
  for (const std::string& code : arguments.All("secrecy")) {
    base.mutable_marking()->add_secrecy(WithPrefix("MRK_", code));
  }
  SC_RETURN_IF_ERROR(ReadPlace(arguments, base));
  SC_RETURN_IF_ERROR(ReadSpan(arguments, base));
  SC_RETURN_IF_ERROR(ReadMarking(arguments, base));
  return base;
}

}  // namespace samverkan::cli
