#include "services/incidents/incident_handlers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/base/error.h"
#include "tests/support/incident_world.h"

namespace samverkan::incidents {
namespace {

using audit::v1::Record;
using errors::v1::ErrorReason;
using ::samverkan::testing::IncidentWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Incident;

constexpr const char* kPoliceUnit = IncidentWorld::kPoliceUnit;
constexpr const char* kDistrictUnit = IncidentWorld::kDistrictUnit;
constexpr char kLiaisonUnit[] = "parties/pol/units/pol-sth";

class IncidentHandlersTest : public ::testing::Test {
 protected:
  using Caller = IncidentWorld::Caller;

  Incident Reported() {
    const auto incident =
        world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, world_.Robbery()));
    EXPECT_TRUE(incident.ok()) << incident.status();
    return *incident;
  }
  Incident Released() {
    const std::string name = Reported().name();
    EXPECT_TRUE(world_.Assess(officer_, name, world_.Robbery()).ok());
    const auto release =
        world_.ReleaseItem({"skarh-kompol", "PUR_LAGESBILD"}, name, IncidentWorld::Disclosure());
    EXPECT_TRUE(release.ok()) << release.status();
    return *world_.Get(officer_, name);
  }
  ErrorReason ReasonOfCreate(const Caller& caller, const v1::CreateIncidentRequest& request) {
    const size_t changes = world_.Changes().size();
    const ErrorReason reason = ReasonOf(world_.Create(caller, request).status());
    EXPECT_EQ(world_.Changes().size(), changes) << "a refusal changes nothing";
    return reason;
  }

  IncidentWorld world_;
  const Caller officer_{"skarh-kompol"};
  const Caller coordinator_{"hal-tryggsam"};
  const Caller reporter_{"she-rapp"};
};

TEST_F(IncidentHandlersTest, AnItemIsKeptAsItWasHandedIn) {
  v1::CreateIncidentRequest request = IncidentWorld::Report(kPoliceUnit, world_.Robbery(), "k-1");
  request.mutable_incident()->mutable_source()->set_text("Händelsen som källan berättar den.");
  request.mutable_incident()->mutable_source()->set_reporting_unit("parties/no/units/one");
  const auto created = world_.Create(officer_, request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->owner_unit(), kPoliceUnit);
  EXPECT_EQ(created->state(), Incident::STATE_RECEIVED);
  EXPECT_EQ(created->revision(), 1);
  EXPECT_EQ(created->etag(), "e1");
  EXPECT_EQ(created->content().category(), "INC_RAN_PERS");
  EXPECT_EQ(created->source().kind(), "SRC_POLIS") << "the police's own";
  EXPECT_EQ(created->source().reporting_unit(), kPoliceUnit) << "whatever the sender says";
  EXPECT_EQ(world_.left().resource, created->name()) << "the record names the item";

  const auto read = world_.Get(officer_, created->name());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), created->SerializeAsString());
  EXPECT_THAT(world_.Find(created->name())->cells,
              ElementsAre("areas/city", "areas/stadsdel-fruangen"));
  ASSERT_THAT(world_.Changes(), SizeIs(1));
  ASSERT_THAT(world_.Changes()[0]->targets, SizeIs(1));
  EXPECT_EQ(world_.Changes()[0]->targets[0].unit, kPoliceUnit);
}

TEST_F(IncidentHandlersTest, AMarkingIsFilledInWhereTheReportHasNone) {
  const auto marking = [&](const Caller& caller, const char* unit, v1::IncidentContent content) {
    content.clear_marking();
    const auto created = world_.Create(caller, IncidentWorld::Report(unit, content));
    EXPECT_TRUE(created.ok()) << created.status();
    return created->content().marking();
  };
  EXPECT_EQ(marking(officer_, kPoliceUnit, world_.Robbery()).tlp(), types::v1::TLP_AMBER_STRICT);
  EXPECT_EQ(marking(officer_, kPoliceUnit, world_.Robbery()).confidentiality(), 2);
  EXPECT_EQ(marking(coordinator_, kDistrictUnit, world_.Lighting()).tlp(), types::v1::TLP_GREEN);
  EXPECT_EQ(marking(coordinator_, kDistrictUnit, world_.Lighting()).confidentiality(), 1);
}

TEST_F(IncidentHandlersTest, AForeignIdNamesOneItemForEver) {
  const auto request = IncidentWorld::Report(kPoliceUnit, world_.Robbery(), "k-1");
  const std::string first = world_.Create(officer_, request)->name();
  world_.clock().Advance(absl::Hours(24 * 400));
  auto again = request;
  again.set_request_id("another attempt");
  const auto repeat = world_.Create(officer_, again);
  ASSERT_TRUE(repeat.ok()) << repeat.status();
  EXPECT_EQ(repeat->name(), first);
  EXPECT_TRUE(world_.left().replayed);
  EXPECT_THAT(world_.Changes(), SizeIs(1));

  auto other = request;
  other.mutable_incident()->mutable_content()->set_harm(3);
  const absl::Status reused = world_.Create(officer_, other).status();
  EXPECT_EQ(ReasonOf(reused), errors::v1::ERROR_REASON_FOREIGN_ID_REUSED);
  EXPECT_EQ(ErrorInfoOf(reused).metadata().at("name"), first);

  const auto others =
      world_.Create(coordinator_, IncidentWorld::Report(kDistrictUnit, world_.Lighting(), "k-1"));
  ASSERT_TRUE(others.ok()) << "another party's ids are its own: " << others.status();
  EXPECT_NE(others->name(), first);
}

TEST_F(IncidentHandlersTest, AForeignIdIsShortAndPrintable) {
  const auto reason = [&](const std::string& id) {
    return ReasonOf(
        world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, world_.Robbery(), id)).status());
  };
  EXPECT_EQ(reason(std::string(128, 'a')), errors::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(reason(std::string(129, 'a')), errors::v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(reason("!~"), errors::v1::ERROR_REASON_UNSPECIFIED);
  for (const char* id : {"a b", "\x7f", "å", "a\n"})
    EXPECT_EQ(reason(id), errors::v1::ERROR_REASON_FIELD_INVALID) << id;
}

TEST_F(IncidentHandlersTest, OnlyThePoliceHandInWhatOnlyThePoliceKnow) {
  v1::IncidentContent shooting = world_.Robbery();
  shooting.set_category("INC_VLD_SKJUT");
  EXPECT_EQ(ReasonOfCreate(coordinator_, IncidentWorld::Report(kDistrictUnit, shooting)),
            errors::v1::ERROR_REASON_CATEGORY_NOT_COVERED);
  EXPECT_TRUE(world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, shooting)).ok());
  EXPECT_TRUE(
      world_.Create(coordinator_, IncidentWorld::Report(kDistrictUnit, world_.Lighting())).ok());
}

TEST_F(IncidentHandlersTest, AReporterGetsAReceiptAndNothingElse) {
  const auto request = IncidentWorld::Report(kDistrictUnit, world_.Lighting(), "r-1");
  const auto receipt = world_.Create(reporter_, request);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->owner_unit(), kDistrictUnit);
  EXPECT_FALSE(receipt->has_content());
  EXPECT_THAT(receipt->etag(), IsEmpty());
  EXPECT_THAT(world_.left().citations, SizeIs(1));
  ASSERT_THAT(world_.left().side_records, SizeIs(1));
  EXPECT_EQ(world_.left().side_records[0].party, "parties/sthlm-sdn-hal");
  EXPECT_EQ(world_.left().side_records[0].resource, receipt->name());

  const auto owned = world_.Get(coordinator_, receipt->name());
  ASSERT_TRUE(owned.ok()) << owned.status();
  EXPECT_EQ(owned->source().reporting_unit(),
            "parties/sthlm-bolag-she/units/sthlm-bolag-she-bovard");
  ASSERT_TRUE(world_.Assess(coordinator_, receipt->name(), world_.Lighting()).ok());
  const auto repeat = world_.Create(reporter_, request);
  ASSERT_TRUE(repeat.ok()) << repeat.status();
  EXPECT_EQ(repeat->SerializeAsString(), receipt->SerializeAsString())
      << "what the owner did since is the owner's";
}

TEST_F(IncidentHandlersTest, ASlotTakesWhatItsClausesLetThrough) {
  v1::IncidentContent content = world_.Lighting();
  content.mutable_marking()->set_confidentiality(2);
  EXPECT_EQ(ReasonOfCreate(reporter_, IncidentWorld::Report(kDistrictUnit, content)),
            errors::v1::ERROR_REASON_MARKING_EXCEEDS_CLAUSE);
  content = world_.Lighting();
  content.mutable_place()->set_areas(0, "areas/stadsdel-husby");
  EXPECT_EQ(ReasonOfCreate(reporter_, IncidentWorld::Report(kDistrictUnit, content)),
            errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  const auto good = IncidentWorld::Report(kDistrictUnit, world_.Lighting());
  EXPECT_TRUE(world_.Create(reporter_, good).ok());
  world_.Suspend("agreements/lok-hal-skarh", "parties/sthlm-sdn-hal");
  world_.Suspend("agreements/lok-hal-globe", "parties/sthlm-sdn-hal");
  EXPECT_EQ(ReasonOfCreate(reporter_, good), errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  EXPECT_EQ(ReasonOfCreate({"skn-rapp"}, good), errors::v1::ERROR_REASON_NOT_FOUND)
      << "who has no slot there";
  EXPECT_TRUE(world_.Create({"hal-rapp"}, good).ok()) << "the district's own field workers";
}

TEST_F(IncidentHandlersTest, AListIsNewestFirstInPagesThatFit) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(names.begin(), Reported().name());
  ASSERT_TRUE(
      world_.Create(coordinator_, IncidentWorld::Report(kDistrictUnit, world_.Lighting())).ok());
  v1::ListIncidentsRequest request;
  request.set_page_size(2);
  std::vector<std::string> listed;
  int pages = 0;
  do {
    const auto page = world_.List(officer_, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(world_.left().count, page->incidents_size());
    for (const Incident& incident : page->incidents()) listed.push_back(incident.name());
    EXPECT_EQ(page->resume_token(), absl::StrCat("resume ", kPoliceUnit)) << "on every page";
    request.set_page_token(page->next_page_token());
    if (++pages == 1) Reported();  // What comes meanwhile is for the watch.
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, names);
}

TEST_F(IncidentHandlersTest, AListFindsTheRareOnesBehindManyOthers) {
  const std::string oldest = Reported().name();
  ASSERT_TRUE(world_.Reject(officer_, oldest, "Dubblett.").ok());
  for (int i = 0; i < 205; ++i) Reported();
  v1::ListIncidentsRequest request;
  request.add_states(Incident::STATE_REJECTED);
  request.set_page_size(1);
  const auto page = world_.List(officer_, request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->incidents_size(), 1);
  EXPECT_EQ(page->incidents(0).name(), oldest);
  request.set_states(0, Incident::STATE_RETRACTED);
  EXPECT_EQ(world_.List(officer_, request)->incidents_size(), 0);
  EXPECT_THAT(world_.List(officer_, request)->next_page_token(), IsEmpty());
}

TEST_F(IncidentHandlersTest, AnAssessmentReplacesTheContentAndMayBeRepeated) {
  const Incident received = Reported();
  v1::IncidentContent content = world_.Robbery();
  content.set_description("Bedömd.");
  content.mutable_place()->set_areas(0, "areas/stadsdel-vastertorp");
  const auto assessed = world_.Assess(officer_, received.name(), content);
  ASSERT_TRUE(assessed.ok()) << assessed.status();
  EXPECT_EQ(assessed->state(), Incident::STATE_ASSESSED);
  EXPECT_EQ(assessed->revision(), 1);
  EXPECT_NE(assessed->etag(), received.etag());
  EXPECT_EQ(assessed->content().description(), "Bedömd.");
  EXPECT_EQ(assessed->source().SerializeAsString(), received.source().SerializeAsString());
  EXPECT_THAT(world_.Find(received.name())->cells,
              ElementsAre("areas/city", "areas/stadsdel-vastertorp"))
      << "access is judged by what was assessed";
  EXPECT_TRUE(world_.Assess(officer_, received.name(), world_.Robbery()).ok());
  content.clear_certainty();
  EXPECT_EQ(ReasonOf(world_.Assess(officer_, received.name(), content).status()),
            errors::v1::ERROR_REASON_FIELD_INVALID);
}

TEST_F(IncidentHandlersTest, ARejectionSaysWhyAndIsFinal) {
  const std::string name = Reported().name();
  EXPECT_EQ(ReasonOf(world_.Reject(officer_, name, "").status()),
            errors::v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(ReasonOf(world_.Reject(officer_, name, "Gäller 19121212-1212.").status()),
            errors::v1::ERROR_REASON_PERSONAL_DATA_SUSPECTED);
  EXPECT_EQ(world_.Find(name)->state, Incident::STATE_RECEIVED);
  EXPECT_EQ(world_.Reject(officer_, name, "Dubblett.")->state(), Incident::STATE_REJECTED);
  for (const absl::Status& status : {world_.Reject(officer_, name, "Dubblett.").status(),
                                     world_.Assess(officer_, name, world_.Robbery()).status()}) {
    EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("state"), "STATE_REJECTED");
  }
}

TEST_F(IncidentHandlersTest, WhatWasReleasedIsNoLongerAssessedOrRejected) {
  const std::string name = Released().name();
  EXPECT_EQ(ReasonOf(world_.Assess(officer_, name, world_.Robbery()).status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
  EXPECT_EQ(ReasonOf(world_.Reject(officer_, name, "Dubblett.").status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
}

TEST_F(IncidentHandlersTest, ANewerStateOfTheSourceIsTakenAndAwaitsAssessmentAnew) {
  const std::string name = Reported().name();
  ASSERT_TRUE(world_.Assess(officer_, name, world_.Robbery()).ok());
  v1::IncidentContent content = world_.Robbery();
  content.set_harm(4);
  const absl::Time seen = world_.clock().Now();
  const auto updated = world_.ReportSource(officer_, name, content, seen);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->state(), Incident::STATE_RECEIVED);
  EXPECT_EQ(updated->content().harm(), 4);
  EXPECT_EQ(updated->source().kind(), "SRC_POLIS") << "kept where the sender says nothing";

  content.set_harm(1);
  for (const absl::Time old : {seen, seen - absl::Hours(1)}) {
    const auto ignored = world_.ReportSource(officer_, name, content, old);
    ASSERT_TRUE(ignored.ok()) << ignored.status();
    EXPECT_TRUE(world_.left().replayed);
    EXPECT_EQ(ignored->content().harm(), 4) << "old states can come back";
  }
  const auto newer = world_.ReportSource(officer_, name, content, seen + absl::Microseconds(1));
  EXPECT_FALSE(world_.left().replayed);
  EXPECT_EQ(newer->content().harm(), 1);
}

TEST_F(IncidentHandlersTest, ASourceThatTurnsIntoWhatMayBeNoItemEndsIt) {
  const std::string name = Reported().name();
  v1::IncidentContent content = world_.Robbery();
  content.set_category("INC_VLD_NARA");
  const auto rejected = world_.ReportSource(officer_, name, content, world_.clock().Now());
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_EQ(rejected->state(), Incident::STATE_REJECTED);
  EXPECT_EQ(rejected->content().category(), "INC_RAN_PERS") << "the new one is not stored";
  EXPECT_EQ(ReasonOf(world_
                         .ReportSource(officer_, name, world_.Robbery(),
                                       world_.clock().Now() + absl::Hours(1))
                         .status()),
            errors::v1::ERROR_REASON_STATE_OR_EMBARGO);
}

TEST_F(IncidentHandlersTest, AfterAReleaseASourceChangeIsATaskAndNothingElse) {
  const Incident released = Released();
  v1::IncidentContent content = world_.Robbery();
  content.set_harm(4);
  const absl::Time seen = world_.clock().Now();
  ASSERT_TRUE(world_.ReportSource(officer_, released.name(), content, seen).ok());
  content.set_category("INC_VLD_NARA");
  const auto tasked =
      world_.ReportSource(officer_, released.name(), content, seen + absl::Hours(1));
  ASSERT_TRUE(tasked.ok()) << tasked.status();
  EXPECT_EQ(tasked->state(), Incident::STATE_SHARED);
  EXPECT_EQ(tasked->revision(), 1);
  EXPECT_EQ(tasked->content().SerializeAsString(), released.content().SerializeAsString());
  ASSERT_EQ(tasked->tasks_size(), 2);
  EXPECT_EQ(tasked->tasks(0).kind(), v1::Task::KIND_SOURCE_CHANGED);
  EXPECT_EQ(tasked->tasks(1).kind(), v1::Task::KIND_CATEGORY_NOT_ALLOWED);
  EXPECT_EQ(tasked->tasks(1).category(), "INC_VLD_NARA");
}

TEST_F(IncidentHandlersTest, OnlyWhoeverHandedItInSpeaksForTheSource) {
  const std::string name = Reported().name();
  EXPECT_EQ(
      world_.ReportSource({"pol-system"}, name, world_.Robbery(), world_.clock().Now()).status(),
      NotFound());
  v1::CreateIncidentRequest own = IncidentWorld::Report(kLiaisonUnit, world_.Robbery());
  const std::string liaisons = world_.Create({"pol-system"}, own)->name();
  EXPECT_TRUE(
      world_.ReportSource({"pol-system"}, liaisons, world_.Robbery(), world_.clock().Now()).ok());
}

TEST_F(IncidentHandlersTest, ASourceSaysWhenItWasSeen) {
  v1::ReportSourceChangeRequest request;
  *request.mutable_content() = world_.Robbery();
  const auto prepared = world_.Write(officer_, "", [&](rpc::Call& call, storage::WriteTx&) {
    return world_.items.PrepareSourceChange(call, request);
  });
  EXPECT_EQ(BadRequestOf(prepared.status()).field_violations(0).field(), "source.observe_time");
}

TEST_F(IncidentHandlersTest, OfARetractedItemASourceLearnsOnlyThatItIsGone) {
  const std::string name = Released().name();
  ASSERT_TRUE(world_.Retract(officer_, name, "RTR_FEL").ok());
  const auto after =
      world_.ReportSource(officer_, name, world_.Robbery(), world_.clock().Now() + absl::Hours(1));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->state(), Incident::STATE_RETRACTED);
  EXPECT_FALSE(after->has_content());
  EXPECT_TRUE(world_.left().replayed);
}

TEST_F(IncidentHandlersTest, ContentIsStoredEncrypted) {
  v1::IncidentContent content = world_.Robbery();
  content.set_description("markör-i-klartext");
  ASSERT_TRUE(world_.Create(officer_, IncidentWorld::Report(kPoliceUnit, content)).ok());
  ASSERT_TRUE(world_.database()
                  .Read(absl::InfiniteFuture(),
                        [&](storage::ReadTx& tx) -> absl::Status {
                          SV_ASSIGN_OR_RETURN(const storage::Rows rows,
                                              tx.Run("SELECT ciphertext FROM incident_versions"));
                          EXPECT_THAT(rows, SizeIs(1));
                          EXPECT_THAT(std::string(rows.at(0).Bytes(0)),
                                      ::testing::Not(HasSubstr("markör")));
                          return absl::OkStatus();
                        })
                  .ok());
}

}  // namespace
}  // namespace samverkan::incidents
