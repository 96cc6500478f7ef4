#include "services/agreements/agreement_handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/access/explain.h"
#include "services/access/frame.h"
#include "services/agreements/access_notices.h"
#include "services/agreements/agreement_codec.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/proto_time.h"
#include "services/base/screening.h"
#include "services/base/status.h"

namespace samverkan::agreements {
namespace {

using access::Object;
using audit::v1::Record;
using rpc::Call;
using storage::ReadTx;
using storage::WriteTx;

absl::Status ApprovalMissing(absl::string_view why) {
  return Error(errors::v1::ERROR_REASON_APPROVAL_MISSING, why);
}

absl::Status BeyondFrame(const access::FrameProblem& problem) {
  return Error(errors::v1::ERROR_REASON_NO_CLAUSE_IN_FORCE,
               "A clause goes beyond the agreement's frame (R10).",
               {{"clause", problem.clause},
                {"limit", std::string(access::FrameLimitName(problem.limit))},
                {"from", problem.from},
                {"to", problem.to},
                {"category", problem.category},
                {"frame_clause", problem.frame_clause},
                {"detail", problem.detail}});
}

}  // namespace

AgreementHandlers::AgreementHandlers(const Dependencies& dependencies) : deps_(dependencies) {
  deps_.timers.Register(
      journal::TimerKind::kAgreement,
      [this](WriteTx& tx, const journal::DueTimer& timer) { return OnTimer(tx, timer); });
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Get(Call& call, ReadTx& tx,
                                                     const v1::GetAgreementRequest& request) {
  SV_ASSIGN_OR_RETURN(const Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  return ToProto(call.object(), agreement, tx.now());
}

absl::StatusOr<v1::ListAgreementsResponse> AgreementHandlers::List(
    Call& call, ReadTx& tx, const v1::ListAgreementsRequest& request) {
  SV_ASSIGN_OR_RETURN(const rpc::Page page, deps_.pager.Open(call, request));
  SV_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, deps_.agreements.List(tx, page.cursor));
  v1::ListAgreementsResponse response;
  for (const int64_t id : ids) {
    SV_ASSIGN_OR_RETURN(const std::optional<Object> object, deps_.objects.FindById(tx, id));
    if (!object) return absl::DataLossError("an agreement has no object");
    if (std::find(object->parties.begin(), object->parties.end(), call.party_name()) ==
        object->parties.end())
      continue;
    if (response.agreements_size() == page.size) {
      response.set_next_page_token(
          deps_.pager.Seal(call, request, response.agreements().rbegin()->name()));
      break;
    }
    SV_ASSIGN_OR_RETURN(const Agreement agreement, deps_.agreements.Load(tx, id));
    *response.add_agreements() = ToProto(*object, agreement, tx.now());
    call.AlsoAbout(object->name);
  }
  call.SetCount(response.agreements_size());
  return response;
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Create(Call& call, WriteTx& tx,
                                                        const v1::CreateAgreementRequest& request) {
  SV_RETURN_IF_ERROR(CheckContent(call.policy(), request.content()));
  if (RoleOf(request.content(), call.party_name()) == Role::kNone) {
    return FieldInvalid("content.founding", "must name your party, here or among the acceding");
  }
  SV_ASSIGN_OR_RETURN(const std::optional<Object> existing,
                      deps_.objects.Find(tx, request.content().name()));
  if (existing) return FieldInvalid("content.name", "is taken: choose another");
  Agreement agreement;
  agreement.content = request.content();
  agreement.record.set_content(request.content().SerializeAsString());
  Object object;
  object.kind = access::ObjectKind::kAgreement;
  object.name = request.content().name();
  object.parties = PartiesOf(request.content());
  object.revision = request.content().version();
  SV_RETURN_IF_ERROR(deps_.agreements.Insert(tx, object, agreement));
  return Save(call, tx, object, agreement);
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Save(Call& call, WriteTx& tx, Object object,
                                                      const Agreement& agreement) {
  object.state = StateAt(agreement, tx.now());
  SV_RETURN_IF_ERROR(deps_.agreements.Save(tx, object, agreement));
  call.SetKind(Record::KIND_AGREEMENT);
  call.SetResource(object.name);
  call.SetHash(ContentHash(agreement.record.content()));
  call.SetResult({.object_id = object.id, .revision = object.revision});
  for (const std::string& party : object.parties) {
    if (party != call.party_name()) call.AlsoRecord({party, Record::KIND_AGREEMENT, object.name});
  }
  return ToProto(object, agreement, tx.now());
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Finalise(
    Call& call, WriteTx& tx, const v1::FinaliseAgreementRequest& request) {
  SV_ASSIGN_OR_RETURN(Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  SV_RETURN_IF_ERROR(CheckState(agreement, tx.now(), {v1::Agreement::STATE_DRAFT}));
  SV_RETURN_IF_ERROR(CheckContent(call.policy(), agreement.content));
  const std::vector<access::FrameProblem> problems =
      access::CheckFrame(call.policy(), agreement.content);
  if (!problems.empty()) return BeyondFrame(problems.front());
  agreement.record.set_finalised(true);
  return Save(call, tx, call.object(), agreement);
}

absl::StatusOr<std::string> AgreementHandlers::SigningParty(const Call& call,
                                                            const Agreement& agreement) const {
  if (SigningUnitOf(agreement.content, call.party_name()) == call.unit_name())
    return call.party_name();
  return Error(errors::v1::ERROR_REASON_NO_MANDATE,
               "Another unit signs for your party in this agreement.",
               {{"unit", SigningUnitOf(agreement.content, call.party_name())}});
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Sign(Call& call, WriteTx& tx,
                                                      const v1::SignAgreementRequest& request) {
  SV_ASSIGN_OR_RETURN(Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  SV_ASSIGN_OR_RETURN(const std::string party, SigningParty(call, agreement));
  if (RoleOf(agreement.content, party) == Role::kFounding) {
    SV_RETURN_IF_ERROR(CheckState(agreement, tx.now(), {v1::Agreement::STATE_FOR_SIGNATURE}));
  } else {
    SV_RETURN_IF_ERROR(CheckState(agreement, tx.now(),
                                  {v1::Agreement::STATE_FOR_SIGNATURE, v1::Agreement::STATE_SIGNED,
                                   v1::Agreement::STATE_IN_FORCE}));
  }
  if (HasSigned(agreement, party))
    return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO, "Your party has signed already.");
  const std::string hash = ContentHash(agreement.record.content());
  if (request.content_hash() != hash)
    return ApprovalMissing("The content hash is another: read the agreement again.");
  const directory::v1::Unit* unit = call.policy().unit(call.unit()).source;
  const std::optional<std::string> key =
      FindSigningKey(*unit, SigningText(agreement.content, hash), request.signature());
  if (!key)
    return ApprovalMissing("The signature is not by a registered key of your unit over this text.");
  v1::Signature* signature = agreement.record.add_signatures();
  signature->set_unit(call.unit_name());
  signature->set_function(call.policy().mandate(call.mandate()).function);
  signature->set_key_name(*key);
  signature->set_signature(request.signature());
  *signature->mutable_sign_time() = ::samverkan::ToProto(tx.now());
  SV_RETURN_IF_ERROR(SetTimer(tx, agreement));
  return Enact(call, tx, agreement, "");
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Enact(Call& call, WriteTx& tx,
                                                       const Agreement& agreement,
                                                       const std::string& reason) {
  SV_ASSIGN_OR_RETURN(const auto after, deps_.policy.Save(tx, PolicyOf(agreement)));
  SV_RETURN_IF_ERROR(
      AppendAccessNotices(tx, deps_.changes, call.policy(), tx.now(), *after, tx.now(), reason));
  return Save(call, tx, call.object(), agreement);
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Suspend(
    Call& call, WriteTx& tx, const v1::SuspendAgreementRequest& request) {
  SV_RETURN_IF_ERROR(CheckText("reason", request.reason(), kReasonCodePointsMax));
  SV_RETURN_IF_ERROR(ScreenText("reason", request.reason()));
  SV_ASSIGN_OR_RETURN(Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  SV_ASSIGN_OR_RETURN(const std::string party, SigningParty(call, agreement));
  SV_RETURN_IF_ERROR(CheckState(agreement, tx.now(),
                                {v1::Agreement::STATE_IN_FORCE, v1::Agreement::STATE_NOTICE_GIVEN,
                                 v1::Agreement::STATE_SUSPENDED}));
  for (int i = 0; i < request.clauses_size(); ++i) {
    const auto& clauses = agreement.content.clauses();
    if (std::none_of(clauses.begin(), clauses.end(),
                     [&](const v1::Clause& clause) { return clause.id() == request.clauses(i); })) {
      return FieldInvalid(absl::StrCat("clauses[", i, "]"), "is no clause of this agreement");
    }
  }
  v1::Suspension* suspension = agreement.record.add_suspensions();
  suspension->set_party(party);
  *suspension->mutable_clauses() = request.clauses();
  *suspension->mutable_from_time() = ::samverkan::ToProto(tx.now());
  suspension->set_reason(request.reason());
  return Enact(call, tx, agreement, kSuspended);
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Resume(Call& call, WriteTx& tx,
                                                        const v1::ResumeAgreementRequest& request) {
  SV_ASSIGN_OR_RETURN(Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  SV_ASSIGN_OR_RETURN(const std::string party, SigningParty(call, agreement));
  bool ended = false;
  for (v1::Suspension& suspension : *agreement.record.mutable_suspensions()) {
    if (suspension.party() != party || suspension.has_to_time()) continue;
    *suspension.mutable_to_time() = ::samverkan::ToProto(tx.now());
    ended = true;
  }
  if (!ended)
    return Error(errors::v1::ERROR_REASON_STATE_OR_EMBARGO,
                 "Your party has no suspension open; each resumes its own.");
  return Enact(call, tx, agreement, "");
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Terminate(
    Call& call, WriteTx& tx, const v1::TerminateAgreementRequest& request) {
  SV_ASSIGN_OR_RETURN(Agreement agreement, deps_.agreements.Load(tx, call.object().id));
  SV_ASSIGN_OR_RETURN(const std::string party, SigningParty(call, agreement));
  if (RoleOf(agreement.content, party) != Role::kFounding) {
    return Error(errors::v1::ERROR_REASON_NO_MANDATE,
                 "Only a founding party gives notice of the whole agreement.");
  }
  SV_RETURN_IF_ERROR(CheckState(agreement, tx.now(),
                                {v1::Agreement::STATE_IN_FORCE, v1::Agreement::STATE_SUSPENDED}));
  const absl::Time end = FromProto(request.end_time());
  if (end < tx.now() || end > EndOf(agreement)) {
    return FieldInvalid("end_time",
                        "must lie between now and the end of validity or of an earlier notice");
  }
  *agreement.record.mutable_notice_end_time() = request.end_time();
  SV_RETURN_IF_ERROR(SetTimer(tx, agreement));
  return Enact(call, tx, agreement, kTerminated);
}

absl::Status AgreementHandlers::SetTimer(WriteTx& tx, const Agreement& agreement) {
  const absl::Time begin = FromProto(agreement.content.valid_from_time());
  const absl::Time due = tx.now() < begin ? begin : EndOf(agreement);
  return deps_.timers.Set(tx, journal::TimerKind::kAgreement, agreement.content.name(), due);
}

absl::Status AgreementHandlers::OnTimer(WriteTx& tx, const journal::DueTimer& timer) {
  SV_ASSIGN_OR_RETURN(std::optional<Object> object, deps_.objects.Find(tx, timer.name));
  if (!object) return absl::OkStatus();
  SV_ASSIGN_OR_RETURN(const Agreement agreement, deps_.agreements.Load(tx, object->id));
  const auto policy = deps_.policy.Current();
  // What the edge itself changed; what others changed since told its own.
  const absl::Duration instant = absl::Microseconds(1);
  const bool terminated = agreement.record.has_notice_end_time();
  SV_RETURN_IF_ERROR(AppendAccessNotices(tx, deps_.changes, *policy, timer.due - instant, *policy,
                                         timer.due, terminated ? kTerminated : kExpired));
  object->state = StateAt(agreement, tx.now());
  SV_RETURN_IF_ERROR(deps_.agreements.Save(tx, *object, agreement));
  if (timer.due < FromProto(agreement.content.valid_to_time()) && !terminated)
    return SetTimer(tx, agreement);
  return absl::OkStatus();
}

absl::StatusOr<v1::ExplainReleaseResponse> AgreementHandlers::Explain(
    Call& call, ReadTx& tx, const v1::ExplainReleaseRequest& request) {
  const access::Snapshot& policy = call.policy();
  access::DisclosureRequest asked{.mandate = call.mandate(),
                                  .recipient = policy.FindUnit(request.recipient()),
                                  .now = tx.now()};
  if (!asked.recipient.valid()) return FieldInvalid("recipient", "is no known unit");
  if (!request.clause().empty()) {
    asked.clause = policy.FindClause(request.clause());
    if (!asked.clause) return FieldInvalid("clause", "is no clause of a signed agreement");
  }
  if (!request.purpose().empty()) {
    asked.purpose = policy.FindPurpose(request.purpose());
    if (!asked.purpose.valid()) return FieldInvalid("purpose", "is no code of list PUR");
  }
  if (request.has_at_time()) asked.now = FromProto(request.at_time());
  return ToProto(policy, access::Explain(policy, asked, access::LabelOf(call.object(), policy)));
}

absl::StatusOr<v1::Agreement> AgreementHandlers::Render(Call& call, ReadTx& tx,
                                                        const rpc::Replay& replay) {
  SV_ASSIGN_OR_RETURN(const std::optional<Object> object,
                      deps_.objects.FindById(tx, replay.object_id));
  if (!object) return absl::DataLossError("a repeat names no object");
  SV_ASSIGN_OR_RETURN(const Agreement agreement, deps_.agreements.Load(tx, object->id));
  call.SetResource(object->name);
  return ToProto(*object, agreement, tx.now());
}

}  // namespace samverkan::agreements
