#include "services/agreements/agreement_codec.h"

#include "services/base/error.h"
#include "services/base/proto_time.h"

namespace samverkan::agreements {
namespace {

types::v1::Citation CitationOf(const access::Snapshot& policy, access::ClauseCitation cited) {
  const access::CompiledClause& clause = policy.clause(cited.clause);
  types::v1::Citation citation;
  citation.set_clause(clause.name);
  citation.set_version(clause.version);
  return citation;
}

}  // namespace

v1::Agreement ToProto(const access::Object& object, const Agreement& agreement, absl::Time now) {
  v1::Agreement proto;
  proto.set_name(object.name);
  *proto.mutable_content() = agreement.content;
  proto.set_state(StateAt(agreement, now));
  if (agreement.record.finalised()) proto.set_content_hash(ContentHash(agreement.record.content()));
  *proto.mutable_signatures() = agreement.record.signatures();
  *proto.mutable_suspensions() = agreement.record.suspensions();
  if (agreement.record.has_notice_end_time())
    *proto.mutable_notice_end_time() = agreement.record.notice_end_time();
  proto.set_etag(access::EtagOf(object));
  return proto;
}

v1::ExplainReleaseResponse ToProto(const access::Snapshot& policy,
                                   const access::Explanation& explanation) {
  const access::Decision& decision = explanation.decision;
  v1::ExplainReleaseResponse response;
  response.set_allowed(decision.allowed);
  if (!decision.allowed) response.set_reason(ReasonName(decision.reason));
  for (size_t i = 0; i < decision.citation_count; ++i)
    *response.add_citations() = CitationOf(policy, decision.citations[i]);
  if (decision.nearest) *response.mutable_nearest() = CitationOf(policy, *decision.nearest);
  if (decision.allowed) {
    types::v1::Obligations& obligations = *response.mutable_obligations();
    obligations.set_geo_precision(decision.obligations.geo_precision);
    obligations.set_time_precision(decision.obligations.time_precision);
    obligations.set_delay_seconds(decision.obligations.delay_seconds);
    obligations.set_min_count(decision.obligations.min_count);
    obligations.set_onward(decision.obligations.onward);
  }
  if (decision.not_after < absl::InfiniteFuture())
    *response.mutable_not_after_time() = ::samverkan::ToProto(decision.not_after);
  response.set_remedy(explanation.remedy);
  response.set_remedy_en(explanation.remedy_en);
  return response;
}

}  // namespace samverkan::agreements
