#include "services/agreements/agreement_handlers.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/agreements/access_notices.h"
#include "services/agreements/migrations.h"
#include "services/base/ed25519.h"
#include "services/base/error.h"
#include "services/base/proto_time.h"
#include "services/journal/note.h"
#include "tests/support/handler_world.h"

namespace samverkan::agreements {
namespace {

using errors::v1::ErrorReason;
using journal::AccessChange;
using journal::ChangeKind;
using ::samverkan::testing::HandlerWorld;
using ::samverkan::testing::ReadFileOrDie;
using ::samverkan::testing::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Agreement;

constexpr char kName[] = "agreements/lok-hal-skarh";
constexpr char kDistrict[] = "parties/sthlm-sdn-hal";
constexpr char kDistrictUnit[] = "parties/sthlm-sdn-hal/units/sthlm-sdn-hal";
constexpr char kPoliceUnit[] = "parties/pol/units/pol-sth-syd-skarh";
constexpr char kCompanyUnit[] = "parties/sthlm-bolag-she/units/sthlm-bolag-she";
constexpr absl::Time kNow = storage::TemporaryDatabase::kStart;
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kInstant = absl::Milliseconds(1);

Ed25519PrivateKey KeyOf(absl::string_view unit) {
  SeededRandom random(absl::StrCat("key of ", unit));
  return Ed25519PrivateKey::Generate(random);
}

// The local agreement is yet to be drafted, and the units that sign it have keys.
void LeaveItToTheParties(World& world) {
  std::erase_if(world.agreements, [](const auto& policy) {
    v1::AgreementContent content;
    content.ParseFromString(policy->content());
    return content.name() == kName;
  });
  for (directory::v1::Unit& unit : *world.directory->mutable_units()) {
    if (unit.name() != kDistrictUnit && unit.name() != kPoliceUnit && unit.name() != kCompanyUnit)
      continue;
    const auto verifier = journal::NoteVerifier::Create("test-key", journal::NoteKeyType::kEd25519,
                                                        KeyOf(unit.name()).public_key());
    unit.add_signing_keys(verifier->ToString());
  }
}

class AgreementHandlersTest : public ::testing::Test {
 protected:
  using Caller = HandlerWorld::Caller;
  using Result = absl::StatusOr<Agreement>;

  // Valid from tomorrow for a month.
  static v1::AgreementContent Content() {
    v1::AgreementContent content;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        ReadFileOrDie("deploy/data/agreements/lok-hal-skarh.textproto"), &content));
    *content.mutable_valid_from_time() = ToProto(kNow + kDay);
    *content.mutable_valid_to_time() = ToProto(kNow + 31 * kDay);
    return content;
  }

  Result Create(const Caller& caller, const v1::AgreementContent& content) {
    v1::CreateAgreementRequest request;
    *request.mutable_content() = content;
    return world_.Write(caller, "", [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Create(call, tx, request);
    });
  }
  Result Finalise() {
    return world_.Write(drafter_, kName, [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Finalise(call, tx, v1::FinaliseAgreementRequest());
    });
  }
  // Signs what the hub says is to be signed, by the key of this unit.
  Result Sign(const Caller& caller, absl::string_view key_of) {
    const Agreement agreement = Get();
    v1::SignAgreementRequest request;
    request.set_content_hash(agreement.content_hash());
    request.set_signature(
        KeyOf(key_of).Sign(SigningText(agreement.content(), agreement.content_hash())));
    return Sign(caller, request);
  }
  Result Sign(const Caller& caller, const v1::SignAgreementRequest& request) {
    return world_.Write(caller, kName, [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Sign(call, tx, request);
    });
  }
  Result Suspend(const Caller& caller, const std::vector<std::string>& clauses = {}) {
    v1::SuspendAgreementRequest request;
    request.set_reason("Prövas.");
    *request.mutable_clauses() = {clauses.begin(), clauses.end()};
    return world_.Write(caller, kName, [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Suspend(call, tx, request);
    });
  }
  Result Resume(const Caller& caller) {
    return world_.Write(caller, kName, [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Resume(call, tx, v1::ResumeAgreementRequest());
    });
  }
  Result Terminate(const Caller& caller, absl::Time end) {
    v1::TerminateAgreementRequest request;
    *request.mutable_end_time() = ToProto(end);
    return world_.Write(caller, kName, [&](rpc::Call& call, storage::WriteTx& tx) {
      return handlers_.Terminate(call, tx, request);
    });
  }
  Agreement Get() {
    const auto agreement = world_.Read(drafter_, kName, [&](rpc::Call& call, storage::ReadTx& tx) {
      return handlers_.Get(call, tx, v1::GetAgreementRequest());
    });
    EXPECT_TRUE(agreement.ok()) << agreement.status();
    return *agreement;
  }
  Agreement::State State() { return Get().state(); }

  void Draft() { ASSERT_TRUE(Create(drafter_, Content()).ok()); }
  void SignByBoth() {
    Draft();
    ASSERT_TRUE(Finalise().ok());
    ASSERT_TRUE(Sign(director_, kDistrictUnit).ok());
    ASSERT_TRUE(Sign(chief_, kPoliceUnit).ok());
  }
  void BringIntoForce() {
    SignByBoth();
    world_.clock().Set(kNow + 2 * kDay);
  }
  // Behind what was just written: transactions are told apart by microseconds while the clock
  // stands.
  absl::Time Now() { return world_.clock().Now() + absl::Microseconds(100); }
  // Whether clause l2 lets anything through from the police to the district now.
  bool IsOpen() {
    const auto policy = world_.snapshot();
    const std::optional<uint32_t> clause = policy->FindClause(absl::StrCat(kName, "/clauses/l2"));
    return clause && !policy->OpenPairs(*clause, Now()).empty();
  }
  // "ended SUSPENDED l2 parties/…" for each notice since the last call, of clause l2 alone.
  std::vector<std::string> Notices() {
    std::vector<std::string> notices;
    for (const journal::EntryPtr& entry : world_.Changes(read_to_)) {
      read_to_ = entry->position;
      const auto change = AccessChange::Decode(entry->aux);
      if (!change.ok() || change->clause != absl::StrCat(kName, "/clauses/l2")) continue;
      for (const journal::ChangeTarget& target : entry->targets) {
        notices.push_back(entry->kind == ChangeKind::kAccessEnded
                              ? absl::StrCat("ended ", change->reason, " ", target.unit)
                              : absl::StrCat("begun ", target.unit));
      }
    }
    return notices;
  }
  static ErrorReason Reason(const Result& result) { return ReasonOf(result.status()); }
  static std::string FieldOf(const Result& result) {
    const google::rpc::BadRequest bad_request = BadRequestOf(result.status());
    return bad_request.field_violations().empty() ? "" : bad_request.field_violations(0).field();
  }

  HandlerWorld world_{{.migrations = AgreementsMigrations(), .change = LeaveItToTheParties}};
  const AgreementStore store_{world_.objects()};
  journal::Timers timers_{world_.database(), world_.clock()};
  AgreementHandlers handlers_{
      {world_.objects(), store_, world_.policy(), world_.changes(), timers_, world_.pager()}};
  const Caller drafter_{"hal-tryggsam"};
  const Caller director_{"hal-sddir"};
  const Caller chief_{"skarh-lpochef"};
  const Caller company_{"she-teckn"};
  int64_t read_to_ = 0;
};

constexpr ErrorReason kState = errors::v1::ERROR_REASON_STATE_OR_EMBARGO;
constexpr ErrorReason kApproval = errors::v1::ERROR_REASON_APPROVAL_MISSING;
constexpr ErrorReason kNoMandate = errors::v1::ERROR_REASON_NO_MANDATE;

TEST_F(AgreementHandlersTest, ADraftIsKeptForItsParties) {
  const auto draft = Create(drafter_, Content());
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->state(), Agreement::STATE_DRAFT);
  EXPECT_THAT(draft->content_hash(), IsEmpty()) << "nothing to sign yet";
  EXPECT_EQ(world_.left().kind, audit::v1::Record::KIND_AGREEMENT);
  EXPECT_THAT(world_.left().side_records, SizeIs(4)) << "every other party's log tells of it";
  EXPECT_THAT(world_.Find(kName)->parties,
              ElementsAre(kDistrict, "parties/pol", "parties/sthlm-bolag-she", "parties/sthlm-trk",
                          "parties/regsth-tf"));
  EXPECT_EQ(FieldOf(Create(drafter_, Content())), "content.name") << "taken";
  EXPECT_FALSE(IsOpen());
}

TEST_F(AgreementHandlersTest, NobodyDraftsForOthersAlone) {
  EXPECT_EQ(FieldOf(Create({"skn-tryggsam"}, Content())), "content.founding");
}

TEST_F(AgreementHandlersTest, ListsShowAPartyItsOwn) {
  Draft();
  const auto list = [&](const Caller& caller) {
    return world_
        .Read(caller, "",
              [&](rpc::Call& call, storage::ReadTx& tx) {
                return handlers_.List(call, tx, v1::ListAgreementsRequest());
              })
        ->agreements_size();
  };
  EXPECT_EQ(list(drafter_), 1);
  EXPECT_EQ(list(company_), 1) << "invited to join";
  EXPECT_EQ(list({"skn-tryggsam"}), 0);
}

TEST_F(AgreementHandlersTest, WhatIsFinalisedIsFrozenAndHashed) {
  Draft();
  const auto finalised = Finalise();
  ASSERT_TRUE(finalised.ok()) << finalised.status();
  EXPECT_EQ(finalised->state(), Agreement::STATE_FOR_SIGNATURE);
  EXPECT_THAT(finalised->content_hash(), SizeIs(32));
  EXPECT_EQ(Reason(Finalise()), kState);
}

TEST_F(AgreementHandlersTest, WhatGoesBeyondItsFrameIsNotFinalised) {
  v1::AgreementContent content = Content();
  content.mutable_clauses(1)->set_max_tlp(types::v1::TLP_RED);
  ASSERT_TRUE(Create(drafter_, content).ok()) << "a draft may still be wrong";
  const auto refused = Finalise();
  EXPECT_EQ(Reason(refused), errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE);
  const google::rpc::ErrorInfo info = ErrorInfoOf(refused.status());
  EXPECT_EQ(info.metadata().at("clause"), "l2");
  EXPECT_EQ(info.metadata().at("limit"), "max_tlp");
  EXPECT_EQ(State(), Agreement::STATE_DRAFT);
}

TEST_F(AgreementHandlersTest, ItIsInForceWhenAllFoundersHaveSignedAndItsTimeHasCome) {
  Draft();
  EXPECT_EQ(Reason(Sign(director_, kDistrictUnit)), kState) << "not frozen yet";
  ASSERT_TRUE(Finalise().ok());
  ASSERT_TRUE(Sign(director_, kDistrictUnit).ok());
  EXPECT_EQ(State(), Agreement::STATE_FOR_SIGNATURE);
  const auto last = Sign(chief_, kPoliceUnit);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->state(), Agreement::STATE_SIGNED);
  ASSERT_EQ(last->signatures_size(), 2);
  EXPECT_EQ(last->signatures(1).unit(), kPoliceUnit);
  EXPECT_EQ(last->signatures(1).function(), "FN_LPOCHEF");
  EXPECT_EQ(last->signatures(1).key_name(), "test-key");
  world_.clock().Set(kNow + kDay - kInstant);
  EXPECT_FALSE(IsOpen());
  world_.clock().Set(kNow + kDay);
  EXPECT_EQ(State(), Agreement::STATE_IN_FORCE);
  EXPECT_TRUE(IsOpen());
  world_.clock().Set(kNow + 31 * kDay - kInstant);
  EXPECT_TRUE(IsOpen());
  world_.clock().Set(kNow + 31 * kDay);
  EXPECT_EQ(State(), Agreement::STATE_EXPIRED);
  EXPECT_FALSE(IsOpen());
}

TEST_F(AgreementHandlersTest, ASignatureIsByTheUnitsKeyOverTheTextThatStands) {
  Draft();
  ASSERT_TRUE(Finalise().ok());
  const Agreement agreement = Get();
  EXPECT_EQ(Reason(Sign(director_, kPoliceUnit)), kApproval) << "another unit's key";
  EXPECT_EQ(Reason(Sign({"hal-rapp"}, kDistrictUnit)), kNoMandate) << "another unit of the party";
  EXPECT_EQ(Reason(Sign({"globe-lpochef"}, kPoliceUnit)), kNoMandate);
  v1::SignAgreementRequest request;
  request.set_content_hash(std::string(32, 'x'));
  request.set_signature(
      KeyOf(kDistrictUnit).Sign(SigningText(agreement.content(), request.content_hash())));
  EXPECT_EQ(Reason(Sign(director_, request)), kApproval) << "another content";
  request.set_content_hash(agreement.content_hash());
  EXPECT_EQ(Reason(Sign(director_, request)), kApproval) << "a signature over another content";
  request.set_signature(KeyOf(kDistrictUnit).Sign(agreement.content_hash()));
  EXPECT_EQ(Reason(Sign(director_, request)), kApproval) << "a signature over the bare hash";
  EXPECT_THAT(Get().signatures(), IsEmpty());
  ASSERT_TRUE(Sign(director_, kDistrictUnit).ok());
  EXPECT_EQ(Reason(Sign(director_, kDistrictUnit)), kState) << "signed already";
}

TEST_F(AgreementHandlersTest, AnAccedingPartyJoinsByItsOwnSignature) {
  BringIntoForce();
  const auto policy_pairs = [&] {
    const auto policy = world_.snapshot();
    return policy->OpenPairs(*policy->FindClause(absl::StrCat(kName, "/clauses/l10")), Now())
        .size();
  };
  EXPECT_EQ(policy_pairs(), 0);
  const auto joined = Sign(company_, kCompanyUnit);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->state(), Agreement::STATE_IN_FORCE);
  EXPECT_EQ(policy_pairs(), 1);
}

TEST_F(AgreementHandlersTest, TheLastSignatureTellsWhoeverReceivesFromThenOn) {
  v1::AgreementContent content = Content();
  *content.mutable_valid_from_time() = ToProto(kNow - absl::Hours(1));
  ASSERT_TRUE(Create(drafter_, content).ok());
  ASSERT_TRUE(Finalise().ok());
  ASSERT_TRUE(Sign(director_, kDistrictUnit).ok());
  EXPECT_THAT(Notices(), IsEmpty());
  ASSERT_TRUE(Sign(chief_, kPoliceUnit).ok());
  EXPECT_THAT(Notices(), ElementsAre(absl::StrCat("begun ", kDistrictUnit)));
}

TEST_F(AgreementHandlersTest, AFoundersSuspensionClosesAllAtOnceUntilItIsLifted) {
  BringIntoForce();
  EXPECT_EQ(Reason(Resume(director_)), kState) << "nothing to resume";
  Notices();
  ASSERT_TRUE(Suspend(director_).ok());
  EXPECT_EQ(State(), Agreement::STATE_SUSPENDED);
  EXPECT_FALSE(IsOpen());
  EXPECT_THAT(Notices(), ElementsAre(absl::StrCat("ended SUSPENDED ", kDistrictUnit)));
  EXPECT_EQ(Reason(Resume(chief_)), kState) << "each lifts its own";
  world_.clock().Advance(kDay);
  const auto resumed = Resume(director_);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(resumed->state(), Agreement::STATE_IN_FORCE);
  EXPECT_TRUE(resumed->suspensions(0).has_to_time());
  EXPECT_TRUE(IsOpen());
  EXPECT_THAT(Notices(), ElementsAre(absl::StrCat("begun ", kDistrictUnit)));
}

TEST_F(AgreementHandlersTest, BothFoundersSuspensionsMustBeLifted) {
  BringIntoForce();
  ASSERT_TRUE(Suspend(director_).ok());
  ASSERT_TRUE(Suspend(chief_).ok());
  ASSERT_TRUE(Resume(director_).ok());
  EXPECT_FALSE(IsOpen());
  EXPECT_EQ(State(), Agreement::STATE_SUSPENDED);
  ASSERT_TRUE(Resume(chief_).ok());
  EXPECT_TRUE(IsOpen());
}

TEST_F(AgreementHandlersTest, SomeClausesMayBeSuspendedAlone) {
  BringIntoForce();
  EXPECT_EQ(FieldOf(Suspend(director_, {"l1", "l99"})), "clauses[1]");
  ASSERT_TRUE(Suspend(director_, {"l1"}).ok());
  EXPECT_EQ(State(), Agreement::STATE_IN_FORCE);
  EXPECT_TRUE(IsOpen());
  ASSERT_TRUE(Suspend(director_, {"l2"}).ok());
  EXPECT_FALSE(IsOpen());
}

TEST_F(AgreementHandlersTest, AnAccedingPartyStopsOnlyWhatIsItsOwn) {
  BringIntoForce();
  ASSERT_TRUE(Sign(company_, kCompanyUnit).ok());
  ASSERT_TRUE(Suspend(company_).ok());
  EXPECT_EQ(State(), Agreement::STATE_IN_FORCE);
  EXPECT_TRUE(IsOpen());
  const auto policy = world_.snapshot();
  EXPECT_THAT(policy->OpenPairs(*policy->FindClause(absl::StrCat(kName, "/clauses/l10")), Now()),
              IsEmpty());
}

TEST_F(AgreementHandlersTest, OnlyWhatIsInForceIsSuspendedAndByItsSigningUnit) {
  SignByBoth();
  EXPECT_EQ(Reason(Suspend(director_)), kState) << "signed and not yet valid";
  world_.clock().Set(kNow + kDay);
  EXPECT_EQ(Reason(Suspend({"globe-lpochef"})), kNoMandate);
  EXPECT_TRUE(Suspend(director_).ok());
  world_.clock().Set(kNow + 31 * kDay);
  EXPECT_EQ(Reason(Suspend(director_)), kState) << "expired";
}

TEST_F(AgreementHandlersTest, ANoticeOnlyShortens) {
  BringIntoForce();
  const absl::Time now = world_.clock().Now();
  EXPECT_EQ(FieldOf(Terminate(director_, now - kInstant)), "end_time");
  EXPECT_EQ(FieldOf(Terminate(director_, kNow + 31 * kDay + kInstant)), "end_time");
  ASSERT_TRUE(Sign(company_, kCompanyUnit).ok());
  EXPECT_EQ(Reason(Terminate(company_, now + kDay)), kNoMandate) << "an acceding party's";
  const auto notice = Terminate(director_, now + 3 * kDay);
  ASSERT_TRUE(notice.ok()) << notice.status();
  EXPECT_EQ(notice->state(), Agreement::STATE_NOTICE_GIVEN);
  EXPECT_EQ(Reason(Terminate(chief_, now + kDay)), kState);
  world_.clock().Set(now + 3 * kDay - kInstant);
  EXPECT_TRUE(IsOpen());
  world_.clock().Set(now + 3 * kDay);
  EXPECT_FALSE(IsOpen());
  EXPECT_EQ(State(), Agreement::STATE_EXPIRED);
}

TEST_F(AgreementHandlersTest, ANoticeIsNotTakenBackThroughASuspension) {
  BringIntoForce();
  const absl::Time now = world_.clock().Now();
  ASSERT_TRUE(Terminate(director_, now + 3 * kDay).ok());
  ASSERT_TRUE(Suspend(chief_).ok());
  EXPECT_EQ(FieldOf(Terminate(chief_, now + 4 * kDay)), "end_time");
  EXPECT_TRUE(Terminate(chief_, now + 2 * kDay).ok());
  world_.clock().Set(now + 2 * kDay);
  EXPECT_EQ(State(), Agreement::STATE_EXPIRED);
}

// The timer makes the notice; access followed from the time alone.
class AgreementTimerTest : public AgreementHandlersTest {
 protected:
  // Fires what is due now and waits for its notice of clause l2.
  std::vector<std::string> FireAt(absl::Time now) {
    world_.clock().Set(now);
    std::vector<std::string> notices;
    absl::Mutex mutex;
    int published = 0;
    world_.ring().Listen([&] {
      absl::MutexLock lock(&mutex);
      ++published;
    });
    timers_.Start();
    while (notices.empty()) {
      absl::MutexLock lock(&mutex);
      const auto any = [&] { return published > 0; };
      mutex.Await(absl::Condition(&any));
      published = 0;
      notices = Notices();
    }
    timers_.Stop();
    world_.ring().Listen(nullptr);
    return notices;
  }
};

TEST_F(AgreementTimerTest, WhatBeginsByTimeIsTold) {
  SignByBoth();
  Notices();
  EXPECT_THAT(FireAt(kNow + kDay), ElementsAre(absl::StrCat("begun ", kDistrictUnit)));
}

TEST_F(AgreementTimerTest, WhatExpiresIsTold) {
  v1::AgreementContent content = Content();
  *content.mutable_valid_from_time() = ToProto(kNow);
  ASSERT_TRUE(Create(drafter_, content).ok());
  ASSERT_TRUE(Finalise().ok());
  ASSERT_TRUE(Sign(director_, kDistrictUnit).ok());
  ASSERT_TRUE(Sign(chief_, kPoliceUnit).ok());
  Notices();
  EXPECT_THAT(FireAt(kNow + 31 * kDay), ElementsAre(absl::StrCat("ended EXPIRED ", kDistrictUnit)));
}

TEST_F(AgreementTimerTest, WhatANoticeEndsIsTold) {
  BringIntoForce();
  ASSERT_TRUE(Terminate(director_, kNow + 5 * kDay).ok());
  Notices();
  EXPECT_THAT(FireAt(kNow + 5 * kDay),
              ElementsAre(absl::StrCat("ended TERMINATED ", kDistrictUnit)));
}

class ExplainTest : public AgreementHandlersTest {
 protected:
  ExplainTest() {
    access::Object item;
    item.kind = access::ObjectKind::kIncident;
    item.name = "parties/pol/incidents/6f1c0f0e-3f0b-4d0e-9d5a-0a4b5c6d7e8f";
    item.owner_unit = kPoliceUnit;
    item.owner_party = "parties/pol";
    item.category = "IKA_HANDELSE";
    item.cells = {"areas/city", "areas/stadsdel-fruangen"};
    item.tlp = types::v1::TLP_AMBER;
    EXPECT_TRUE(storage::WriteAndWait(world_.database(), [&](storage::WriteTx& tx) -> absl::Status {
                  SV_ASSIGN_OR_RETURN(item.id, world_.objects().NextId(tx));
                  return world_.objects().Insert(tx, item);
                }).ok());
    item_ = item.name;
    request_.set_recipient(kDistrictUnit);
  }
  absl::StatusOr<v1::ExplainReleaseResponse> Explain() {
    return world_.Read({"skarh-kompol"}, item_, [&](rpc::Call& call, storage::ReadTx& tx) {
      return handlers_.Explain(call, tx, request_);
    });
  }

  std::string item_;
  v1::ExplainReleaseRequest request_;
};

TEST_F(ExplainTest, SaysWhyAndUntilWhen) {
  const auto before = Explain();
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_FALSE(before->allowed());
  EXPECT_EQ(before->reason(), "CATEGORY_NOT_COVERED") << "by the central clauses";
  EXPECT_FALSE(before->has_nearest()) << "none of them is about it";
  EXPECT_FALSE(before->remedy().empty());
  EXPECT_FALSE(before->remedy_en().empty());
  BringIntoForce();
  const auto now = Explain();
  EXPECT_TRUE(now->allowed());
  EXPECT_EQ(now->citations(0).clause(), absl::StrCat(kName, "/clauses/l2"));
  EXPECT_EQ(now->obligations().geo_precision(), types::v1::GEO_PRECISION_PLACE);
  EXPECT_EQ(FromProto(now->not_after_time()), kNow + 31 * kDay);
  *request_.mutable_at_time() = ToProto(kNow + 31 * kDay);
  EXPECT_FALSE(Explain()->allowed()) << "asked of another instant";
}

}  // namespace
}  // namespace samverkan::agreements
