#pragma once

#include "samverkan/agreements/v1/agreements.grpc.pb.h"
#include "services/agreements/agreement_handlers.h"
#include "services/rpc/unary.h"

namespace samverkan::agreements {

// AgreementService on the wire: every method passes the gate.
class AgreementService final : public v1::AgreementService::CallbackService {
 public:
  AgreementService(rpc::Gate& gate, AgreementHandlers& handlers);

  grpc::ServerUnaryReactor* GetAgreement(grpc::CallbackServerContext* context,
                                         const v1::GetAgreementRequest* request,
                                         v1::Agreement* response) override {
    return rpc::Start(get_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListAgreements(grpc::CallbackServerContext* context,
                                           const v1::ListAgreementsRequest* request,
                                           v1::ListAgreementsResponse* response) override {
    return rpc::Start(list_, context, request, response);
  }
  grpc::ServerUnaryReactor* CreateAgreement(grpc::CallbackServerContext* context,
                                            const v1::CreateAgreementRequest* request,
                                            v1::Agreement* response) override {
    return rpc::Start(create_, context, request, response);
  }
  grpc::ServerUnaryReactor* FinaliseAgreement(grpc::CallbackServerContext* context,
                                              const v1::FinaliseAgreementRequest* request,
                                              v1::Agreement* response) override {
    return rpc::Start(finalise_, context, request, response);
  }
  grpc::ServerUnaryReactor* SignAgreement(grpc::CallbackServerContext* context,
                                          const v1::SignAgreementRequest* request,
                                          v1::Agreement* response) override {
    return rpc::Start(sign_, context, request, response);
  }
  grpc::ServerUnaryReactor* SuspendAgreement(grpc::CallbackServerContext* context,
                                             const v1::SuspendAgreementRequest* request,
                                             v1::Agreement* response) override {
    return rpc::Start(suspend_, context, request, response);
  }
  grpc::ServerUnaryReactor* ResumeAgreement(grpc::CallbackServerContext* context,
                                            const v1::ResumeAgreementRequest* request,
                                            v1::Agreement* response) override {
    return rpc::Start(resume_, context, request, response);
  }
  grpc::ServerUnaryReactor* TerminateAgreement(grpc::CallbackServerContext* context,
                                               const v1::TerminateAgreementRequest* request,
                                               v1::Agreement* response) override {
    return rpc::Start(terminate_, context, request, response);
  }
  grpc::ServerUnaryReactor* ExplainRelease(grpc::CallbackServerContext* context,
                                           const v1::ExplainReleaseRequest* request,
                                           v1::ExplainReleaseResponse* response) override {
    return rpc::Start(explain_, context, request, response);
  }

 private:
  rpc::Unary<v1::GetAgreementRequest, v1::Agreement> get_;
  rpc::Unary<v1::ListAgreementsRequest, v1::ListAgreementsResponse> list_;
  rpc::Unary<v1::CreateAgreementRequest, v1::Agreement> create_;
  rpc::Unary<v1::FinaliseAgreementRequest, v1::Agreement> finalise_;
  rpc::Unary<v1::SignAgreementRequest, v1::Agreement> sign_;
  rpc::Unary<v1::SuspendAgreementRequest, v1::Agreement> suspend_;
  rpc::Unary<v1::ResumeAgreementRequest, v1::Agreement> resume_;
  rpc::Unary<v1::TerminateAgreementRequest, v1::Agreement> terminate_;
  rpc::Unary<v1::ExplainReleaseRequest, v1::ExplainReleaseResponse> explain_;
};

}  // namespace samverkan::agreements
