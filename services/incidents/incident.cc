#include "services/incidents/incident.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/access/store/object_store.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/proto_time.h"
#include "services/base/screening.h"
#include "services/base/status.h"
#include "services/base/utf8.h"

namespace samverkan::incidents {
namespace {

using access::Snapshot;
using State = v1::Incident::State;

constexpr int kSecurityClassified = kKlassaMax + 1;
constexpr char kBalancedGround[] = "LB_OSL_10_15A";
constexpr char kEnvironment[] = "IKA_MILJO";
constexpr int kPlaceProposalsMax = 20;
constexpr int kSecrecyMarkingsMax = 10;
constexpr char kUnknownPlace[] = "PLA_OKAND";

std::string Path(absl::string_view field, absl::string_view name) {
  return absl::StrCat(field, ".", name);
}

absl::Status CheckCode(const Snapshot& policy, absl::string_view list, absl::string_view code,
                       absl::string_view field) {
  if (policy.HasCode(list, code)) return absl::OkStatus();
  return FieldInvalid(field, absl::StrCat("is no code of list ", list));
}

absl::Status CheckFreeText(absl::string_view text, int64_t code_points_max,
                           absl::string_view field) {
  SV_RETURN_IF_ERROR(CheckText(field, text, code_points_max));
  return ScreenText(field, text);
}

absl::StatusOr<const access::IncidentCategory*> CheckCategory(const Snapshot& policy,
                                                              const std::string& code,
                                                              absl::string_view field) {
  const access::IncidentCategory* category = policy.FindIncidentCategory(code);
  if (category == nullptr) return FieldInvalid(field, "is no code of list INC");
  if (category->form == directory::v1::Code::FORM_ITEM && category->information_category.valid())
    return category;
  const bool counted = category->form == directory::v1::Code::FORM_AGGREGATE;
  return Error(errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED,
               counted ? "This category is only counted, never told as a single item."
                       : "This category never enters the hub.",
               {{"category", code}, {"form", counted ? "AGGREGATE" : "NEVER"}});
}

absl::Status CheckSpan(const types::v1::TimeSpan& span, absl::string_view field) {
  if (!span.has_start_time() || !span.has_end_time())
    return FieldInvalid(field, "needs start_time and end_time");
  const absl::Time start = FromProto(span.start_time());
  const absl::Time end = FromProto(span.end_time());
  const bool instant = span.precision() <= types::v1::TIME_PRECISION_EXACT;
  if (end < start || (end == start && !instant))
    return FieldInvalid(Path(field, "end_time"), "must come after start_time");
  if (end - start > kOccurSpanMax)
    return FieldInvalid(Path(field, "end_time"), "must lie within 366 days of start_time");
  return absl::OkStatus();
}

absl::Status CheckMarking(const Snapshot& policy, const types::v1::Marking& marking,
                          absl::string_view field) {
  for (const int level :
       {marking.confidentiality(), marking.correctness(), marking.traceability()}) {
    if (level == kSecurityClassified) {
      return Error(errors::v1::ERROR_REASON_SECURITY_CLASSIFIED,
                   "Level 4 is security-classified and must not enter the hub: stop, and report it "
                   "to your security officer.");
    }
    if (level < 0 || level > kSecurityClassified) return FieldInvalid(field, "levels are 0 to 3");
  }
  if (marking.tlp() == types::v1::TLP_UNSPECIFIED)
    return FieldInvalid(Path(field, "tlp"), "is required");
  if (marking.secrecy_size() > kSecrecyMarkingsMax)
    return FieldInvalid(Path(field, "secrecy"), "has at most 10 codes");
  for (const std::string& code : marking.secrecy())
    SV_RETURN_IF_ERROR(CheckCode(policy, "MRK", code, Path(field, "secrecy")));
  return absl::OkStatus();
}

absl::Status CheckPlaceTexts(const Snapshot& policy, types::v1::Place& place,
                             absl::string_view field) {
  if (place.type().empty()) place.set_type(kUnknownPlace);
  SV_RETURN_IF_ERROR(CheckCode(policy, "PLA", place.type(), Path(field, "type")));
  return CheckFreeText(place.display_name(), kPlaceNameCodePointsMax, Path(field, "display_name"));
}

absl::Status CheckAssessed(const v1::IncidentContent& content, ContentUse use,
                           absl::string_view field) {
  if (use == ContentUse::kReport) return absl::OkStatus();
  if (content.certainty().empty())
    return FieldInvalid(Path(field, "certainty"), "is required in an assessment");
  if (!content.has_marking())
    return FieldInvalid(Path(field, "marking"), "is required in an assessment");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckedContent> CheckContent(const Snapshot& policy,
                                            const v1::IncidentContent& content, ContentUse use,
                                            absl::string_view field) {
  CheckedContent checked;
  checked.content = content;
  SV_ASSIGN_OR_RETURN(const access::IncidentCategory* category,
                      CheckCategory(policy, content.category(), Path(field, "category")));
  checked.information_category = policy.CategoryCode(category->information_category);
  SV_RETURN_IF_ERROR(CheckAssessed(content, use, field));
  SV_RETURN_IF_ERROR(CheckSpan(content.occur_span(), Path(field, "occur_span")));
  if (checked.content.occur_span().precision() == types::v1::TIME_PRECISION_UNSPECIFIED) {
    checked.content.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_EXACT);
  }
  types::v1::Place& place = *checked.content.mutable_place();
  place.clear_precision();
  SV_RETURN_IF_ERROR(CheckPlaceTexts(policy, place, Path(field, "place")));
  SV_ASSIGN_OR_RETURN(const access::CellSet cells,
                      policy.areas().Locate(place, FromProto(content.occur_span().start_time()),
                                            Path(field, "place")));
  checked.cells = access::CellNames(cells, policy);
  if (!content.certainty().empty())
    SV_RETURN_IF_ERROR(CheckCode(policy, "CER", content.certainty(), Path(field, "certainty")));
  if (content.harm() < 0 || content.harm() > kHarmMax)
    return FieldInvalid(Path(field, "harm"), "is 0 to 4");
  SV_RETURN_IF_ERROR(
      CheckFreeText(content.description(), kDescriptionCodePointsMax, Path(field, "description")));
  if (content.has_marking())
    SV_RETURN_IF_ERROR(CheckMarking(policy, content.marking(), Path(field, "marking")));
  return checked;
}

absl::Status CheckSource(const Snapshot& policy, const v1::Source& source,
                         absl::string_view field) {
  if (!source.kind().empty())
    SV_RETURN_IF_ERROR(CheckCode(policy, "SRC", source.kind(), Path(field, "kind")));
  SV_RETURN_IF_ERROR(CheckText(Path(field, "text"), source.text(), kSourceTextCodePointsMax));
  SV_RETURN_IF_ERROR(CheckText(Path(field, "uri"), source.uri(), kSourceUriBytesMax));
  if (!source.uri().empty() && !absl::StartsWith(source.uri(), "https://")) {
    return FieldInvalid(Path(field, "uri"), "must begin with https://");
  }
  if (source.place_proposals_size() > kPlaceProposalsMax) {
    return FieldInvalid(Path(field, "place_proposals"), "has at most 20 entries");
  }
  for (int i = 0; i < source.place_proposals_size(); ++i) {
    const v1::PlaceProposal& proposal = source.place_proposals(i);
    const std::string path = absl::StrCat(field, ".place_proposals[", i, "]");
    if (!policy.areas().CellOf(proposal.area()))
      return FieldInvalid(Path(path, "area"), "is no known stadsdel");
    SV_RETURN_IF_ERROR(
        CheckText(Path(path, "provenance"), proposal.provenance(), kProvenanceCodePointsMax));
    if (proposal.provenance().empty())
      return FieldInvalid(Path(path, "provenance"), "must say what suggests the area");
  }
  return absl::OkStatus();
}

absl::Status CheckLegalPosition(const Snapshot& policy, const types::v1::LegalPosition& position,
                                absl::string_view field) {
  SV_RETURN_IF_ERROR(CheckCode(policy, "LB", position.code(), Path(field, "code")));
  SV_RETURN_IF_ERROR(
      CheckFreeText(position.motivation(), kMotivationCodePointsMax, Path(field, "motivation")));
  SV_RETURN_IF_ERROR(CheckFreeText(position.balancing_note(), kMotivationCodePointsMax,
                                   Path(field, "balancing_note")));
  const auto missing = [](const std::string& path, absl::string_view why) {
    return Error(errors::v1::ERROR_REASON_LEGAL_POSITION_MISSING, why, {},
                 {{path, std::string(why)}});
  };
  if (CountCodePoints(position.motivation()).value_or(0) < kMotivationCodePointsMin) {
    return missing(Path(field, "motivation"),
                   "Say in at least 20 characters why the legal position holds for this item.");
  }
  const bool balanced = position.code() == kBalancedGround;
  if (balanced &&
      CountCodePoints(position.balancing_note()).value_or(0) < kBalancingNoteCodePointsMin) {
    return missing(
        Path(field, "balancing_note"),
        "OSL 10:15 a asks for a balancing of interests: note it in at least 20 characters.");
  }
  if (!balanced && !position.balancing_note().empty()) {
    return FieldInvalid(Path(field, "balancing_note"), "belongs to LB_OSL_10_15A only");
  }
  return absl::OkStatus();
}

absl::Status CheckReason(absl::string_view reason, absl::string_view field) {
  if (reason.empty()) return FieldInvalid(field, "is required");
  return CheckFreeText(reason, kReasonCodePointsMax, field);
}

types::v1::Marking DefaultMarking(absl::string_view information_category, bool from_police) {
  types::v1::Marking marking;
  if (information_category == kEnvironment) {
    marking.set_tlp(types::v1::TLP_GREEN);
    marking.set_confidentiality(1);
    return marking;
  }
  marking.set_tlp(from_police ? types::v1::TLP_AMBER_STRICT : types::v1::TLP_AMBER);
  marking.set_confidentiality(2);
  return marking;
}

absl::Status CheckState(Verb verb, State state) {
  struct Row {
    Verb verb;
    std::vector<State> from;
  };
  static const auto* const table = new std::array<Row, 6>{{
      {Verb::kSourceUpdate, {v1::Incident::STATE_RECEIVED, v1::Incident::STATE_ASSESSED}},
      {Verb::kAssess, {v1::Incident::STATE_RECEIVED, v1::Incident::STATE_ASSESSED}},
      {Verb::kReject, {v1::Incident::STATE_RECEIVED, v1::Incident::STATE_ASSESSED}},
      {Verb::kRelease, {v1::Incident::STATE_ASSESSED, v1::Incident::STATE_SHARED}},
      {Verb::kCorrect, {v1::Incident::STATE_SHARED}},
      {Verb::kRetract, {v1::Incident::STATE_SHARED}},
  }};
  const auto row = std::find_if(table->begin(), table->end(),
                                [&](const Row& entry) { return entry.verb == verb; });
  if (std::find(row->from.begin(), row->from.end(), state) != row->from.end())
    return absl::OkStatus();
  return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO,
               "This is not possible in the item's present state.",
               {{"state", v1::Incident::State_Name(state)}});
}

}  // namespace samverkan::incidents
