#include "services/feed/watch_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>
#include <vector>

#include "services/base/error.h"
#include "services/base/status.h"
#include "services/feed/feed_guard.h"
#include "services/feed/watch_request.h"
#include "services/rpc/inbound.h"
#include "services/rpc/unary.h"

namespace samverkan::feed {
namespace {

// False for what is no WatchRequest.
bool Parse(const grpc::ByteBuffer& bytes, v1::WatchRequest* request) {
  grpc::ByteBuffer copy(bytes);
  return grpc::SerializationTraits<v1::WatchRequest>::Deserialize(&copy, request).ok();
}

// The message's last part: its token, as field 2 of WatchResponse.
std::string FrameToken(std::string token) {
  v1::WatchResponse response;
  response.set_resume_token(std::move(token));
  return response.SerializeAsString();
}

}  // namespace

WatchStream::WatchStream(rpc::Gate& gate, journal::FeedEngine& engine, const rpc::Method& method,
                         grpc::CallbackServerContext* context)
    : RawStream(context),
      gate_(gate),
      engine_(engine),
      method_(method),
      context_(context),
      started_(gate.dependencies().clock.Now()) {}

void WatchStream::Start(const grpc::ByteBuffer* request) {
  if (!Parse(*request, &request_)) {
    Finish(FieldInvalid("", "the request is not a WatchRequest"));
    return;
  }
  gate_.OpenStream(method_, rpc::InboundOf(*context_), UnitsOf(request_),
                   [this](absl::StatusOr<std::unique_ptr<rpc::Call>> call) {
                     const absl::Status status =
                         call.ok() ? Enter(*std::move(call)) : std::move(call).status();
                     if (!status.ok()) Finish(status);
                   });
}

absl::Status WatchStream::Enter(std::unique_ptr<rpc::Call> call) {
  party_ = call->party_name();
  SV_RETURN_IF_ERROR(CheckWatch(request_));
  journal::FeedWatch watch{.holder = call->principal().holder,
                           .resume_token = request_.resume_token()};
  SV_ASSIGN_OR_RETURN(
      watch.subscriptions,
      SubscriptionsOf(request_, call->policy(), call->mandate(), gate_.dependencies().clock.Now()));
  watch.guard =
      std::make_shared<FeedGuard>(gate_, method_, rpc::InboundOf(*context_), std::move(call));
  const std::shared_ptr<Link> link = link_;
  SV_RETURN_IF_ERROR(engine_.Open(std::move(watch), *this));
  // From here on the stream may be gone.
  absl::MutexLock lock(&link->mutex);
  link->opened = true;
  if (link->gone) link->handle.Cancelled();
  return absl::OkStatus();
}

void WatchStream::Opened(journal::WatchHandle handle) {
  absl::MutexLock lock(&link_->mutex);
  link_->handle = std::move(handle);
}

void WatchStream::Send(journal::FeedMessage message) {
  SendPieces(message.events, FrameToken(std::move(message.resume_token)));
}

void WatchStream::Finish(absl::Status status) {
  Report(status);
  FinishStream(std::move(status));
}

void WatchStream::Abort(absl::Status status) {
  Report(status);
  AbortStream(std::move(status));
}

void WatchStream::OnSent(bool ok) {
  absl::MutexLock lock(&link_->mutex);
  link_->handle.Sent(ok);
}

void WatchStream::OnGone() {
  absl::MutexLock lock(&link_->mutex);
  link_->gone = true;
  if (link_->opened) link_->handle.Cancelled();
}

void WatchStream::Report(const absl::Status& status) {
  const rpc::Gate::Dependencies& deps = gate_.dependencies();
  deps.observer.OnCall({.method = method_,
                        .status = status,
                        .latency = deps.clock.Now() - started_,
                        .party = party_,
                        .internal_reason = {},
                        .error_id = {}});
}

}  // namespace samverkan::feed
