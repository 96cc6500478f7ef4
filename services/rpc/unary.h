#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "services/rpc/gate.h"
#include "services/rpc/grpc_status.h"
#include "services/rpc/inbound.h"

namespace samverkan::rpc {

// What a gRPC call brought. An entry that carries identity inwards is not read here: there is none
// on a port with mutual TLS.
Inbound InboundOf(const grpc::CallbackServerContext& context);

// Starts a unary call at the gate. The reactor finishes when the record of the call is durable.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Start(const Unary<Request, Response>& unary,
                                grpc::CallbackServerContext* context, const Request* request,
                                Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  unary.Handle(InboundOf(*context), *request, *response,
               [context, reactor](absl::Status status, bool replayed) {
                 if (replayed) context->AddTrailingMetadata("samverkan-replayed", "1");
                 reactor->Finish(ToGrpc(status));
               });
  return reactor;
}

}  // namespace samverkan::rpc
