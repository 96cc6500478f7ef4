#pragma once

#include "samverkan/feed/v1/feed.grpc.pb.h"
#include "services/access/store/policy_store.h"
#include "services/journal/feed_engine.h"
#include "services/rpc/authentication.h"
#include "services/rpc/gate.h"

namespace samverkan::feed {

// FeedService on the wire. A raw method: events go out as the renderers' shared bytes, encoded once
// however many watch.
class FeedService final
    : public v1::FeedService::WithRawCallbackMethod_Watch<v1::FeedService::Service> {
 public:
  // Both outlive the service, and its streams: stop the engine before the server goes.
  FeedService(rpc::Gate& gate, journal::FeedEngine& engine);

  // The engine's options as this service needs them. Both outlive the engine.
  static journal::FeedEngine::Options EngineOptions(const access::PolicyStore& policy,
                                                    const rpc::Authenticator& authenticator);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;

 private:
  rpc::Gate& gate_;
  journal::FeedEngine& engine_;
  const rpc::Method& method_;
};

}  // namespace samverkan::feed
