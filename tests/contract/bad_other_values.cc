#include "absl/strings/str_cat.h"
#include "tests/contract/bad_values.h"

namespace samverkan::testing {
namespace {

constexpr char kInvalid[] = "FIELD_INVALID";
constexpr char kNoApproval[] = "APPROVAL_MISSING";

std::vector<BadValue> OfAgreement() {
  const std::string request = "agreements.CreateAgreement";
  std::vector<BadValue> values = {
      {request, "content.name", "agreements/Lokal"},
      {request, "content.name", "lok-hal-skarh"},
      {request, "content.name", "agreements/lok-hal-skarh"},  // taken
      {request, "content.version", "2"},
      {request, "content.frame", ""},
      {request, "content.level", "LEVEL_CENTRAL", kInvalid, "content.frame"},
      {request, "content.founding[0].party", "parties/nobody"},
      {request, "content.founding[0].unit", "parties/pol/units/pol-sth"},
      {request, "content.acceding[0].party", "parties/nobody"},
      {request, "content",
       "acceding { party: \"parties/pol\" unit: \"parties/pol/units/pol-sth\" }", kInvalid,
       "content.acceding"},
      {request, "content.valid_to_time", "seconds: 1"},
  };
  AddTexts(values, request, "content.title", 200);
  AddTexts(values, request, "content.title_en", 200);
  return values;
}

std::vector<BadValue> OfClause() {
  const std::string request = "agreements.CreateAgreement";
  const std::string clause = "content.clauses[0].";
  std::vector<BadValue> values = {
      {request, clause + "id", "L1"},
      {request, clause + "id", "l"},
      {request, clause + "categories[0]", "IKA_SKVALLER"},
      {request, clause + "purposes[0]", "PUR_NYFIKENHET"},
      {request, clause + "legal_positions[0]", "LB_ANTAGLIGEN"},
      {request, clause + "flows[0].from.unit", "parties/pol/units/nobody"},
      {request, clause + "flows[0].to.group", "", kInvalid},
      {request, clause + "areas[0]", "areas/sdo-hal"},
      {request, clause + "areas[0]", "areas/sdo-hal@2020-07-02"},
      {request, clause + "max_confidentiality", "4"},
      {request, clause + "max_confidentiality", "-1"},
      {request, clause + "obligations.geo_precision", "GEO_PRECISION_UNSPECIFIED"},
      {request, clause + "obligations.time_precision", "TIME_PRECISION_UNSPECIFIED"},
      {request, clause + "obligations.onward", "ONWARD_UNSPECIFIED"},
      {request, clause + "obligations.delay_seconds", "-1"},
      {request, clause + "obligations.min_count", "-1"},
  };
  return values;
}

std::vector<BadValue> OfPlaces() {
  const std::string request = "directory.LocatePlace";
  std::string many;
  for (int i = 0; i < 201; ++i)
    absl::StrAppend(&many, "polygon { latitude: 59.", 1000 + i, " longitude: 17.9 } ");
  return {
      {request, "place", "position { latitude: 91 }", kInvalid, "place.position"},
      {request, "place", "position { longitude: -181 }", kInvalid, "place.position"},
      {request, "place", "position { latitude: 55.6 longitude: 13.0 }", kInvalid, "place.position"},
      {request, "place", "polygon { latitude: 59.3 longitude: 17.9 }", kInvalid, "place.polygon"},
      {request, "place", many, kInvalid, "place.polygon"},
  };
}

}  // namespace

std::vector<BadValue> BadOtherValues() {
  std::string subscriptions;
  for (int i = 0; i < 20; ++i)
    subscriptions += "subscriptions { unit: \"parties/sthlm-sdn-hal/units/sthlm-sdn-hal\" } ";
  std::vector<BadValue> values = {
      {"agreements.SignAgreement", "content_hash", "another", kNoApproval, ""},
      {"agreements.SignAgreement", "signature", std::string(64, 'x'), kNoApproval, ""},
      {"agreements.SuspendAgreement", "clauses[0]", "l99"},
      {"agreements.SuspendAgreement", "reason", ""},
      {"agreements.TerminateAgreement", "end_time", "seconds: 1767222000"},
      {"agreements.TerminateAgreement", "end_time", "seconds: 32503676400"},
      {"agreements.ExplainRelease", "recipient", "parties/pol/units/nobody"},
      {"agreements.ExplainRelease", "clause", "agreements/lok-hal-skarh/clauses/l99"},
      {"agreements.ExplainRelease", "purpose", "PUR_NYFIKENHET"},
      {"feed.Watch", "", subscriptions, kInvalid, "subscriptions"},
      {"feed.Watch", "resume_token", "no token"},
      {"feed.Watch", "resume_token", std::string(10'000, 'x')},
      {"audit.ListEntries", "start_index", "-1"},
      {"audit.GetInclusionProof", "index", "-1"},
      {"audit.GetInclusionProof", "index", "9223372036854775807", "NOT_READY", ""},
      {"audit.GetConsistencyProof", "old_size", "-1"},
      {"audit.GetConsistencyProof", "old_size", "9223372036854775807", "NOT_READY", ""},
  };
  AddTexts(values, "agreements.SuspendAgreement", "reason", 500);
  for (const auto& more : {OfAgreement(), OfClause(), OfPlaces()})
    values.insert(values.end(), more.begin(), more.end());
  return values;
}

}  // namespace samverkan::testing
