#include "services/access/decide.h"

#include "gtest/gtest.h"
#include "services/access/explain.h"
#include "services/access/snapshot.h"
#include "tests/support/access_world.h"

namespace samverkan::access {
namespace {

using errors::v1::ErrorReason;

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  SV_CHECK(absl::ParseTime(absl::RFC3339_full, text, &time, &error), "a time of a test parses");
  return time;
}

class DecideTest : public ::testing::Test {
 protected:
  DecideTest()
      : policy_(*testing::ParseWorld(testing::ReadFileOrDie("tests/conformance/world.json"))
                     .Compile()) {}

  // A robbery in Fruängen, AMBER_STRICT and K2, that Skärholmen's police may send to
  // Hägersten-Älvsjö.
  Label Robbery() const {
    Label label;
    label.owner_unit = policy_->FindUnit("parties/pol/units/pol-sth-syd-skarh");
    label.owner_party = policy_->FindParty("parties/pol");
    label.category = policy_->FindInformationCategory("IKA_HANDELSE");
    label.cells = *policy_->areas().CellsAt("areas/stadsdel-fruangen", kNow);
    label.cells.set(kCityCell);
    label.tlp = types::v1::TLP_AMBER_STRICT;
    label.confidentiality = 2;
    return label;
  }
  DisclosureRequest ToHal() const {
    return {.mandate = policy_->FindMandate("parties/pol/mandates/skarh-kompol"),
            .recipient = policy_->FindUnit("parties/sthlm-sdn-hal/units/sthlm-sdn-hal"),
            .purpose = policy_->FindPurpose("PUR_LAGESBILD"),
            .legal = policy_->FindLegal("LB_NOT_SECRET_TESTED"),
            .clause = policy_->FindClause("agreements/lok-hal-skarh/clauses/l2"),
            .now = kNow};
  }

  const absl::Time kNow = At("2026-04-01T12:00:00Z");
  const std::shared_ptr<const Snapshot> policy_;
};

TEST_F(DecideTest, TheWorldCompilesWithoutProblems) {
  EXPECT_TRUE(policy_->problems().empty());
}

TEST_F(DecideTest, AClauseInForceAllows) {
  const Decision decision = DecideDisclosure(*policy_, ToHal(), Robbery());
  EXPECT_TRUE(decision.allowed);
  ASSERT_EQ(decision.citation_count, 1);
  EXPECT_EQ(policy_->clause(decision.citations[0].clause).name,
            "agreements/lok-hal-skarh/clauses/l2");
  EXPECT_EQ(decision.obligations.geo_precision, types::v1::GEO_PRECISION_PLACE);
  EXPECT_EQ(decision.obligations.time_precision, types::v1::TIME_PRECISION_PART_OF_DAY);
  EXPECT_EQ(decision.obligations.onward, types::v1::ONWARD_NONE);
  EXPECT_EQ(decision.not_after, At("2026-05-01T00:00:00Z")) << "when the suspension begins";
}

// Without a clause named, others that are in force came further: what helps is the one that would
// allow it.
TEST_F(DecideTest, ExplainNamesTheClauseThatWouldAllowItWereItInForce) {
  DisclosureRequest request = ToHal();
  request.clause.reset();
  request.now = At("2026-05-02T00:00:00Z");
  EXPECT_EQ(DecideDisclosure(*policy_, request, Robbery()).reason,
            errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  const Explanation explained = Explain(*policy_, request, Robbery());
  EXPECT_EQ(explained.decision.reason, errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  EXPECT_EQ(explained.remedy_en,
            "The clause agreements/lok-hal-skarh/clauses/l2 has been suspended by "
            "parties/sthlm-sdn-hal since 2026-05-01T00:00:00Z; only that party can resume it. Try "
            "again at 2026-05-08T00:00:00Z.");

  // What no clause would allow even then is told as it is.
  Label red = Robbery();
  red.tlp = types::v1::TLP_RED;
  const Explanation never = Explain(*policy_, request, red);
  EXPECT_EQ(never.decision.reason, errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  EXPECT_FALSE(never.decision.nearest.has_value());
  // Nor is a clause that has ended an answer, or one not yet valid before another reason.
  request.now = At("2029-01-01T00:00:00Z");
  EXPECT_EQ(Explain(*policy_, request, Robbery()).decision.reason,
            errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
}

// What all may tell the public goes between any two units and gets as far as the category: it is no
// answer to who asks about a robbery.
TEST_F(DecideTest, ExplainNamesNoClauseAboutOtherThings) {
  DisclosureRequest request = ToHal();
  request.clause.reset();
  request.recipient = policy_->FindUnit("parties/ngl-centrum/units/ngl-centrum");
  ASSERT_TRUE(request.recipient.valid());
  const Decision decision = DecideDisclosure(*policy_, request, Robbery());
  ASSERT_TRUE(decision.nearest.has_value());
  EXPECT_EQ(policy_->clause(decision.nearest->clause).name, "agreements/cen/clauses/c7");
  const Explanation explained = Explain(*policy_, request, Robbery());
  EXPECT_EQ(explained.decision.reason, errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  EXPECT_FALSE(explained.decision.nearest.has_value());
  EXPECT_EQ(
      explained.remedy,
      "Ingen gällande klausul från parties/pol/units/pol-sth-syd-skarh till "
      "parties/ngl-centrum/units/ngl-centrum täcker kategorin IKA_HANDELSE; parterna kan avtala "
      "en.");
  EXPECT_EQ(
      explained.remedy_en,
      "No clause in force from parties/pol/units/pol-sth-syd-skarh to "
      "parties/ngl-centrum/units/ngl-centrum covers the category IKA_HANDELSE; the parties can "
      "agree on one.");

  // Named, it is told why that one does not do.
  request.clause = policy_->FindClause("agreements/cen/clauses/c7");
  const Explanation named = Explain(*policy_, request, Robbery());
  EXPECT_EQ(named.decision.reason, errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  EXPECT_EQ(policy_->clause(named.decision.nearest.value().clause).name,
            "agreements/cen/clauses/c7");

  // Nor where even that is closed, the recipient not having acceded.
  request.clause.reset();
  request.recipient = policy_->FindUnit("parties/civ-vandrare/units/civ-vandrare");
  const Explanation closed = Explain(*policy_, request, Robbery());
  EXPECT_EQ(closed.decision.reason, errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  EXPECT_FALSE(closed.decision.nearest.has_value());
  EXPECT_EQ(closed.remedy_en,
            "No clause in force from parties/pol/units/pol-sth-syd-skarh to "
            "parties/civ-vandrare/units/civ-vandrare covers the category IKA_HANDELSE; the parties "
            "can agree on one.");
}

// The central clause gets beyond the area, the local one does not: it is the one to act on.
TEST_F(DecideTest, ExplainNamesTheClauseOfTheCategoryThatGotFurthest) {
  DisclosureRequest request = ToHal();
  request.clause.reset();
  const auto nearest = [&](const Label& label) {
    const Explanation explained = Explain(*policy_, request, label);
    return std::make_pair(explained.decision.reason,
                          explained.decision.nearest.has_value()
                              ? policy_->clause(explained.decision.nearest->clause).name
                              : std::string());
  };
  const std::string l2 = "agreements/lok-hal-skarh/clauses/l2";
  Label label = Robbery();
  label.tlp = types::v1::TLP_RED;
  EXPECT_EQ(nearest(label), std::make_pair(errors::v1::ERROR_REASON_MARKING_EXCEEDS_CLAUSE, l2));
  label = Robbery();
  label.cells = *policy_->areas().CellsAt("areas/stadsdel-skarholmen", kNow);
  label.cells.set(kCityCell);
  EXPECT_EQ(DecideDisclosure(*policy_, request, label).reason,
            errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  EXPECT_EQ(nearest(label), std::make_pair(errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE, l2));
  EXPECT_EQ(nearest(Robbery()),
            std::make_pair(errors::v1::ERROR_REASON_UNSPECIFIED, std::string()));
}

TEST_F(DecideTest, NobodyWithoutMandate) {
  DisclosureRequest request = ToHal();
  request.mandate = MandateId();
  EXPECT_EQ(DecideDisclosure(*policy_, request, Robbery()).reason,
            errors::v1::ERROR_REASON_NO_MANDATE);
}

TEST_F(DecideTest, NobodyDisclosesWhatAnotherUnitOwns) {
  Label label = Robbery();
  label.owner_unit = policy_->FindUnit("parties/pol/units/pol-sth");
  EXPECT_EQ(DecideDisclosure(*policy_, ToHal(), label).reason,
            errors::v1::ERROR_REASON_ORIGINATOR_ONLY);
}

TEST_F(DecideTest, OwnActsNeedPermissionAreaAndTime) {
  const MandateId mandate = policy_->FindMandate("parties/pol/mandates/skarh-both");
  const MandateId local = policy_->FindMandate("parties/pol/mandates/skarh-kompol");
  const PermissionId release = policy_->FindPermission("incidents.release");
  const PermissionId report = policy_->FindPermission("incidents.report");
  EXPECT_TRUE(DecideOwn(*policy_, local, release, Robbery(), kNow).allowed);
  EXPECT_EQ(DecideOwn(*policy_, local, report, Robbery(), kNow).reason,
            errors::v1::ERROR_REASON_NO_MANDATE);
  EXPECT_EQ(DecideOwn(*policy_, local, PermissionId(), Robbery(), kNow).reason,
            errors::v1::ERROR_REASON_NO_MANDATE);

  const absl::Time end = At("2026-09-01T00:00:00Z");
  EXPECT_EQ(DecideOwn(*policy_, mandate, release, Robbery(), end - absl::Microseconds(1)).not_after,
            end);
  EXPECT_EQ(DecideOwn(*policy_, mandate, release, Robbery(), end).reason,
            errors::v1::ERROR_REASON_NO_MANDATE);

  Label elsewhere = Robbery();
  elsewhere.cells = *policy_->areas().CellsAt("areas/stadsdel-alvsjo", kNow);
  elsewhere.cells.set(kCityCell);
  EXPECT_EQ(DecideOwn(*policy_, local, release, elsewhere, kNow).reason,
            errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  Label somewhere = Robbery();
  somewhere.cells.reset();
  somewhere.cells.set(kCityCell);
  EXPECT_TRUE(DecideOwn(*policy_, local, release, somewhere, kNow).allowed);
}

}  // namespace
}  // namespace samverkan::access
