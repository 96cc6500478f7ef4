#pragma once

#include "samverkan/incidents/v1/incidents.grpc.pb.h"
#include "services/incidents/delivery_handlers.h"
#include "services/incidents/incident_handlers.h"
#include "services/incidents/release_handlers.h"
#include "services/rpc/unary.h"

namespace samverkan::incidents {

// IncidentService as gRPC calls it: the publishing stream's messages come as bytes, all others
// parsed. One layer a line.
// clang-format off
template <typename Base>
using WithParsedMethods =
    v1::IncidentService::WithCallbackMethod_CreateIncident<
    v1::IncidentService::WithCallbackMethod_GetIncident<
    v1::IncidentService::WithCallbackMethod_ListIncidents<
    v1::IncidentService::WithCallbackMethod_ReportSourceChange<
    v1::IncidentService::WithCallbackMethod_AssessIncident<
    v1::IncidentService::WithCallbackMethod_RejectIncident<
    v1::IncidentService::WithCallbackMethod_ReleaseIncident<
    v1::IncidentService::WithCallbackMethod_ListReleases<
    v1::IncidentService::WithCallbackMethod_CorrectIncident<
    v1::IncidentService::WithCallbackMethod_RetractIncident<
    v1::IncidentService::WithCallbackMethod_GetDelivery<
    v1::IncidentService::WithCallbackMethod_ListDeliveries<
    v1::IncidentService::WithCallbackMethod_AcknowledgeDelivery<
    Base>>>>>>>>>>>>>;
// clang-format on
using WithRawPublishing =
    v1::IncidentService::WithRawCallbackMethod_PublishIncidents<v1::IncidentService::Service>;

// IncidentService on the wire: every method, and every message of the publishing stream, passes the
// gate.
class IncidentService final : public WithParsedMethods<WithRawPublishing> {
 public:
  IncidentService(rpc::Gate& gate, IncidentHandlers& incidents, ReleaseHandlers& releases,
                  DeliveryHandlers& deliveries);

  grpc::ServerUnaryReactor* CreateIncident(grpc::CallbackServerContext* context,
                                           const v1::CreateIncidentRequest* request,
                                           v1::Incident* response) override {
    return rpc::Start(create_, context, request, response);
  }
  grpc::ServerUnaryReactor* GetIncident(grpc::CallbackServerContext* context,
                                        const v1::GetIncidentRequest* request,
                                        v1::Incident* response) override {
    return rpc::Start(get_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListIncidents(grpc::CallbackServerContext* context,
                                          const v1::ListIncidentsRequest* request,
                                          v1::ListIncidentsResponse* response) override {
    return rpc::Start(list_, context, request, response);
  }
  grpc::ServerUnaryReactor* ReportSourceChange(grpc::CallbackServerContext* context,
                                               const v1::ReportSourceChangeRequest* request,
                                               v1::Incident* response) override {
    return rpc::Start(report_source_change_, context, request, response);
  }
  grpc::ServerUnaryReactor* AssessIncident(grpc::CallbackServerContext* context,
                                           const v1::AssessIncidentRequest* request,
                                           v1::Incident* response) override {
    return rpc::Start(assess_, context, request, response);
  }
  grpc::ServerUnaryReactor* RejectIncident(grpc::CallbackServerContext* context,
                                           const v1::RejectIncidentRequest* request,
                                           v1::Incident* response) override {
    return rpc::Start(reject_, context, request, response);
  }
  grpc::ServerUnaryReactor* ReleaseIncident(grpc::CallbackServerContext* context,
                                            const v1::ReleaseIncidentRequest* request,
                                            v1::Release* response) override {
    return rpc::Start(release_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListReleases(grpc::CallbackServerContext* context,
                                         const v1::ListReleasesRequest* request,
                                         v1::ListReleasesResponse* response) override {
    return rpc::Start(list_releases_, context, request, response);
  }
  grpc::ServerUnaryReactor* CorrectIncident(grpc::CallbackServerContext* context,
                                            const v1::CorrectIncidentRequest* request,
                                            v1::Incident* response) override {
    return rpc::Start(correct_, context, request, response);
  }
  grpc::ServerUnaryReactor* RetractIncident(grpc::CallbackServerContext* context,
                                            const v1::RetractIncidentRequest* request,
                                            v1::Incident* response) override {
    return rpc::Start(retract_, context, request, response);
  }
  grpc::ServerUnaryReactor* GetDelivery(grpc::CallbackServerContext* context,
                                        const v1::GetDeliveryRequest* request,
                                        v1::Delivery* response) override {
    return rpc::Start(get_delivery_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListDeliveries(grpc::CallbackServerContext* context,
                                           const v1::ListDeliveriesRequest* request,
                                           v1::ListDeliveriesResponse* response) override {
    return rpc::Start(list_deliveries_, context, request, response);
  }
  grpc::ServerUnaryReactor* AcknowledgeDelivery(grpc::CallbackServerContext* context,
                                                const v1::AcknowledgeDeliveryRequest* request,
                                                v1::Delivery* response) override {
    return rpc::Start(acknowledge_, context, request, response);
  }
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishIncidents(
      grpc::CallbackServerContext* context) override;

 private:
  rpc::Unary<v1::CreateIncidentRequest, v1::Incident> create_;
  rpc::Unary<v1::GetIncidentRequest, v1::Incident> get_;
  rpc::Unary<v1::ListIncidentsRequest, v1::ListIncidentsResponse> list_;
  rpc::Unary<v1::ReportSourceChangeRequest, v1::Incident> report_source_change_;
  rpc::Unary<v1::AssessIncidentRequest, v1::Incident> assess_;
  rpc::Unary<v1::RejectIncidentRequest, v1::Incident> reject_;
  rpc::Unary<v1::ReleaseIncidentRequest, v1::Release> release_;
  rpc::Unary<v1::ListReleasesRequest, v1::ListReleasesResponse> list_releases_;
  rpc::Unary<v1::CorrectIncidentRequest, v1::Incident> correct_;
  rpc::Unary<v1::RetractIncidentRequest, v1::Incident> retract_;
  rpc::Unary<v1::GetDeliveryRequest, v1::Delivery> get_delivery_;
  rpc::Unary<v1::ListDeliveriesRequest, v1::ListDeliveriesResponse> list_deliveries_;
  rpc::Unary<v1::AcknowledgeDeliveryRequest, v1::Delivery> acknowledge_;
  rpc::Gate& gate_;
  const rpc::Method& publish_;
};

}  // namespace samverkan::incidents
