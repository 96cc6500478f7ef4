#include "clients/cpp/watch.h"

#include <utility>

#include "clients/cpp/status.h"

namespace samverkan::client {
namespace {

using ::samverkan::feed::v1::WatchResponse;

// Handles a message and then its token. False where the handler ends the watch.
bool Handle(const WatchResponse& message, WatchHandler& handler) {
  for (const auto& event : message.events()) {
    if (!handler.OnEvent(event)) return false;
  }
  return message.resume_token().empty() || handler.OnToken(message.resume_token());
}

// A stream that ends without an error, or because the token it began with ran out, is taken up
// again with a new one.
bool MayResume(const CallError& error, bool progress) {
  if (error.code == absl::StatusCode::kOk) return true;
  if (error.code == absl::StatusCode::kUnauthenticated) return progress;
  return MayRetry(error);
}

}  // namespace

Watcher::Watcher(Client& client, feed::v1::WatchRequest request)
    : client_(client), request_(std::move(request)) {}

absl::Status Watcher::Run(WatchHandler& handler) {
  Backoff backoff(client_.profile().retry, SystemRandom());
  while (true) {
    const Outcome outcome = RunStream(handler);
    if (outcome.ended) return absl::OkStatus();
    CallError error = ErrorOf(outcome.status);
    if (!MayResume(error, outcome.progress)) return outcome.status;
    if (error.message.empty()) error.message = "the hub ended the stream";
    if (outcome.progress) backoff.Reset();
    const std::optional<absl::Duration> delay = backoff.Next(error);
    if (!delay.has_value()) {
      return outcome.status.ok() ? absl::UnavailableError(error.message) : outcome.status;
    }
    handler.OnInterrupted(error, *delay);
    if (!client_.clock().Wait(*delay)) return absl::OkStatus();
  }
}

Watcher::Outcome Watcher::RunStream(WatchHandler& handler) {
  grpc::ClientContext context;
  Outcome outcome;
  outcome.status = client_.Identify(context);
  if (!outcome.status.ok()) return outcome;
  if (!Register(&context)) {
    outcome.ended = true;
    return outcome;
  }
  auto stream = client_.stub<FeedService::Stub>().Watch(&context, request_);
  WatchResponse message;
  while (!outcome.ended && stream->Read(&message)) {
    outcome.progress = true;
    outcome.ended = !Handle(message, handler);
    if (!outcome.ended && !message.resume_token().empty()) {
      request_.set_resume_token(message.resume_token());
    }
  }
  if (outcome.ended) context.TryCancel();
  outcome.status = ToStatus(stream->Finish());
  if (!Register(nullptr)) outcome.ended = true;
  return outcome;
}

bool Watcher::Register(grpc::ClientContext* context) {
  absl::MutexLock lock(&mutex_);
  context_ = cancelled_ ? nullptr : context;
  return !cancelled_;
}

void Watcher::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
  client_.clock().Interrupt();
}

}  // namespace samverkan::client
