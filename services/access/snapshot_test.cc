#include "services/access/snapshot.h"

#include <algorithm>
#include <functional>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/access/decide.h"
#include "services/access/explain.h"
#include "services/access/interval.h"
#include "services/base/proto_time.h"
#include "tests/support/access_world.h"

namespace samverkan::access {
namespace {

using samverkan::testing::World;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::Time At(const char* text) {
  absl::Time time;
  SV_CHECK(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr), "a time of a test parses");
  return time;
}

World ReadWorld() {
  return samverkan::testing::ParseWorld(
      samverkan::testing::ReadFileOrDie("tests/conformance/world.json"));
}

using Content = agreements::v1::AgreementContent;

// The world with one agreement's signed content changed.
World Changed(size_t agreement, const std::function<void(Content&, v1::AgreementPolicy&)>& change) {
  World world = ReadWorld();
  auto policy = std::make_shared<v1::AgreementPolicy>(*world.agreements[agreement]);
  Content content;
  content.ParseFromString(policy->content());
  change(content, *policy);
  policy->set_content(content.SerializeAsString());
  world.agreements[agreement] = policy;
  return world;
}

constexpr char kOtherUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr size_t kCen = 0;
constexpr size_t kHalSkarh = 1;

class SnapshotTest : public ::testing::Test {
 protected:
  UnitId Unit(const char* name) const { return policy_->FindUnit(name); }

  static constexpr char kSkarh[] = "parties/pol/units/pol-sth-syd-skarh";
  static constexpr char kHal[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
  const std::shared_ptr<const Snapshot> policy_ = *ReadWorld().Compile();
};

TEST_F(SnapshotTest, UnknownNamesGiveNone) {
  EXPECT_FALSE(policy_->FindParty("parties/x").valid());
  EXPECT_FALSE(policy_->FindUnit("").valid());
  EXPECT_FALSE(policy_->FindMandate("parties/pol/mandates/x").valid());
  EXPECT_FALSE(policy_->FindInformationCategory("HANDELSE").valid());
  EXPECT_FALSE(policy_->FindPurpose("PUR_X").valid());
  EXPECT_FALSE(policy_->FindLegal("LB_X").valid());
  EXPECT_FALSE(policy_->FindPermission("incidents.x").valid());
  EXPECT_EQ(policy_->FindIncidentCategory("INC_X"), nullptr);
  EXPECT_FALSE(policy_->FindClause("agreements/lok-hal-skarh/clauses/l99").has_value());
  EXPECT_FALSE(policy_->HasCode("INC", "PUR_LAGESBILD"));
  EXPECT_THAT(policy_->MandatesOf("nobody"), IsEmpty());
}

TEST_F(SnapshotTest, TheDirectoryIsThere) {
  EXPECT_EQ(policy_->party(policy_->unit(Unit(kSkarh)).party).name, "parties/pol");
  const IncidentCategory* counted = policy_->FindIncidentCategory("INC_VALD_NARA");
  ASSERT_NE(counted, nullptr);
  EXPECT_EQ(counted->form, directory::v1::Code::FORM_AGGREGATE);
  EXPECT_FALSE(policy_->FindIncidentCategory("EXT_NOTE")->information_category.valid());
  EXPECT_TRUE(policy_->FindIncidentCategory("INC_MIL_BELYS")->reportable);
  EXPECT_TRUE(policy_->HasCode("PUR", "PUR_LAGESBILD"));
  const auto mandates = policy_->MandatesOf("https://id.example hal-ended");
  ASSERT_EQ(mandates.size(), 1) << "ended ones included";
  EXPECT_EQ(policy_->mandate(mandates[0]).function, "FN_TRYGGSAM");
}

TEST_F(SnapshotTest, AReportSlotTakesItsOwnPartyAlwaysAndOthersByAClause) {
  const UnitId field = Unit("parties/sthlm-sdn-hal/units/sthlm-sdn-hal-falt");
  const UnitId caretakers = Unit("parties/sthlm-bolag-she/units/sthlm-bolag-she-bovard");
  EXPECT_TRUE(policy_->SlotOpen(Unit(kHal), field, At("2020-01-01T00:00:00Z")));
  EXPECT_FALSE(policy_->SlotOpen(Unit(kHal), caretakers, At("2026-03-01T11:59:59Z")));
  EXPECT_TRUE(policy_->SlotOpen(Unit(kHal), caretakers, At("2026-03-01T12:00:00Z")));
  EXPECT_FALSE(policy_->SlotOpen(Unit(kHal), caretakers, At("2026-06-10T00:00:00Z")))
      << "suspended by the company";
  EXPECT_FALSE(policy_->SlotOpen(Unit(kHal), Unit(kSkarh), At("2026-04-01T00:00:00Z")));
  EXPECT_EQ(policy_->ReportSlot(Unit(kSkarh), field), nullptr);
}

TEST_F(SnapshotTest, OpenPairsFollowSignaturesAndSuspensions) {
  const uint32_t l3 = *policy_->FindClause("agreements/lok-hal-skarh/clauses/l3");
  const auto open = [&](const char* at) { return policy_->OpenPairs(l3, At(at)).size(); };
  EXPECT_EQ(open("2026-03-01T11:59:59Z"), 0);
  EXPECT_EQ(open("2026-03-01T12:00:00Z"), 2);
  EXPECT_EQ(open("2026-05-03T00:00:00Z"), 0);
  EXPECT_EQ(open("2026-05-08T00:00:00Z"), 2);
  EXPECT_EQ(open("2026-06-10T00:00:00Z"), 0);
  const uint32_t frame = *policy_->FindClause("agreements/cen/clauses/f1");
  EXPECT_THAT(policy_->OpenPairs(frame, At("2026-04-01T00:00:00Z")), IsEmpty());
}

TEST_F(SnapshotTest, EdgesComeOneAfterTheOther) {
  EXPECT_EQ(policy_->NextEdge(At("2026-03-15T00:00:00Z")), At("2026-05-01T00:00:00Z"));
  EXPECT_EQ(policy_->NextEdge(At("2026-05-01T00:00:00Z")), At("2026-05-08T00:00:00Z"));
  EXPECT_EQ(policy_->NextEdge(At("2030-01-01T00:00:00Z")), absl::InfiniteFuture());
  for (absl::Time edge = absl::InfinitePast(); edge < absl::InfiniteFuture();) {
    const absl::Time next = policy_->NextEdge(edge);
    EXPECT_GT(next, edge);
    edge = next;
  }
}

TEST(SnapshotCompileTest, AnAgreementThatDoesNotResolveIsInactiveAndTheOthersAreNot) {
  const auto problem = [](const std::function<void(Content&, v1::AgreementPolicy&)>& change) {
    const auto policy = *Changed(kHalSkarh, change).Compile();
    EXPECT_FALSE(policy->FindClause("agreements/lok-hal-skarh/clauses/l2").has_value());
    EXPECT_TRUE(policy->FindClause("agreements/lok-hal-globe/clauses/l2").has_value());
    return policy->problems().empty() ? std::string() : policy->problems()[0];
  };
  const auto in_clause = [&](const std::function<void(agreements::v1::Clause&)>& change) {
    return problem(
        [&](Content& content, v1::AgreementPolicy&) { change(*content.mutable_clauses(1)); });
  };
  EXPECT_THAT(in_clause([](auto& c) { c.set_categories(0, "IKA_X"); }),
              HasSubstr("agreements/lok-hal-skarh@1: clauses[1].categories: unknown code IKA_X"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_categories(); }),
              HasSubstr("clauses[1].categories: is empty"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_purposes(); }), HasSubstr("clauses[1].purposes"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_legal_positions(); }),
              HasSubstr("clauses[1].legal_positions"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_flows(); }), HasSubstr("clauses[1].flows"));
  EXPECT_THAT(in_clause([](auto& c) { c.set_areas(0, "areas/sdo-hal"); }),
              HasSubstr("clauses[1].areas"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_effect(); }), HasSubstr("clauses[1].effect"));
  EXPECT_THAT(in_clause([](auto& c) { c.clear_max_tlp(); }), HasSubstr("clauses[1].max_tlp"));
  EXPECT_THAT(in_clause([](auto& c) { c.set_max_confidentiality(4); }),
              HasSubstr("clauses[1].max_confidentiality"));
  EXPECT_THAT(in_clause([](auto& c) { c.mutable_obligations()->set_delay_seconds(-1); }),
              HasSubstr("clauses[1].obligations"));
  EXPECT_THAT(in_clause([](auto& c) { c.set_id("l1"); }), HasSubstr("clauses[1].id"));
  EXPECT_THAT(in_clause([](auto& c) { c.mutable_flows(0)->mutable_to()->set_group("ALLA"); }),
              HasSubstr("unknown group"));
  EXPECT_THAT(
      in_clause([](auto& c) {
        c.mutable_flows(0)->mutable_to()->set_unit("parties/sthlm-sdn-skh/units/sthlm-sdn-skh");
      }),
      HasSubstr("belongs to no party of the agreement"));
  EXPECT_THAT(problem([](Content& c, auto&) { c.clear_frame(); }),
              HasSubstr("frame: is for the levels"));
  EXPECT_THAT(problem([](Content& c, auto&) { c.mutable_valid_to_time()->set_seconds(0); }),
              HasSubstr("valid_to_time"));
  EXPECT_THAT(problem([](Content& c, auto&) { c.mutable_founding(0)->set_party("parties/x"); }),
              HasSubstr("unknown party"));
  EXPECT_THAT(problem([](Content& c, auto&) { *c.add_acceding() = c.founding(0); }),
              HasSubstr("stands there twice"));
  EXPECT_THAT(problem([](auto&, v1::AgreementPolicy& p) {
                p.mutable_suspensions(0)->set_party("parties/sthlm-ks");
              }),
              HasSubstr("which is no party to it"));
  EXPECT_THAT(
      problem([](auto&, v1::AgreementPolicy& p) { p.mutable_suspensions(0)->add_clauses("l99"); }),
      HasSubstr("unknown clause l99"));
}

TEST(SnapshotCompileTest, ADirectoryThatDoesNotResolveFails) {
  const auto error = [](const std::function<void(directory::v1::DirectoryBundle&)>& change) {
    World world = ReadWorld();
    change(*world.directory);
    const auto policy = world.Compile();
    return policy.ok() ? std::string("compiled") : std::string(policy.status().message());
  };
  EXPECT_THAT(error([](auto& d) { *d.add_parties() = d.parties(0); }),
              HasSubstr("parties/pol: is given twice"));
  EXPECT_THAT(error([](auto& d) { *d.add_units() = d.units(0); }), HasSubstr("is given twice"));
  EXPECT_THAT(error([](auto& d) { d.mutable_units(0)->set_name("parties/x/units/y"); }),
              HasSubstr("belongs to no party"));
  EXPECT_THAT(error([](auto& d) { *d.add_codes() = d.codes(0); }),
              HasSubstr("is given twice in list"));
  EXPECT_THAT(error([](auto& d) { d.mutable_mandates(0)->set_unit(kOtherUnit); }),
              HasSubstr("on a unit of another party"));
  EXPECT_THAT(error([](auto& d) { d.mutable_mandates(0)->set_function("FN_X"); }),
              HasSubstr("unknown function"));
  EXPECT_THAT(error([](auto& d) { d.mutable_mandates(0)->set_areas(0, "areas/sdo-hli"); }),
              HasSubstr("no area while it is valid"));
  EXPECT_THAT(error([](auto& d) {
                d.mutable_mandates(6)->set_deputy_for("parties/pol/mandates/skarh-kompol");
              }),
              HasSubstr("no mandate of its unit"));
  EXPECT_THAT(error([](auto& d) {
                for (int i = 0; i < 64; ++i) {
                  auto& code = *d.add_codes();
                  code.set_list("PUR");
                  code.set_code(absl::StrCat("PUR_", i));
                }
              }),
              HasSubstr("one more than the 64"));
}

// Decisions over a world as one string, for comparing two policies that should decide alike.
std::string Fingerprint(const Snapshot& policy, absl::Time now, size_t* allowed = nullptr) {
  std::string text;
  for (const auto& mandate : policy.input().directory->mandates()) {
    for (size_t unit = 0; unit < policy.units().size(); ++unit) {
      for (uint16_t category = 0; category < 10; ++category) {
        const MandateId id = policy.FindMandate(mandate.name());
        Label label;
        label.owner_unit = policy.mandate(id).unit;
        label.owner_party = policy.unit(label.owner_unit).party;
        label.category = CategoryId{category};
        label.cells = *policy.areas().CellsOfVersion("areas/stadsdel-fruangen@2015-01-01");
        label.cells.set(kCityCell);
        label.tlp = types::v1::TLP_CLEAR;
        const DisclosureRequest request{
            .mandate = id, .recipient = UnitId{static_cast<uint16_t>(unit)}, .now = now};
        const Decision decision = DecideDisclosure(policy, request, label);
        EXPECT_EQ(decision.allowed, decision.reason == errors::v1::ERROR_REASON_UNSPECIFIED);
        EXPECT_EQ(Explain(policy, request, label).remedy.empty(), decision.allowed);
        absl::StrAppend(&text, decision.allowed, decision.reason,
                        absl::ToUnixMicros(decision.not_after));
        for (size_t i = 0; i < decision.citation_count; ++i) {
          absl::StrAppend(&text, policy.clause(decision.citations[i].clause).name);
        }
        if (allowed != nullptr) *allowed += decision.allowed ? 1 : 0;
      }
    }
  }
  return text;
}

const absl::Time kApril = At("2026-04-01T12:00:00Z");

TEST(PolicyLawsTest, TheOrderOfAgreementsAndClausesAndUnrelatedOnesDoNotMatter) {
  const World world = ReadWorld();
  size_t allowed = 0;
  const std::string expected = Fingerprint(**world.Compile(), kApril, &allowed);
  EXPECT_GT(allowed, 20);
  World shuffled = world;
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(shuffled.agreements.begin(), shuffled.agreements.end(), random);
    EXPECT_EQ(Fingerprint(**shuffled.Compile(), kApril), expected);
  }
  World more = world;
  auto unsigned_one = std::make_shared<v1::AgreementPolicy>(*world.agreements[kCen]);
  Content content;
  content.ParseFromString(unsigned_one->content());
  content.set_name("agreements/annan");
  unsigned_one->set_content(content.SerializeAsString());
  unsigned_one->clear_signatures();
  more.agreements.push_back(unsigned_one);
  size_t still = 0;
  Fingerprint(**more.Compile(), kApril, &still);
  EXPECT_EQ(still, allowed);
}

TEST(PolicyLawsTest, AddingAForbidNeverAllows) {
  size_t before = 0;
  Fingerprint(**ReadWorld().Compile(), kApril, &before);
  for (int clause = 4; clause < 7; ++clause) {
    const World world = Changed(kCen, [clause](Content& content, auto&) {
      agreements::v1::Clause forbid = content.clauses(clause);
      forbid.set_id("x9");
      forbid.set_effect(agreements::v1::Clause::EFFECT_FORBID);
      *content.add_clauses() = forbid;
    });
    size_t after = 0;
    Fingerprint(**world.Compile(), kApril, &after);
    EXPECT_LT(after, before) << "clause " << clause << " is forbidden now";
  }
}

TEST(PolicyLawsTest, NothingIsAllowedWithoutSignaturesOrAfterTheEndOfTime) {
  World world = ReadWorld();
  for (auto& agreement : world.agreements) {
    auto bare = std::make_shared<v1::AgreementPolicy>(*agreement);
    bare->mutable_signatures()->RemoveLast();
    while (bare->signatures_size() > 1) bare->mutable_signatures()->RemoveLast();
    agreement = bare;
  }
  size_t allowed = 0;
  Fingerprint(**world.Compile(), kApril, &allowed);
  EXPECT_EQ(allowed, 0);
  const auto policy = *ReadWorld().Compile();
  for (const char* at : {"2025-12-31T00:00:00Z", "2030-01-01T00:00:00Z", "2038-01-19T03:14:08Z",
                         "9999-12-31T23:59:59Z"}) {
    Fingerprint(*policy, At(at), &allowed);
  }
  for (absl::Time at : {absl::InfinitePast(), absl::InfiniteFuture(), absl::UnixEpoch()})
    Fingerprint(*policy, at, &allowed);
  EXPECT_EQ(allowed, 0);
}

TEST(PolicyLawsTest, EveryEdgeIsHalfOpen) {
  const auto policy = *ReadWorld().Compile();
  for (absl::Time edge = policy->NextEdge(absl::InfinitePast()); edge < absl::InfiniteFuture();
       edge = policy->NextEdge(edge)) {
    for (uint32_t clause = 0; clause < 10; ++clause) {
      const auto at = policy->OpenPairs(clause, edge).size();
      EXPECT_EQ(policy->OpenPairs(clause, edge + absl::Microseconds(1)).size(), at);
      const absl::Time next = policy->NextEdge(edge);
      if (next < absl::InfiniteFuture()) {
        EXPECT_EQ(policy->OpenPairs(clause, next - absl::Microseconds(1)).size(), at);
      }
    }
  }
}

TEST(PolicyLawsTest, ANewVersionEndsTheOneBefore) {
  World world = ReadWorld();
  auto next = std::make_shared<v1::AgreementPolicy>(*world.agreements[kHalSkarh]);
  Content content;
  content.ParseFromString(next->content());
  content.set_version(2);
  *content.mutable_valid_from_time() = ToProto(At("2026-04-10T00:00:00Z"));
  content.mutable_clauses(1)->set_max_tlp(types::v1::TLP_GREEN);
  next->set_content(content.SerializeAsString());
  next->clear_suspensions();
  world.agreements.push_back(next);
  const auto policy = *world.Compile();
  const std::optional<uint32_t> newest = policy->FindClause("agreements/lok-hal-skarh/clauses/l2");
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(policy->clause(*newest).version, 2);
  for (const auto& [at, version] :
       {std::pair(At("2026-04-09T23:59:59Z"), 1), std::pair(At("2026-04-10T00:00:00Z"), 2)}) {
    Label label;
    label.owner_unit = policy->FindUnit("parties/pol/units/pol-sth-syd-skarh");
    label.category = policy->FindInformationCategory("IKA_HANDELSE");
    label.cells = *policy->areas().CellsAt("areas/stadsdel-fruangen", at);
    label.tlp = types::v1::TLP_CLEAR;
    const Decision decision = DecideDisclosure(
        *policy,
        {.mandate = policy->FindMandate("parties/pol/mandates/skarh-kompol"),
         .recipient = policy->FindUnit("parties/sthlm-sdn-hal/units/sthlm-sdn-hal"),
         .clause = newest,
         .now = at},
        label);
    ASSERT_EQ(decision.citation_count, 1);
    EXPECT_EQ(policy->clause(decision.citations[0].clause).version, version);
  }
}

TEST(IntervalTest, SetsBehave) {
  const auto set = [](std::vector<std::pair<int, int>> ends) {
    std::vector<Interval> intervals;
    for (auto [from, to] : ends)
      intervals.push_back({absl::FromUnixSeconds(from), absl::FromUnixSeconds(to)});
    return Normalise(intervals);
  };
  EXPECT_EQ(set({{5, 7}, {1, 3}, {3, 4}, {6, 9}, {2, 2}, {8, 3}}), set({{1, 4}, {5, 9}}));
  EXPECT_EQ(Intersect(set({{1, 4}, {5, 9}}), set({{3, 6}, {8, 12}})),
            set({{3, 4}, {5, 6}, {8, 9}}));
  EXPECT_EQ(Subtract(set({{1, 10}}), set({{0, 2}, {3, 4}, {9, 20}})), set({{2, 3}, {4, 9}}));
  EXPECT_EQ(Subtract(set({{1, 10}}), set({})), set({{1, 10}}));
  EXPECT_EQ(Union(set({{1, 2}}), set({{2, 3}, {5, 6}})), set({{1, 3}, {5, 6}}));
  const IntervalSet some = set({{1, 4}, {5, 9}});
  EXPECT_EQ(AtOrAfter(some, absl::FromUnixSeconds(3)), &some[0]);
  EXPECT_EQ(AtOrAfter(some, absl::FromUnixSeconds(4)), &some[1]);
  EXPECT_EQ(AtOrAfter(some, absl::FromUnixSeconds(9)), nullptr);
}

}  // namespace
}  // namespace samverkan::access
