#include "services/rpc/permit.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "services/base/uuid.h"
#include "tests/support/handler_world.h"

namespace samverkan::rpc {
namespace {

using access::Object;
using access::ObjectKind;
using access::Principal;
using access::PrincipalKind;
using errors::v1::ErrorReason;
using ::samverkan::testing::HandlerWorld;
using ::samverkan::testing::World;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ErrorReason kAllowed = errors::v1::ERROR_REASON_UNSPECIFIED;
constexpr ErrorReason kHidden = errors::v1::ERROR_REASON_NOT_FOUND;
constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";
constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kTryggsam[] = "parties/sthlm-sdn-hal/mandates/hal-tryggsam";
constexpr char kSecond[] = "parties/sthlm-sdn-hal/mandates/hal-second";
constexpr absl::Time kNow = storage::TemporaryDatabase::kStart;
constexpr absl::Duration kInstant = absl::Microseconds(1);

// The coordinator holds a second mandate on Tuesday.
void GiveSecondMandate(World& world) {
  directory::v1::Mandate second;
  for (const auto& mandate : world.directory->mandates()) {
    if (mandate.name() == kTryggsam) second = mandate;
  }
  second.set_name(kSecond);
  *second.mutable_valid_from_time() = ToProto(kNow + absl::Hours(24));
  *second.mutable_valid_to_time() = ToProto(kNow + absl::Hours(48));
  *world.directory->add_mandates() = second;
}

class PermitTest : public ::testing::Test {
 protected:
  Principal HolderOf(const std::string& mandate) const {
    Principal principal;
    for (const auto& entry : policy_->input().directory->mandates()) {
      if (entry.name() == mandate) principal.holder = entry.holder();
    }
    principal.party = mandate.substr(0, mandate.find("/mandates"));
    principal.kind = PrincipalKind::kPerson;
    principal.assurance = 3;
    principal.authenticated_at = kNow;
    return principal;
  }
  // The mandate that a call acts by; empty where it is refused.
  std::string Resolve(const Principal& principal, absl::string_view named, absl::Time now) {
    const auto mandate = ResolveMandate(*policy_, principal, named, now);
    refusal_ = mandate.status();
    if (mandate.ok()) return policy_->mandate(*mandate).name;
    EXPECT_EQ(ReasonOf(refusal_), errors::v1::ERROR_REASON_NO_MANDATE);
    return "";
  }

  template <typename Request>
  Method MethodOf() const {
    return *MethodOfRequest(Request::descriptor());
  }
  template <typename Request>
  ErrorReason CheckAs(const Principal& principal, absl::string_view mandate,
                      const std::string& purpose = "") {
    Inbound inbound;
    inbound.purpose = purpose;
    return ReasonOf(CheckCaller(*policy_, principal, policy_->FindMandate(mandate), inbound,
                                MethodOf<Request>(), kNow));
  }

  Object Insert(Object object) {
    const absl::Status stored =
        storage::WriteAndWait(world_.database(), [&](storage::WriteTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(object.id, world_.objects().NextId(tx));
          return world_.objects().Insert(tx, object);
        });
    EXPECT_TRUE(stored.ok()) << stored;
    return object;
  }
  Object Item(const std::string& unit, const std::string& area) {
    Object object;
    object.owner_unit = unit;
    object.owner_party = unit.substr(0, unit.find("/units"));
    object.name =
        absl::StrCat(object.owner_party, "/incidents/", Uuid::Random(world_.random()).ToString());
    object.category = "IKA_HANDELSE";
    object.cells = {"areas/city", area};
    return Insert(object);
  }

  template <typename Request>
  PermitOutcome Ask(absl::string_view mandate, const Request& request) {
    const std::string name = world_.MandateName(mandate);
    PermitOutcome outcome;
    const absl::Status status =
        world_.database().Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
          SV_ASSIGN_OR_RETURN(
              outcome, Permit(tx, world_.objects(), *policy_, HolderOf(name),
                              policy_->FindMandate(name), Inbound(), MethodOf<Request>(), request));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return outcome;
  }
  template <typename Request>
  PermitOutcome AskNamed(absl::string_view mandate, const std::string& name) {
    Request request;
    request.set_name(name);
    return Ask(mandate, request);
  }
  template <typename Request>
  PermitOutcome AskUnder(absl::string_view mandate, const std::string& parent) {
    Request request;
    request.set_parent(parent);
    return Ask(mandate, request);
  }

  HandlerWorld world_{{.change = GiveSecondMandate}};
  const std::shared_ptr<const access::Snapshot> policy_ = world_.snapshot();
  absl::Status refusal_;
};

TEST_F(PermitTest, TheSoleMandateIsTheDefaultWhileItIsTheSoleOne) {
  const Principal holder = HolderOf(kTryggsam);
  const absl::Time begin = kNow + absl::Hours(24);
  const absl::Time end = kNow + absl::Hours(48);
  EXPECT_EQ(Resolve(holder, "", begin - kInstant), kTryggsam);
  EXPECT_EQ(Resolve(holder, "", begin), "");
  EXPECT_THAT(ErrorInfoOf(refusal_).metadata().at("mandates"),
              AllOf(HasSubstr(kTryggsam), HasSubstr(kSecond)));
  EXPECT_EQ(Resolve(holder, "", end - kInstant), "");
  EXPECT_EQ(Resolve(holder, "", end), kTryggsam);
}

TEST_F(PermitTest, ANamedMandateIsTheHoldersAndValid) {
  const Principal holder = HolderOf(kTryggsam);
  const absl::Time begin = kNow + absl::Hours(24);
  EXPECT_EQ(Resolve(holder, kTryggsam, begin), kTryggsam);
  EXPECT_EQ(Resolve(holder, kSecond, begin), kSecond);
  EXPECT_EQ(Resolve(holder, kSecond, begin - kInstant), "") << "not yet";
  EXPECT_EQ(Resolve(holder, kSecond, begin + absl::Hours(24)), "") << "no longer";
  EXPECT_EQ(Resolve(holder, "parties/sthlm-sdn-hal/mandates/hal-sddir", begin), "")
      << "a colleague's";
  EXPECT_EQ(Resolve(holder, "parties/sthlm-sdn-hal/mandates/none", begin), "");
}

TEST_F(PermitTest, AMandateOfAnotherPartyThanTheSignInsCountsForNothing) {
  Principal holder = HolderOf(kTryggsam);
  holder.party = "parties/pol";
  EXPECT_EQ(Resolve(holder, "", kNow), "");
  holder.party = "";
  EXPECT_EQ(Resolve(holder, "", kNow), "") << "nor for the operator";
  EXPECT_EQ(Resolve(Principal(), "", kNow), "");
}

TEST_F(PermitTest, PeopleSignInStronglyEnough) {
  Principal person = HolderOf(kTryggsam);
  EXPECT_EQ(CheckAs<incidents::v1::GetIncidentRequest>(person, kTryggsam), kAllowed);
  person.assurance = 2;
  EXPECT_EQ(CheckAs<incidents::v1::GetIncidentRequest>(person, kTryggsam),
            errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
}

TEST_F(PermitTest, AReleaseNeedsASignInOfTheLastQuarterOfAnHour) {
  using incidents::v1::GetIncidentRequest;
  using incidents::v1::ReleaseIncidentRequest;
  Principal person = HolderOf(kTryggsam);
  person.authenticated_at = kNow - absl::Minutes(15);
  EXPECT_EQ(CheckAs<ReleaseIncidentRequest>(person, kTryggsam, "PUR_LAGESBILD"), kAllowed);
  person.authenticated_at -= kInstant;
  EXPECT_EQ(CheckAs<ReleaseIncidentRequest>(person, kTryggsam, "PUR_LAGESBILD"),
            errors::v1::ERROR_REASON_IDENTITY_INSUFFICIENT);
  EXPECT_EQ(CheckAs<GetIncidentRequest>(person, kTryggsam), kAllowed) << "reading does not";
  person.kind = PrincipalKind::kSystem;
  EXPECT_EQ(CheckAs<ReleaseIncidentRequest>(person, kTryggsam, "PUR_LAGESBILD"), kAllowed)
      << "systems do not sign in";
}

TEST_F(PermitTest, APurposeIsKnownAndNamedWhereItMust) {
  using incidents::v1::GetIncidentRequest;
  using incidents::v1::ReleaseIncidentRequest;
  const Principal person = HolderOf(kTryggsam);
  constexpr ErrorReason kRefused = errors::v1::ERROR_REASON_PURPOSE_NOT_PERMITTED;
  EXPECT_EQ(CheckAs<ReleaseIncidentRequest>(person, kTryggsam), kRefused);
  EXPECT_EQ(CheckAs<ReleaseIncidentRequest>(person, kTryggsam, "PUR_NYFIKEN"), kRefused);
  EXPECT_EQ(CheckAs<GetIncidentRequest>(person, kTryggsam, "PUR_NYFIKEN"), kRefused);
  EXPECT_EQ(CheckAs<GetIncidentRequest>(person, kTryggsam, "PUR_LAGESBILD"), kAllowed);
}

TEST_F(PermitTest, AFunctionNeedsThePermission) {
  const std::string reporter = world_.MandateName("hal-rapp");
  EXPECT_EQ(CheckAs<incidents::v1::CreateIncidentRequest>(HolderOf(reporter), reporter), kAllowed);
  EXPECT_EQ(CheckAs<incidents::v1::GetIncidentRequest>(HolderOf(reporter), reporter),
            errors::v1::ERROR_REASON_NO_MANDATE);
}

TEST_F(PermitTest, AnItemIsItsUnitsAlone) {
  using incidents::v1::GetIncidentRequest;
  const Object item = Item(kPoliceUnit, "areas/stadsdel-fruangen");
  const PermitOutcome own = AskNamed<GetIncidentRequest>("skarh-kompol", item.name);
  EXPECT_TRUE(own.status.ok()) << own.status;
  EXPECT_EQ(own.permitted.object.id, item.id);
  EXPECT_EQ(own.permitted.resource, item.name);
  EXPECT_FALSE(own.hidden.has_value());

  for (const char* outsider : {"globe-kompol", "pol-system", "hal-tryggsam"}) {
    const PermitOutcome other = AskNamed<GetIncidentRequest>(outsider, item.name);
    EXPECT_EQ(other.status, NotFound());
    EXPECT_EQ(other.permitted.object.id, 0);
    EXPECT_NE(other.permitted.resource, item.name);
    ASSERT_TRUE(other.hidden.has_value());
    EXPECT_EQ(other.hidden->name, item.name);
  }
  std::string absent = item.name;
  absent.back() = absent.back() == '0' ? '1' : '0';
  const PermitOutcome none = AskNamed<GetIncidentRequest>("skarh-kompol", absent);
  EXPECT_EQ(none.status, NotFound());
  EXPECT_FALSE(none.hidden.has_value());
}

TEST_F(PermitTest, TheMandatesAreaCountsOnlyForWhatTheCallerMayKnow) {
  using incidents::v1::GetIncidentRequest;
  const Object elsewhere = Item(kPoliceUnit, "areas/stadsdel-husby");
  EXPECT_EQ(ReasonOf(AskNamed<GetIncidentRequest>("skarh-kompol", elsewhere.name).status),
            errors::v1::ERROR_REASON_AREA_OUT_OF_SCOPE);
  EXPECT_EQ(ReasonOf(AskNamed<GetIncidentRequest>("globe-kompol", elsewhere.name).status), kHidden);
}

TEST_F(PermitTest, APartyReachesWhatItsOtherUnitsOwnWhereTheMethodSaysSo) {
  using incidents::v1::ReportSourceChangeRequest;
  const Object item = Item(kPoliceUnit, "areas/stadsdel-fruangen");
  EXPECT_TRUE(AskNamed<ReportSourceChangeRequest>("pol-system", item.name).status.ok());
  EXPECT_EQ(AskNamed<ReportSourceChangeRequest>("hal-tryggsam", item.name).status, NotFound());
}

TEST_F(PermitTest, AnAgreementIsItsParties) {
  using agreements::v1::GetAgreementRequest;
  Object agreement;
  agreement.kind = ObjectKind::kAgreement;
  agreement.name = "agreements/lok-hal-skarh";
  agreement.parties = {"parties/pol", "parties/sthlm-sdn-hal"};
  Insert(agreement);
  EXPECT_TRUE(AskNamed<GetAgreementRequest>("hal-tryggsam", agreement.name).status.ok());
  EXPECT_TRUE(AskNamed<GetAgreementRequest>("globe-kompol", agreement.name).status.ok());
  const PermitOutcome other = AskNamed<GetAgreementRequest>("skn-tryggsam", agreement.name);
  EXPECT_EQ(other.status, NotFound());
  ASSERT_TRUE(other.hidden.has_value());
  EXPECT_THAT(other.hidden->owner_party, IsEmpty())
      << "it is nobody's, so the hub keeps the record";
}

TEST_F(PermitTest, ALogIsItsPartys) {
  using audit::v1::GetCheckpointRequest;
  const PermitOutcome own = AskUnder<GetCheckpointRequest>("hal-dso", "parties/sthlm-sdn-hal");
  EXPECT_TRUE(own.status.ok()) << own.status;
  EXPECT_EQ(own.permitted.resource, "parties/sthlm-sdn-hal");
  const absl::Status other = AskUnder<GetCheckpointRequest>("hal-dso", "parties/pol").status;
  const absl::Status none = AskUnder<GetCheckpointRequest>("hal-dso", "parties/none").status;
  EXPECT_EQ(other, NotFound());
  EXPECT_EQ(other, none);
}

TEST_F(PermitTest, AReportSlotTakesWhatItsReportersHandInAndShowsThemNothing) {
  using incidents::v1::CreateIncidentRequest;
  using incidents::v1::ListDeliveriesRequest;
  using incidents::v1::ListIncidentsRequest;
  EXPECT_TRUE(AskUnder<CreateIncidentRequest>("hal-tryggsam", kDistrictUnit).status.ok());
  EXPECT_TRUE(AskUnder<CreateIncidentRequest>("she-rapp", kDistrictUnit).status.ok());
  const PermitOutcome stranger = AskUnder<CreateIncidentRequest>("skn-rapp", kDistrictUnit);
  EXPECT_EQ(stranger.status, NotFound());
  ASSERT_TRUE(stranger.hidden.has_value());
  EXPECT_EQ(stranger.hidden->owner_party, "parties/sthlm-sdn-hal");
  EXPECT_EQ(AskUnder<CreateIncidentRequest>("skn-rapp", "parties/pol/units/none").status,
            stranger.status);
  // A reporter with the right to read still does not read the slot.
  EXPECT_TRUE(AskUnder<ListIncidentsRequest>("hal-tryggsam", kDistrictUnit).status.ok());
  EXPECT_EQ(AskUnder<ListIncidentsRequest>("skarh-kompol", kDistrictUnit).status, NotFound());
  EXPECT_EQ(AskUnder<ListDeliveriesRequest>("skarh-kompol", kDistrictUnit).status, NotFound());
}

TEST_F(PermitTest, AReceivedCopyIsNoItemAndAUnitIsNone) {
  Object copy;
  copy.kind = ObjectKind::kDelivery;
  copy.owner_unit = kDistrictUnit;
  copy.owner_party = "parties/sthlm-sdn-hal";
  copy.name = absl::StrCat(kDistrictUnit, "/deliveries/", Uuid::Random(world_.random()).ToString());
  Insert(copy);
  EXPECT_TRUE(AskNamed<incidents::v1::GetDeliveryRequest>("hal-tryggsam", copy.name).status.ok());
  EXPECT_EQ(AskNamed<incidents::v1::GetIncidentRequest>("hal-tryggsam", copy.name).status,
            NotFound());
  EXPECT_EQ(AskUnder<incidents::v1::ListReleasesRequest>("hal-tryggsam", copy.name).status,
            NotFound());
  EXPECT_EQ(
      ReasonOf(AskNamed<incidents::v1::RetractIncidentRequest>("hal-tryggsam", copy.name).status),
      errors::v1::ERROR_REASON_ORIGINATOR_ONLY);
  EXPECT_EQ(AskNamed<incidents::v1::RetractIncidentRequest>("skn-tryggsam", copy.name).status,
            NotFound())
      << "only its holder learns that it is a copy";
  EXPECT_EQ(AskNamed<incidents::v1::GetIncidentRequest>("hal-tryggsam", kDistrictUnit).status,
            NotFound());
}

TEST_F(PermitTest, WhatIsAboutNothingIsAboutTheCallersUnit) {
  const PermitOutcome outcome = Ask("hal-tryggsam", agreements::v1::ListAgreementsRequest());
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.permitted.resource, kDistrictUnit);
  EXPECT_EQ(outcome.permitted.object.id, 0);
}

TEST_F(PermitTest, NamesThatAreNoNamesFindNothing) {
  using incidents::v1::GetIncidentRequest;
  using incidents::v1::ListIncidentsRequest;
  for (const char* name : {"", "/", "parties", "parties/", "parties//units/", "agreements/cen",
                           "parties/pol/units/pol-sth-syd-skarh/deliveries/x",
                           "parties/pol/incidents/1' OR '1'='1", "../../parties/pol"}) {
    EXPECT_EQ(AskNamed<GetIncidentRequest>("skarh-kompol", name).status, NotFound()) << name;
    EXPECT_EQ(AskUnder<ListIncidentsRequest>("skarh-kompol", name).status, NotFound()) << name;
  }
}

}  // namespace
}  // namespace samverkan::rpc
