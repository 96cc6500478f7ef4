#include "services/feed/feed_service.h"

#include <memory>
#include <utility>

#include "services/feed/watch_stream.h"

namespace samverkan::feed {

FeedService::FeedService(rpc::Gate& gate, journal::FeedEngine& engine)
    : gate_(gate), engine_(engine), method_(gate.BindStream(v1::WatchRequest::descriptor())) {}

journal::FeedEngine::Options FeedService::EngineOptions(const access::PolicyStore& policy,
                                                        const rpc::Authenticator& authenticator) {
  v1::Event synced;
  synced.mutable_synced();
  return {
      .synced_event = synced.SerializeAsString(),
      // Both only grow, so their sum tells a change of either.
      .policy_epoch = [&policy, &authenticator] { return policy.Epoch() + authenticator.epoch(); }};
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* FeedService::Watch(grpc::CallbackServerContext* context,
                                                               const grpc::ByteBuffer* request) {
  auto* const stream = new WatchStream(gate_, engine_, method_, context);
  stream->Start(request);
  return stream->reactor();
}

}  // namespace samverkan::feed
