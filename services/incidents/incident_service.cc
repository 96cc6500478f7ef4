#include "services/incidents/incident_service.h"

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "services/base/error.h"
#include "services/rpc/publishing.h"

namespace samverkan::incidents {
namespace {

using Publishing = rpc::PublishingStream<v1::PublishIncidentsRequest, v1::PublishIncidentsResponse,
                                         v1::PublishResult>;
using Completed = absl::AnyInvocable<void(v1::PublishResult)>;

v1::PublishResult::Outcome OutcomeOf(bool source_change, bool replayed,
                                     const v1::Incident& incident) {
  if (replayed) return v1::PublishResult::OUTCOME_UNCHANGED;
  if (!source_change) return v1::PublishResult::OUTCOME_CREATED;
  if (incident.state() == v1::Incident::STATE_REJECTED) return v1::PublishResult::OUTCOME_REJECTED;
  return incident.state() == v1::Incident::STATE_SHARED ? v1::PublishResult::OUTCOME_TASK
                                                        : v1::PublishResult::OUTCOME_UPDATED;
}

v1::PublishResult ResultOf(int64_t sequence, const absl::Status& status) {
  v1::PublishResult result;
  result.set_sequence(sequence);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  result.set_reason(info.reason().empty() ? "UNAVAILABLE" : info.reason());
  result.set_message(std::string(status.message()));
  const auto name = info.metadata().find("name");
  if (name != info.metadata().end()) result.set_existing_name(name->second);
  return result;
}

template <typename Request>
void Run(const rpc::Unary<Request, v1::Incident>& unary, const rpc::Inbound& inbound,
         int64_t sequence, const Request& request, bool source_change, Completed done) {
  auto response = std::make_unique<v1::Incident>();
  v1::Incident& incident = *response;
  unary.Handle(inbound, request, incident,
               [sequence, source_change, response = std::move(response), done = std::move(done)](
                   absl::Status status, bool replayed) mutable {
                 if (!status.ok()) {
                   done(ResultOf(sequence, status));
                   return;
                 }
                 v1::PublishResult result;
                 result.set_sequence(sequence);
                 result.set_name(response->name());
                 result.set_outcome(OutcomeOf(source_change, replayed, *response));
                 done(std::move(result));
               });
}

}  // namespace

IncidentService::IncidentService(rpc::Gate& gate, IncidentHandlers& incidents,
                                 ReleaseHandlers& releases, DeliveryHandlers& deliveries)
    : create_(gate.Bind(incidents, &IncidentHandlers::PrepareCreate, &IncidentHandlers::Create,
                        &IncidentHandlers::Render)),
      get_(gate.Bind(incidents, &IncidentHandlers::Get)),
      list_(gate.Bind(incidents, &IncidentHandlers::List)),
      report_source_change_(gate.Bind(incidents, &IncidentHandlers::PrepareSourceChange,
                                      &IncidentHandlers::ReportSourceChange,
                                      &IncidentHandlers::Render)),
      assess_(gate.Bind(incidents, &IncidentHandlers::PrepareAssess, &IncidentHandlers::Assess,
                        &IncidentHandlers::Render)),
      reject_(gate.Bind(incidents, &IncidentHandlers::Reject, &IncidentHandlers::Render)),
      release_(gate.Bind(releases, &ReleaseHandlers::PrepareRelease, &ReleaseHandlers::Release,
                         &ReleaseHandlers::RenderRelease)),
      list_releases_(gate.Bind(releases, &ReleaseHandlers::List)),
      correct_(gate.Bind(releases, &ReleaseHandlers::PrepareCorrect, &ReleaseHandlers::Correct,
                         &ReleaseHandlers::RenderIncident)),
      retract_(gate.Bind(releases, &ReleaseHandlers::Retract, &ReleaseHandlers::RenderIncident)),
      get_delivery_(gate.Bind(deliveries, &DeliveryHandlers::Get)),
      list_deliveries_(gate.Bind(deliveries, &DeliveryHandlers::List)),
      acknowledge_(
          gate.Bind(deliveries, &DeliveryHandlers::Acknowledge, &DeliveryHandlers::Render)),
      gate_(gate),
      publish_(gate.BindStream(v1::PublishIncidentsRequest::descriptor())) {}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* IncidentService::PublishIncidents(
    grpc::CallbackServerContext* context) {
  // A stream lives longer than any call: each message gets the deadline of a call that names none.
  rpc::Inbound inbound = rpc::InboundOf(*context);
  inbound.deadline = absl::InfiniteFuture();
  inbound.paced = true;
  auto* const stream = new Publishing(
      [this, inbound](const v1::PublishIncidentsRequest& request, Completed done) {
        switch (request.act_case()) {
          case v1::PublishIncidentsRequest::kCreate:
            Run(create_, inbound, request.sequence(), request.create(), false, std::move(done));
            return;
          case v1::PublishIncidentsRequest::kSourceChange:
            Run(report_source_change_, inbound, request.sequence(), request.source_change(), true,
                std::move(done));
            return;
          default:
            done(ResultOf(request.sequence(), FieldInvalid("act", "is required")));
        }
      },
      {});
  // Nothing is read before the gate has let the stream in and its opening is recorded.
  const rpc::Gate::Dependencies& deps = gate_.dependencies();
  gate_.OpenStream(publish_, std::move(inbound), {},
                   [this, &deps, stream,
                    began = deps.clock.Now()](absl::StatusOr<std::unique_ptr<rpc::Call>> call) {
                     deps.observer.OnCall({.method = publish_,
                                           .status = call.status(),
                                           .latency = deps.clock.Now() - began,
                                           .party = call.ok() ? (*call)->party_name() : "",
                                           .internal_reason = {},
                                           .error_id = {}});
                     if (call.ok()) {
                       stream->Begin();
                     } else {
                       stream->Refuse(std::move(call).status());
                     }
                   });
  return stream;
}

}  // namespace samverkan::incidents
