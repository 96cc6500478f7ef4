#include "services/agreements/agreement.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/base/ed25519.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "services/base/random.h"
#include "services/journal/note.h"
#include "tests/support/stockholm.h"

namespace samverkan::agreements {
namespace {

using State = v1::Agreement::State;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);
const absl::Time kBegin = kNow + absl::Hours(24);
const absl::Time kEnd = kNow + absl::Hours(48);
constexpr absl::Duration kInstant = absl::Microseconds(1);
constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";

const access::Snapshot& Policy() {
  static const auto& policy = *new std::shared_ptr<const access::Snapshot>(
      *samverkan::testing::Stockholm(kNow - absl::Hours(24)).Compile());
  return *policy;
}

v1::AgreementContent Content() {
  v1::AgreementContent content;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      samverkan::testing::ReadFileOrDie("deploy/data/agreements/lok-hal-skarh.textproto"),
      &content));
  *content.mutable_valid_from_time() = ToProto(kBegin);
  *content.mutable_valid_to_time() = ToProto(kEnd);
  return content;
}

class StateTest : public ::testing::Test {
 protected:
  StateTest() { agreement_.content = Content(); }
  void Finalise() { agreement_.record.set_finalised(true); }
  void Sign(const char* unit) { agreement_.record.add_signatures()->set_unit(unit); }
  void SignByFounders() {
    Finalise();
    Sign(kDistrictUnit);
    Sign(kPoliceUnit);
  }
  v1::Suspension& Suspend(const char* party) {
    v1::Suspension& suspension = *agreement_.record.add_suspensions();
    suspension.set_party(party);
    *suspension.mutable_from_time() = ToProto(kBegin);
    return suspension;
  }
  State At(absl::Time now) const { return StateAt(agreement_, now); }

  Agreement agreement_;
};

TEST_F(StateTest, FollowsTheSignaturesOfAllFounders) {
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_DRAFT);
  Finalise();
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_FOR_SIGNATURE);
  Sign(kDistrictUnit);
  Sign("parties/sthlm-bolag-she/units/sthlm-bolag-she");
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_FOR_SIGNATURE) << "an acceding party is no founder";
  Sign(kPoliceUnit);
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_IN_FORCE);
}

TEST_F(StateTest, FollowsTime) {
  SignByFounders();
  EXPECT_EQ(At(kBegin - kInstant), v1::Agreement::STATE_SIGNED);
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_IN_FORCE);
  EXPECT_EQ(At(kEnd - kInstant), v1::Agreement::STATE_IN_FORCE);
  EXPECT_EQ(At(kEnd), v1::Agreement::STATE_EXPIRED);
}

TEST_F(StateTest, ANoticeEndsItEarlierAndNeverLater) {
  SignByFounders();
  const absl::Time notice = kBegin + absl::Hours(12);
  *agreement_.record.mutable_notice_end_time() = ToProto(notice);
  EXPECT_EQ(EndOf(agreement_), notice);
  EXPECT_EQ(At(notice - kInstant), v1::Agreement::STATE_NOTICE_GIVEN);
  EXPECT_EQ(At(notice), v1::Agreement::STATE_EXPIRED);
  *agreement_.record.mutable_notice_end_time() = ToProto(kEnd + absl::Hours(1));
  EXPECT_EQ(EndOf(agreement_), kEnd);
  EXPECT_EQ(At(kEnd), v1::Agreement::STATE_EXPIRED);
}

TEST_F(StateTest, IsSuspendedWhileAFoundersSuspensionOfTheWholeIsOpen) {
  SignByFounders();
  v1::Suspension& suspension = Suspend("parties/pol");
  EXPECT_EQ(At(kBegin - kInstant), v1::Agreement::STATE_SIGNED);
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_SUSPENDED);
  *suspension.mutable_to_time() = ToProto(kBegin + absl::Hours(1));
  EXPECT_EQ(At(kBegin + absl::Hours(1) - kInstant), v1::Agreement::STATE_SUSPENDED);
  EXPECT_EQ(At(kBegin + absl::Hours(1)), v1::Agreement::STATE_IN_FORCE);
  suspension.clear_to_time();
  EXPECT_EQ(At(kEnd), v1::Agreement::STATE_EXPIRED) << "what has ended is not suspended";
  suspension.add_clauses("l2");
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_IN_FORCE) << "some clauses are not the whole";
  Suspend("parties/sthlm-bolag-she");
  EXPECT_EQ(At(kBegin), v1::Agreement::STATE_IN_FORCE) << "nor is an acceding party's";
}

// The path at fault of the demo's agreement after a change; empty where it is good.
std::string FaultAfter(const std::function<void(v1::AgreementContent&)>& change) {
  v1::AgreementContent content = Content();
  change(content);
  const absl::Status status = CheckContent(Policy(), content);
  if (status.ok()) return "";
  EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_FIELD_INVALID);
  const google::rpc::BadRequest bad_request = BadRequestOf(status);
  return bad_request.field_violations(0).field();
}

TEST(AgreementContentTest, EachFaultIsToldWithItsPath) {
  using Content = v1::AgreementContent;
  EXPECT_EQ(FaultAfter([](Content&) {}), "");
  EXPECT_EQ(FaultAfter([](Content& c) { c.set_name("agreements/Stor"); }), "content.name");
  EXPECT_EQ(FaultAfter([](Content& c) { c.set_version(2); }), "content.version");
  EXPECT_EQ(FaultAfter([](Content& c) { c.clear_frame(); }), "content.frame");
  EXPECT_EQ(FaultAfter([](Content& c) { c.set_level(v1::Agreement::LEVEL_CENTRAL); }),
            "content.frame");
  EXPECT_EQ(FaultAfter([](Content& c) { *c.mutable_valid_to_time() = c.valid_from_time(); }),
            "content.valid_to_time");
  EXPECT_EQ(FaultAfter([](Content& c) { c.mutable_founding(1)->set_party("parties/none"); }),
            "content.founding[1].party");
  EXPECT_EQ(FaultAfter([](Content& c) { c.mutable_founding(1)->set_unit(kDistrictUnit); }),
            "content.founding[1].unit");
  EXPECT_EQ(FaultAfter([](Content& c) { *c.add_acceding() = c.founding(0); }), "content.acceding");
  EXPECT_EQ(FaultAfter([](Content& c) { c.mutable_clauses(1)->set_id("l1"); }), "content.clauses");
  EXPECT_EQ(FaultAfter([](Content& c) {
              while (c.clauses_size() < 101) *c.add_clauses() = c.clauses(0);
            }),
            "content.clauses");
}

TEST(AgreementContentTest, EachFaultOfAClauseIsToldWithItsPath) {
  const auto fault = [](const std::function<void(v1::Clause&)>& change) {
    return FaultAfter([&](v1::AgreementContent& c) { change(*c.mutable_clauses(1)); });
  };
  using Clause = v1::Clause;
  const std::string at = "content.clauses[1].";
  EXPECT_EQ(fault([](Clause& c) { c.set_id("L 2"); }), at + "id");
  EXPECT_EQ(fault([](Clause& c) { c.set_categories(0, "IKA_ALLT"); }), at + "categories[0]");
  EXPECT_EQ(fault([](Clause& c) { c.set_purposes(1, "PUR_ALLT"); }), at + "purposes[1]");
  EXPECT_EQ(fault([](Clause& c) { c.set_legal_positions(0, "LB_ALLT"); }),
            at + "legal_positions[0]");
  EXPECT_EQ(fault([](Clause& c) { c.clear_legal_positions(); }), at + "legal_positions");
  EXPECT_EQ(fault([](Clause& c) {
              c.clear_legal_positions();
              c.set_effect(v1::Clause::EFFECT_FORBID);
            }),
            "")
      << "a clause that forbids needs no ground";
  EXPECT_EQ(fault([](Clause& c) { c.mutable_flows(0)->mutable_to()->Clear(); }),
            at + "flows[0].to");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_flows(0)->mutable_from()->set_unit("parties/x"); }),
            at + "flows[0].from.unit");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_flows(0)->mutable_from()->set_group(""); }),
            at + "flows[0].from.group");
  EXPECT_EQ(fault([](Clause& c) { c.set_areas(0, "areas/sdo-hal"); }), at + "areas[0]")
      << "without its version";
  for (const auto& [level, path] : std::initializer_list<std::pair<int, const char*>>{
           {-1, "max_confidentiality"}, {4, "max_confidentiality"}}) {
    EXPECT_EQ(fault([level = level](Clause& c) { c.set_max_confidentiality(level); }), at + path);
  }
  EXPECT_EQ(fault([](Clause& c) { c.mutable_obligations()->clear_geo_precision(); }),
            at + "obligations.geo_precision");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_obligations()->clear_time_precision(); }),
            at + "obligations.time_precision");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_obligations()->clear_onward(); }),
            at + "obligations.onward");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_obligations()->set_delay_seconds(-1); }),
            at + "obligations.delay_seconds");
  EXPECT_EQ(fault([](Clause& c) { c.mutable_obligations()->set_min_count(-1); }),
            at + "obligations.min_count");
}

TEST(SigningTest, TheTextBindsNameVersionAndContent) {
  v1::AgreementContent content = Content();
  EXPECT_EQ(SigningText(content, std::string(3, 'a')),
            "samverkan-agreement/v1\nagreements/lok-hal-skarh\n1\nYWFh\n");
  EXPECT_NE(ContentHash("a"), ContentHash("b"));
  EXPECT_EQ(ContentHash("a").size(), 32);
}

TEST(SigningTest, AnyOfTheUnitsKeysMaySign) {
  SeededRandom random("agreement test");
  const auto first = Ed25519PrivateKey::Generate(random);
  const auto second = Ed25519PrivateKey::Generate(random);
  const auto verifier = [](const char* name, journal::NoteKeyType type,
                           const Ed25519PrivateKey& key) {
    return journal::NoteVerifier::Create(name, type, key.public_key())->ToString();
  };
  directory::v1::Unit unit;
  EXPECT_EQ(FindSigningKey(unit, "text", first.Sign("text")), std::nullopt);
  unit.add_signing_keys("not a key");
  unit.add_signing_keys(verifier("first", journal::NoteKeyType::kEd25519, first));
  unit.add_signing_keys(verifier("second", journal::NoteKeyType::kEd25519, second));
  EXPECT_EQ(FindSigningKey(unit, "text", first.Sign("text")), "first");
  EXPECT_EQ(FindSigningKey(unit, "text", second.Sign("text")), "second");
  EXPECT_EQ(FindSigningKey(unit, "text", second.Sign("text ")), std::nullopt);
  EXPECT_EQ(FindSigningKey(unit, "text", ""), std::nullopt);
  unit.clear_signing_keys();
  unit.add_signing_keys(verifier("witness", journal::NoteKeyType::kCosignatureV1, first));
  EXPECT_EQ(FindSigningKey(unit, "text", first.Sign("text")), std::nullopt)
      << "a witness's key signs no agreements";
}

TEST(RoleTest, APartyFoundsAccedesOrIsNone) {
  const v1::AgreementContent content = Content();
  EXPECT_EQ(RoleOf(content, "parties/pol"), Role::kFounding);
  EXPECT_EQ(RoleOf(content, "parties/sthlm-trk"), Role::kAcceding);
  EXPECT_EQ(RoleOf(content, "parties/sthlm-sdn-skn"), Role::kNone);
  EXPECT_EQ(SigningUnitOf(content, "parties/pol"), kPoliceUnit);
  EXPECT_EQ(SigningUnitOf(content, "parties/sthlm-sdn-skn"), "");
}

}  // namespace
}  // namespace samverkan::agreements
