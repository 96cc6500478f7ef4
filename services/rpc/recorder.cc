#include "services/rpc/recorder.h"

#include <string>
#include <utility>

#include "services/base/crypto.h"
#include "services/base/error.h"
#include "services/base/status.h"

namespace samverkan::rpc {
namespace {

using audit::v1::Record;

constexpr size_t kRefSize = 16;
constexpr char kHubTree[] = "";

void AddRelated(Record& record, const journal::Ref& ref) {
  record.add_related_refs(ref.data(), ref.size());
}

std::string Ref(const Hash& hash) {
  return std::string(AsBytes(hash).substr(0, kRefSize));
}

}  // namespace

Record Recorder::Base(const Call& call) const {
  Record record;
  record.set_actor_party(call.principal_.party);
  record.set_method(call.method_);
  record.set_purpose(call.purpose_);
  record.set_actor_ref(call.actor_ref_);
  if (call.mandate_.valid()) {
    const access::CompiledMandate& mandate = call.policy_->mandate(call.mandate_);
    record.set_actor_unit(call.policy_->unit(mandate.unit).name);
    record.set_actor_function(mandate.function);
    record.set_mandate(mandate.name);
  }
  record.set_request_ref(call.request_ref_);
  return record;
}

void Recorder::NoteCaller(Call& call) const {
  call.actor_ref_ =
      Ref(HmacSha256(keys_.AuditRefKey(call.principal_.party), call.principal_.holder));
}

absl::Status Recorder::Allowed(storage::WriteTx& tx, const Call& call,
                               Record::Kind default_kind) const {
  Record record = Base(call);
  record.set_kind(call.kind_ == Record::KIND_UNSPECIFIED ? default_kind : call.kind_);
  record.set_resource(call.resource_);
  record.set_revision(call.result_.revision);
  record.set_count(call.count_);
  record.set_hash(call.hash_);
  for (const auto& [clause, version] : call.citations_) {
    auto* citation = record.add_citations();
    citation->set_clause(clause);
    citation->set_version(version);
  }
  for (const journal::Ref& ref : call.related_) AddRelated(record, ref);
  if (call.side_records_.empty()) return log_.Append(tx, call.principal_.party, std::move(record));
  SV_RETURN_IF_ERROR(log_.Append(tx, call.principal_.party, record));
  for (const SideRecord& side : call.side_records_) {
    Record other = record;
    other.set_kind(side.kind);
    other.set_resource(side.resource);
    other.clear_related_refs();
    if (!side.about.empty()) AddRelated(other, journal::RefOfName(side.about));
    other.clear_mandate();
    other.clear_actor_ref();
    other.clear_request_ref();
    SV_RETURN_IF_ERROR(log_.Append(tx, side.party, std::move(other)));
  }
  return absl::OkStatus();
}

absl::Status Recorder::Refused(storage::WriteTx& tx, const Call& call, const absl::Status& why,
                               absl::string_view typed_name, const access::Object* hidden) const {
  Record record = Base(call);
  record.set_kind(Record::KIND_REFUSED);
  record.set_reason(ErrorInfoOf(why).reason());
  if (ReasonOf(why) != errors::v1::ERROR_REASON_NOT_FOUND) {
    record.set_resource(call.resource_);
    return log_.Append(tx, call.principal_.party, std::move(record));
  }
  record.set_typed_ref(Ref(HmacSha256(keys_.AuditRefKey(call.principal_.party), typed_name)));
  SV_RETURN_IF_ERROR(log_.Append(tx, call.principal_.party, record));
  Record outsider;
  outsider.set_kind(Record::KIND_OUTSIDER_REFUSED);
  outsider.set_actor_party(record.actor_party());
  outsider.set_actor_function(record.actor_function());
  outsider.set_method(record.method());
  outsider.set_resource(hidden != nullptr ? hidden->name : "");
  outsider.set_reason(record.reason());
  const bool has_owner = hidden != nullptr && !hidden->owner_party.empty();
  return log_.Append(tx, has_owner ? hidden->owner_party : kHubTree, std::move(outsider));
}

}  // namespace samverkan::rpc
