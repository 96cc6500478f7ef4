#pragma once

#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "services/audit/audit_handlers.h"
#include "services/rpc/unary.h"

namespace samverkan::audit {

// AuditService on the wire: every method passes the gate.
class AuditService final : public v1::AuditService::CallbackService {
 public:
  AuditService(rpc::Gate& gate, AuditHandlers& handlers)
      : get_checkpoint_(gate.Bind(handlers, &AuditHandlers::GetCheckpoint)),
        list_entries_(gate.Bind(handlers, &AuditHandlers::ListEntries)),
        get_inclusion_proof_(gate.Bind(handlers, &AuditHandlers::GetInclusionProof)),
        get_consistency_proof_(gate.Bind(handlers, &AuditHandlers::GetConsistencyProof)) {}

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context,
                                          const v1::GetCheckpointRequest* request,
                                          v1::Checkpoint* response) override {
    return rpc::Start(get_checkpoint_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override {
    return rpc::Start(list_entries_, context, request, response);
  }
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* context,
                                              const v1::GetInclusionProofRequest* request,
                                              v1::InclusionProof* response) override {
    return rpc::Start(get_inclusion_proof_, context, request, response);
  }
  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* context,
                                                const v1::GetConsistencyProofRequest* request,
                                                v1::ConsistencyProof* response) override {
    return rpc::Start(get_consistency_proof_, context, request, response);
  }

 private:
  rpc::Unary<v1::GetCheckpointRequest, v1::Checkpoint> get_checkpoint_;
  rpc::Unary<v1::ListEntriesRequest, v1::ListEntriesResponse> list_entries_;
  rpc::Unary<v1::GetInclusionProofRequest, v1::InclusionProof> get_inclusion_proof_;
  rpc::Unary<v1::GetConsistencyProofRequest, v1::ConsistencyProof> get_consistency_proof_;
};

}  // namespace samverkan::audit
