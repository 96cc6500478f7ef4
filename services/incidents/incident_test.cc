#include "services/incidents/incident.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/proto_time.h"
#include "tests/support/stockholm.h"

namespace samverkan::incidents {
namespace {

using ::testing::ElementsAre;
using v1::Incident;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);

const access::Snapshot& Policy() {
  static const auto& policy = *new std::shared_ptr<const access::Snapshot>(
      *samverkan::testing::Stockholm(kNow - absl::Hours(24)).Compile());
  return *policy;
}

// The path at fault, or the reason's name where no field is named; empty for what is good.
std::string Fault(const absl::Status& status) {
  if (status.ok()) return "";
  const google::rpc::BadRequest bad_request = BadRequestOf(status);
  const errors::v1::ErrorReason reason = ReasonOf(status);
  if (reason == errors::v1::ERROR_REASON_FIELD_INVALID && !bad_request.field_violations().empty())
    return bad_request.field_violations(0).field();
  return ErrorInfoOf(status).reason();
}

std::string Repeat(int count, absl::string_view what) {
  std::string text;
  for (int i = 0; i < count; ++i) absl::StrAppend(&text, what);
  return text;
}

TEST(IncidentStateTest, EachVerbIsPossibleInItsStatesAndNoOther) {
  const std::map<Verb, std::set<int>> table = {
      {Verb::kSourceUpdate, {Incident::STATE_RECEIVED, Incident::STATE_ASSESSED}},
      {Verb::kAssess, {Incident::STATE_RECEIVED, Incident::STATE_ASSESSED}},
      {Verb::kReject, {Incident::STATE_RECEIVED, Incident::STATE_ASSESSED}},
      {Verb::kRelease, {Incident::STATE_ASSESSED, Incident::STATE_SHARED}},
      {Verb::kCorrect, {Incident::STATE_SHARED}},
      {Verb::kRetract, {Incident::STATE_SHARED}},
  };
  for (const auto& [verb, from] : table) {
    for (int state = Incident::State_MIN; state <= Incident::State_MAX; ++state) {
      const absl::Status status = CheckState(verb, static_cast<Incident::State>(state));
      EXPECT_EQ(status.ok(), from.contains(state))
          << static_cast<int>(verb) << " from " << Incident::State_Name(state);
      if (status.ok()) continue;
      EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
      EXPECT_EQ(ErrorInfoOf(status).metadata().at("state"), Incident::State_Name(state));
    }
  }
}

class ContentTest : public ::testing::Test {
 protected:
  ContentTest() {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"pb(category: "INC_RAN_PERS"
             place { type: "PLA_TORG" areas: "areas/stadsdel-fruangen" }
             certainty: "CER_SANNOLIK"
             marking { tlp: TLP_AMBER confidentiality: 2 })pb",
        &content_));
    SetSpan(kNow - absl::Hours(2), kNow - absl::Hours(1));
  }
  void SetSpan(absl::Time start, absl::Time end) {
    *content_.mutable_occur_span()->mutable_start_time() = ToProto(start);
    *content_.mutable_occur_span()->mutable_end_time() = ToProto(end);
  }
  std::string Report() {
    return Fault(CheckContent(Policy(), content_, ContentUse::kReport, "c").status());
  }
  std::string Assessment() {
    return Fault(CheckContent(Policy(), content_, ContentUse::kAssessment, "c").status());
  }

  v1::IncidentContent content_;
};

TEST_F(ContentTest, GoodContentIsCompleted) {
  content_.mutable_place()->clear_type();
  content_.mutable_place()->set_precision(types::v1::GEO_PRECISION_CITY);
  const auto checked = CheckContent(Policy(), content_, ContentUse::kAssessment, "c");
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->information_category, "IKA_HANDELSE");
  EXPECT_THAT(checked->cells, ElementsAre("areas/city", "areas/stadsdel-fruangen"));
  EXPECT_EQ(checked->content.place().type(), "PLA_OKAND");
  EXPECT_EQ(checked->content.place().precision(), types::v1::GEO_PRECISION_UNSPECIFIED)
      << "the precision is the hub's to say";
  EXPECT_EQ(checked->content.occur_span().precision(), types::v1::TIME_PRECISION_EXACT);
}

TEST_F(ContentTest, ACategoryThatIsCountedOrNeverEntersIsToldApartFromAnUnknownOne) {
  const auto form = [&](const char* category) {
    content_.set_category(category);
    const absl::Status status = CheckContent(Policy(), content_, ContentUse::kReport, "c").status();
    return status.ok() ? "" : Fault(status) + " " + ErrorInfoOf(status).metadata().at("form");
  };
  EXPECT_EQ(form("INC_VLD_NARA"), "CATEGORY_NOT_COVERED AGGREGATE");
  EXPECT_EQ(form("INC_VALF"), "CATEGORY_NOT_COVERED NEVER");
  EXPECT_EQ(form("EXT_NOTE"), "CATEGORY_NOT_COVERED NEVER");
  content_.set_category("INC_PAHITTAD");
  EXPECT_EQ(Report(), "c.category");
}

TEST_F(ContentTest, AnAssessmentLeavesNothingOpen) {
  content_.clear_certainty();
  EXPECT_EQ(Report(), "");
  EXPECT_EQ(Assessment(), "c.certainty");
  content_.set_certainty("CER_BEKRAFTAD");
  EXPECT_EQ(Assessment(), "");
  content_.clear_marking();
  EXPECT_EQ(Report(), "");
  EXPECT_EQ(Assessment(), "c.marking");
  content_.set_certainty("CER_GISSAD");
  EXPECT_EQ(Report(), "c.certainty");
}

TEST_F(ContentTest, ASpanHasAStartAndALaterEndWithinAYear) {
  SetSpan(kNow, kNow);
  EXPECT_EQ(Report(), "") << "an instant";
  content_.mutable_occur_span()->set_precision(types::v1::TIME_PRECISION_HOUR);
  EXPECT_EQ(Report(), "c.occur_span.end_time") << "an hour is no instant";
  SetSpan(kNow, kNow + absl::Microseconds(1));
  EXPECT_EQ(Report(), "");
  SetSpan(kNow, kNow - absl::Microseconds(1));
  EXPECT_EQ(Report(), "c.occur_span.end_time");
  SetSpan(kNow - kOccurSpanMax, kNow);
  EXPECT_EQ(Report(), "");
  SetSpan(kNow - kOccurSpanMax - absl::Microseconds(1), kNow);
  EXPECT_EQ(Report(), "c.occur_span.end_time");
  content_.mutable_occur_span()->clear_end_time();
  EXPECT_EQ(Report(), "c.occur_span");
}

TEST_F(ContentTest, APlaceLiesInTheCity) {
  types::v1::Place& place = *content_.mutable_place();
  place.set_areas(0, "areas/stadsdel-paradiset");
  EXPECT_THAT(Report(), ::testing::StartsWith("c.place"));
  place.clear_areas();
  EXPECT_EQ(Report(), "") << "nobody said where";
  place.mutable_position()->set_latitude(59.2867);
  place.mutable_position()->set_longitude(17.9645);
  EXPECT_EQ(Report(), "");
  place.mutable_position()->set_latitude(57.7);
  EXPECT_THAT(Report(), ::testing::StartsWith("c.place"));
}

TEST_F(ContentTest, TextsHaveTheirLengthsInCodePoints) {
  content_.set_description(Repeat(1000, "å"));
  EXPECT_EQ(Report(), "");
  content_.set_description(Repeat(1001, "å"));
  EXPECT_EQ(Report(), "c.description");
  content_.clear_description();
  content_.mutable_place()->set_display_name(Repeat(80, "ö"));
  EXPECT_EQ(Report(), "");
  content_.mutable_place()->set_display_name(Repeat(81, "ö"));
  EXPECT_EQ(Report(), "c.place.display_name");
}

TEST_F(ContentTest, TextsIdentifyNobody) {
  for (const char* text : {"Gäller 19121212-1212.", "Ring 070-123 45 67.", "Skriv a@b.se"}) {
    content_.set_description(text);
    EXPECT_EQ(Report(), "PERSONAL_DATA_SUSPECTED") << text;
    content_.clear_description();
    content_.mutable_place()->set_display_name(text);
    EXPECT_EQ(Report(), "PERSONAL_DATA_SUSPECTED") << text;
    content_.mutable_place()->clear_display_name();
  }
}

TEST_F(ContentTest, HarmIsZeroToFour) {
  for (const auto& [harm, fault] :
       std::map<int, std::string>{{-1, "c.harm"}, {0, ""}, {4, ""}, {5, "c.harm"}}) {
    content_.set_harm(harm);
    EXPECT_EQ(Report(), fault) << harm;
  }
}

TEST_F(ContentTest, WhatIsSecurityClassifiedIsStopped) {
  types::v1::Marking& marking = *content_.mutable_marking();
  marking.set_correctness(3);
  EXPECT_EQ(Report(), "");
  marking.set_correctness(4);
  EXPECT_EQ(Report(), "SECURITY_CLASSIFIED");
  marking.set_correctness(5);
  EXPECT_EQ(Report(), "c.marking");
  marking.set_correctness(-1);
  EXPECT_EQ(Report(), "c.marking");
  marking.set_correctness(0);
  marking.set_confidentiality(4);
  EXPECT_EQ(Report(), "SECURITY_CLASSIFIED");
  marking.set_confidentiality(0);
  marking.set_traceability(4);
  EXPECT_EQ(Report(), "SECURITY_CLASSIFIED");
  marking.set_traceability(0);
  marking.clear_tlp();
  EXPECT_EQ(Report(), "c.marking.tlp");
}

TEST(SourceTest, ASourceIsBoundedAndItsProposalsSayWhy) {
  const auto fault = [](const v1::Source& source) {
    return Fault(CheckSource(Policy(), source, "s"));
  };
  v1::Source source;
  EXPECT_EQ(fault(source), "");
  source.set_text("Kallas 19121212-1212 i källan.");
  EXPECT_EQ(fault(source), "") << "what never leaves is not screened";
  source.set_text(Repeat(4001, "å"));
  EXPECT_EQ(fault(source), "s.text");
  source.set_text(Repeat(4000, "å"));
  source.set_kind("SRC_PAHITTAD");
  EXPECT_EQ(fault(source), "s.kind");
  source.set_kind("SRC_POLIS");
  for (const char* uri : {"http://polisen.se", "javascript:alert(1)", "polisen.se"}) {
    source.set_uri(uri);
    EXPECT_EQ(fault(source), "s.uri") << uri;
  }
  source.set_uri("https://polisen.se/handelse");
  EXPECT_EQ(fault(source), "");
  v1::PlaceProposal& proposal = *source.add_place_proposals();
  proposal.set_area("areas/stadsdel-fruangen");
  EXPECT_EQ(fault(source), "s.place_proposals[0].provenance");
  proposal.set_provenance("stadsdel nämnd i texten");
  EXPECT_EQ(fault(source), "");
  proposal.set_area("areas/sdo-hal");
  EXPECT_EQ(fault(source), "s.place_proposals[0].area");
  proposal.set_area("areas/stadsdel-fruangen");
  while (source.place_proposals_size() < 20) *source.add_place_proposals() = proposal;
  EXPECT_EQ(fault(source), "");
  *source.add_place_proposals() = source.place_proposals(0);
  EXPECT_EQ(fault(source), "s.place_proposals");
}

TEST(LegalPositionTest, AMotivationIsMoreThanAWord) {
  const auto fault = [](const types::v1::LegalPosition& position) {
    return Fault(CheckLegalPosition(Policy(), position, "l"));
  };
  types::v1::LegalPosition position;
  position.set_code("LB_NOT_SECRET_TESTED");
  position.set_motivation(Repeat(20, "å"));
  EXPECT_EQ(fault(position), "");
  position.set_motivation(Repeat(19, "å"));
  EXPECT_EQ(fault(position), "LEGAL_POSITION_MISSING");
  position.set_motivation(Repeat(500, "å"));
  EXPECT_EQ(fault(position), "");
  position.set_motivation(Repeat(501, "å"));
  EXPECT_EQ(fault(position), "l.motivation");
  position.set_motivation("Gäller personen 19121212-1212 enligt anmälan.");
  EXPECT_EQ(fault(position), "PERSONAL_DATA_SUSPECTED");
  position.set_motivation(Repeat(20, "å"));
  position.set_code("LB_PAHITTAD");
  EXPECT_EQ(fault(position), "l.code");
}

TEST(LegalPositionTest, ABalancingOfInterestsIsNotedWhereTheLawAsksForIt) {
  const auto fault = [](const types::v1::LegalPosition& position) {
    return Fault(CheckLegalPosition(Policy(), position, "l"));
  };
  types::v1::LegalPosition position;
  position.set_code("LB_OSL_10_15A");
  position.set_motivation(Repeat(20, "å"));
  EXPECT_EQ(fault(position), "LEGAL_POSITION_MISSING");
  position.set_balancing_note(Repeat(19, "ä"));
  EXPECT_EQ(fault(position), "LEGAL_POSITION_MISSING");
  position.set_balancing_note(Repeat(20, "ä"));
  EXPECT_EQ(fault(position), "");
  position.set_code("LB_NOT_SECRET_TESTED");
  EXPECT_EQ(fault(position), "l.balancing_note");
}

TEST(ReasonTest, AReasonIsGivenAndBounded) {
  EXPECT_EQ(Fault(CheckReason("", "reason")), "reason");
  EXPECT_EQ(Fault(CheckReason("x", "reason")), "");
  EXPECT_EQ(Fault(CheckReason(Repeat(500, "å"), "reason")), "");
  EXPECT_EQ(Fault(CheckReason(Repeat(501, "å"), "reason")), "reason");
  EXPECT_EQ(Fault(CheckReason("Ring 070-123 45 67.", "reason")), "PERSONAL_DATA_SUSPECTED");
}

TEST(DefaultMarkingTest, FollowsTheCategoryAndWhoReports) {
  EXPECT_EQ(DefaultMarking("IKA_MILJO", true).tlp(), types::v1::TLP_GREEN);
  EXPECT_EQ(DefaultMarking("IKA_MILJO", false).confidentiality(), 1);
  EXPECT_EQ(DefaultMarking("IKA_HANDELSE", true).tlp(), types::v1::TLP_AMBER_STRICT);
  EXPECT_EQ(DefaultMarking("IKA_HANDELSE", false).tlp(), types::v1::TLP_AMBER);
  EXPECT_EQ(DefaultMarking("IKA_HANDELSE", false).confidentiality(), 2);
}

}  // namespace
}  // namespace samverkan::incidents
