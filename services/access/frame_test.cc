#include "services/access/frame.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/explain.h"
#include "services/base/proto_time.h"
#include "tests/support/stockholm.h"

namespace samverkan::access {
namespace {

using agreements::v1::AgreementContent;
using agreements::v1::Clause;
using ::testing::IsEmpty;

const absl::Time kSigned = absl::FromUnixSeconds(1'772'438'400);

AgreementContent ContentOf(const v1::AgreementPolicy& policy) {
  AgreementContent content;
  SV_CHECK(content.ParseFromString(policy.content()), "a test's content parses");
  return content;
}

class FrameTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new samverkan::testing::World(samverkan::testing::Stockholm(kSigned));
    policy_ = new std::shared_ptr<const Snapshot>(*world_->Compile());
  }
  static const Snapshot& policy() { return **policy_; }
  static AgreementContent Agreement(const std::string& name) {
    for (const auto& policy : world_->agreements) {
      if (const AgreementContent content = ContentOf(*policy); content.name() == name)
        return content;
    }
    SV_CHECK(false, "the demo has the agreement");
    return {};
  }
  // The first limit that lok-hal-skarh's clause fails once it is changed.
  static FrameLimit Limit(const char* id, const std::function<void(Clause&)>& change) {
    AgreementContent content = Agreement("agreements/lok-hal-skarh");
    for (Clause& clause : *content.mutable_clauses()) {
      if (clause.id() == id) change(clause);
    }
    const std::vector<FrameProblem> problems = CheckFrame(policy(), content);
    if (problems.empty()) return FrameLimit::kNone;
    EXPECT_EQ(problems[0].clause, id);
    return problems[0].limit;
  }

  static samverkan::testing::World* world_;
  static std::shared_ptr<const Snapshot>* policy_;
};
samverkan::testing::World* FrameTest::world_ = nullptr;
std::shared_ptr<const Snapshot>* FrameTest::policy_ = nullptr;

TEST_F(FrameTest, EveryClauseOfTheDemoIsCovered) {
  EXPECT_THAT(policy().problems(), IsEmpty());
  for (const auto& agreement : world_->agreements) {
    const AgreementContent content = ContentOf(*agreement);
    for (const FrameProblem& problem : CheckFrame(policy(), content)) {
      ADD_FAILURE() << content.name() << " " << problem.clause << ": "
                    << FrameLimitName(problem.limit) << " for " << problem.category << " from "
                    << problem.from << " to " << problem.to << ", nearest " << problem.frame_clause
                    << " " << problem.detail;
    }
  }
}

TEST_F(FrameTest, EveryClauseOfTheDemoOpensSomething) {
  for (const auto& agreement : world_->agreements) {
    const AgreementContent content = ContentOf(*agreement);
    for (const Clause& clause : content.clauses()) {
      if (clause.effect() != Clause::EFFECT_PERMIT) continue;
      const std::optional<uint32_t> index =
          policy().FindClause(content.name() + "/clauses/" + clause.id());
      ASSERT_TRUE(index.has_value());
      EXPECT_FALSE(policy().OpenPairs(*index, kSigned).empty())
          << content.name() << " " << clause.id();
    }
  }
}

TEST_F(FrameTest, EachLimitIsChecked) {
  const auto obligations = [](const std::function<void(types::v1::Obligations&)>& change) {
    return [change](Clause& clause) { change(*clause.mutable_obligations()); };
  };
  EXPECT_EQ(Limit("l2", [](Clause&) {}), FrameLimit::kNone);
  EXPECT_EQ(Limit("l2", [](Clause& c) { c.set_categories(0, "IKA_KOMM"); }), FrameLimit::kCategory);
  EXPECT_EQ(Limit("l2", [](Clause& c) { c.add_purposes("PUR_KOMMUNIKATION"); }),
            FrameLimit::kPurpose);
  EXPECT_EQ(Limit("l2", [](Clause& c) { c.set_max_tlp(types::v1::TLP_RED); }), FrameLimit::kTlp);
  EXPECT_EQ(Limit("l2", [](Clause& c) { c.set_max_confidentiality(3); }),
            FrameLimit::kConfidentiality);
  EXPECT_EQ(Limit("l2", obligations(
                            [](auto& o) { o.set_geo_precision(types::v1::GEO_PRECISION_EXACT); })),
            FrameLimit::kGeoPrecision);
  EXPECT_EQ(Limit("l2", obligations([](auto& o) {
                    o.set_time_precision(types::v1::TIME_PRECISION_EXACT);
                  })),
            FrameLimit::kTimePrecision);
  EXPECT_EQ(Limit("l2", obligations([](auto& o) { o.set_onward(types::v1::ONWARD_PUBLIC); })),
            FrameLimit::kOnward);
  EXPECT_EQ(Limit("l2", obligations([](auto& o) { o.set_min_count(0); })), FrameLimit::kNone)
      << "not counted";
  EXPECT_EQ(Limit("l5", obligations([](auto& o) { o.set_min_count(4); })), FrameLimit::kMinCount);
  EXPECT_EQ(Limit("l2", [](Clause& c) { c.clear_areas(); }), FrameLimit::kNone)
      << "the frame is city-wide";
  // Nobody but the parties of the frame's flows: the district may not send incidents to the traffic
  // office.
  EXPECT_EQ(Limit("l1",
                  [](Clause& c) {
                    c.mutable_flows(0)->mutable_to()->set_unit("parties/sthlm-trk/units/sthlm-trk");
                  }),
            FrameLimit::kCategory);
}

TEST_F(FrameTest, AForbidNeedsNoFrame) {
  EXPECT_EQ(Limit("l2",
                  [](Clause& c) {
                    c.set_effect(Clause::EFFECT_FORBID);
                    c.add_purposes("PUR_KOMMUNIKATION");
                  }),
            FrameLimit::kNone);
}

TEST_F(FrameTest, TheAgreementItselfIsCheckedFirst) {
  AgreementContent content = Agreement("agreements/lok-hal-skarh");
  content.set_frame("agreements/okand");
  ASSERT_EQ(CheckFrame(policy(), content).size(), 1);
  EXPECT_EQ(CheckFrame(policy(), content)[0].limit, FrameLimit::kFrame);
  content.mutable_clauses(0)->set_categories(0, "IKA_X");
  EXPECT_EQ(CheckFrame(policy(), content)[0].limit, FrameLimit::kContent);
  EXPECT_THAT(CheckFrame(policy(), Agreement("agreements/cen")), IsEmpty());
}

TEST_F(FrameTest, TheFrameMustReachFromBeginningToEnd) {
  AgreementContent content = Agreement("agreements/lok-hal-skarh");
  *content.mutable_valid_to_time() =
      ToProto(FromProto(content.valid_to_time()) + absl::Microseconds(1));
  ASSERT_FALSE(CheckFrame(policy(), content).empty());
  EXPECT_EQ(CheckFrame(policy(), content)[0].limit, FrameLimit::kValidity);
  content = Agreement("agreements/lok-hal-skarh");
  *content.mutable_valid_from_time() =
      ToProto(FromProto(content.valid_from_time()) - absl::Microseconds(1));
  EXPECT_FALSE(CheckFrame(policy(), content).empty());
  EXPECT_LE(CheckFrame(policy(), content).size(), kFrameProblemsMax);
}

// What a suspension of the frame, a missing signature to it and a narrower version do to local
// clauses.
TEST_F(FrameTest, AFrameThatNarrowsClosesWhatItNoLongerCovers) {
  const auto open = [](const std::function<void(AgreementContent&, v1::AgreementPolicy&)>& change,
                       const char* clause) {
    samverkan::testing::World world = *world_;
    for (auto& agreement : world.agreements) {
      AgreementContent content = ContentOf(*agreement);
      if (content.name() != "agreements/cen") continue;
      auto changed = std::make_shared<v1::AgreementPolicy>(*agreement);
      change(content, *changed);
      changed->set_content(content.SerializeAsString());
      agreement = changed;
    }
    const auto policy = *world.Compile();
    return policy->OpenPairs(*policy->FindClause(clause), kSigned).size();
  };
  constexpr char kL2[] = "agreements/lok-hal-skarh/clauses/l2";
  constexpr char kOther[] = "agreements/lok-skh-skarh/clauses/l2";
  EXPECT_EQ(open([](auto&, auto&) {}, kL2), 1);
  const auto suspend = [](const char* party) {
    return [party](AgreementContent&, v1::AgreementPolicy& policy) {
      agreements::v1::Suspension& suspension = *policy.add_suspensions();
      suspension.set_party(party);
      *suspension.mutable_from_time() = ToProto(kSigned);
    };
  };
  EXPECT_EQ(open(suspend("parties/pol"), kL2), 0);
  EXPECT_EQ(open(suspend("parties/sthlm-sdn-hal"), kL2), 0);
  EXPECT_EQ(open(suspend("parties/sthlm-sdn-hal"), kOther), 1);
  EXPECT_EQ(open(
                [](AgreementContent&, v1::AgreementPolicy& policy) {
                  *policy.mutable_notice_end_time() = ToProto(kSigned);
                },
                kL2),
            0);
  EXPECT_EQ(open(
                [](AgreementContent& content, auto&) {
                  for (Clause& clause : *content.mutable_clauses()) {
                    if (clause.effect() == Clause::EFFECT_FRAME)
                      clause.set_max_tlp(types::v1::TLP_AMBER);
                  }
                },
                kL2),
            0)
      << "L2 lets AMBER_STRICT through";
}

TEST_F(FrameTest, ExplainSaysWhatWouldChangeIt) {
  const auto explain = [](const char* place, const char* clause, const char* purpose,
                          types::v1::Tlp tlp) {
    Label label;
    label.owner_unit = policy().FindUnit("parties/pol/units/pol-sth-syd-skarh");
    label.category = policy().FindInformationCategory("IKA_HANDELSE");
    label.cells = *policy().areas().CellsAt(place, kSigned);
    label.cells.set(kCityCell);
    label.tlp = tlp;
    return Explain(
        policy(),
        {.mandate = policy().MandatesOf("https://id.police.example skarh-kompol").empty()
                        ? policy().FindMandate("parties/pol/mandates/skarh-kompol")
                        : policy().MandatesOf("https://id.police.example skarh-kompol")[0],
         .recipient = policy().FindUnit("parties/sthlm-sdn-hal/units/sthlm-sdn-hal"),
         .purpose = policy().FindPurpose(purpose),
         .legal = policy().FindLegal("LB_NOT_SECRET_TESTED"),
         .clause = policy().FindClause(clause),
         .now = kSigned},
        label);
  };
  constexpr char kL2[] = "agreements/lok-hal-skarh/clauses/l2";
  EXPECT_TRUE(explain("areas/stadsdel-fruangen", kL2, "PUR_LAGESBILD", types::v1::TLP_AMBER)
                  .decision.allowed);
  EXPECT_EQ(explain("areas/stadsdel-fruangen", kL2, "PUR_LAGESBILD", types::v1::TLP_AMBER).remedy,
            "");
  EXPECT_EQ(
      explain("areas/stadsdel-fruangen", kL2, "PUR_KOMMUNIKATION", types::v1::TLP_AMBER).remedy_en,
      "The clause agreements/lok-hal-skarh/clauses/l2 permits the purposes PUR_LAGESBILD, "
      "PUR_ATGARDSPLAN.");
  EXPECT_EQ(explain("areas/stadsdel-fruangen", kL2, "PUR_LAGESBILD", types::v1::TLP_RED).remedy,
            "Klausulen agreements/lok-hal-skarh/clauses/l2 släpper igenom högst TLP:AMBER+STRICT "
            "och K2; ändra märkningen "
            "om innehållet medger det.");
  EXPECT_EQ(
      explain("areas/stadsdel-skarholmen", kL2, "PUR_LAGESBILD", types::v1::TLP_AMBER).remedy_en,
      "The place (areas/lpo-skarh, areas/sdo-skh, areas/stadsdel-skarholmen) lies outside the area "
      "of "
      "agreements/lok-hal-skarh/clauses/l2; choose a recipient whose agreement covers it.");
  EXPECT_EQ(explain("areas/stadsdel-skarholmen", "agreements/lok-skh-skarh/clauses/l2",
                    "PUR_LAGESBILD", types::v1::TLP_AMBER)
                .remedy_en,
            "The clause agreements/lok-skh-skarh/clauses/l2 does not reach "
            "parties/sthlm-sdn-hal/units/sthlm-sdn-hal; "
            "choose one of its recipients or another clause.");
}

}  // namespace
}  // namespace samverkan::access
