#include "clients/cpp/publish.h"

#include <utility>

#include "clients/cpp/status.h"
#include "clients/cpp/uuid.h"

namespace samverkan::client {
namespace {

using ::samverkan::incidents::v1::PublishIncidentsRequest;
using ::samverkan::incidents::v1::PublishIncidentsResponse;
using ::samverkan::incidents::v1::PublishResult;

// How long a finished stream may take to say so before it is cut.
constexpr absl::Duration kCloseTimeout = absl::Seconds(2);

std::string* MutableRequestId(PublishIncidentsRequest& act) {
  return act.has_create() ? act.mutable_create()->mutable_request_id()
                          : act.mutable_source_change()->mutable_request_id();
}

}  // namespace

Publisher::Publisher(Client& client, const PublishOptions& options)
    : client_(client), options_(options), backoff_(client.profile().retry, SystemRandom()) {}

Publisher::~Publisher() {
  if (connection_ == nullptr) return;
  bool ended = false;
  if (pending_.empty() && connection_->stream->WritesDone()) {
    absl::MutexLock lock(&mutex_);
    ended = mutex_.AwaitWithTimeout(absl::Condition(&ended_), kCloseTimeout);
  }
  if (!ended) connection_->context.TryCancel();
  connection_->reader.join();
  connection_->stream->Finish().IgnoreError();
}

absl::Status Publisher::Publish(PublishIncidentsRequest act, Done done) {
  if (std::string* id = MutableRequestId(act); id->empty()) *id = NewUuid();
  pending_.push_back({std::move(act), std::move(done)});
  ++unsent_;
  return Drain(options_.window - 1);
}

absl::Status Publisher::Flush() {
  return Drain(0);
}

absl::Status Publisher::Drain(size_t pending_max) {
  while (!pending_.empty()) {
    SC_RETURN_IF_ERROR(EnsureSent());
    DeliverAnswers();
    if (pending_.size() <= pending_max) break;
    AwaitAnswers();
  }
  return absl::OkStatus();
}

absl::Status Publisher::EnsureSent() {
  while (true) {
    absl::Status status = connection_ == nullptr ? Open() : absl::OkStatus();
    if (status.ok()) {
      if (SendUnsent()) return status;
      status = Close();
      // Everything may have been answered before the end.
      if (pending_.empty()) return absl::OkStatus();
      if (status.ok()) status = absl::UnavailableError("the hub ended the stream");
    }
    const CallError error = ErrorOf(status);
    if (!MayRetry(error)) return status;
    const std::optional<absl::Duration> delay = backoff_.Next(error);
    if (!delay.has_value()) return status;
    if (!client_.clock().Wait(*delay)) return absl::CancelledError("interrupted");
  }
}

absl::Status Publisher::Open() {
  auto connection = std::make_unique<Connection>();
  SC_RETURN_IF_ERROR(client_.Identify(connection->context));
  connection->stream = client_.stub<IncidentService::Stub>().PublishIncidents(&connection->context);
  {
    absl::MutexLock lock(&mutex_);
    answers_.clear();
    ended_ = false;
  }
  unsent_ = pending_.size();
  connection_ = std::move(connection);
  connection_->reader = std::thread([this] { ReadAnswers(*connection_->stream); });
  return absl::OkStatus();
}

bool Publisher::SendUnsent() {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return false;
  }
  for (; unsent_ > 0; --unsent_) {
    PublishIncidentsRequest& request = pending_[pending_.size() - unsent_].request;
    request.set_sequence(++connection_->sent);
    if (!connection_->stream->Write(request)) return false;
  }
  return true;
}

void Publisher::ReadAnswers(Stream& stream) {
  PublishIncidentsResponse answer;
  while (stream.Read(&answer)) {
    absl::MutexLock lock(&mutex_);
    answers_.push_back(std::move(answer));
  }
  absl::MutexLock lock(&mutex_);
  ended_ = true;
}

bool Publisher::AnsweredOrEnded() const {
  return ended_ || !answers_.empty();
}

void Publisher::AwaitAnswers() {
  absl::MutexLock lock(&mutex_);
  const absl::Condition came(this, &Publisher::AnsweredOrEnded);
  if (mutex_.AwaitWithTimeout(came, options_.answer_timeout)) return;
  connection_->context.TryCancel();
  mutex_.Await(came);
}

void Publisher::DeliverAnswers() {
  std::vector<PublishIncidentsResponse> answers;
  {
    absl::MutexLock lock(&mutex_);
    answers.swap(answers_);
  }
  for (const auto& answer : answers) Deliver(answer);
}

void Publisher::Deliver(const PublishIncidentsResponse& answer) {
  auto result = answer.results().begin();
  while (connection_->answered < answer.sequence() && pending_.size() > unsent_) {
    const int64_t sequence = ++connection_->answered;
    while (result != answer.results().end() && result->sequence() < sequence) ++result;
    const bool told = result != answer.results().end() && result->sequence() == sequence;
    const Pending done = std::move(pending_.front());
    pending_.pop_front();
    backoff_.Reset();
    done.done(told ? *result : PublishResult::default_instance());
  }
}

absl::Status Publisher::Close() {
  // A stream that cannot be written is over for its reader too, once it has read what came before.
  connection_->reader.join();
  DeliverAnswers();
  absl::Status status = ToStatus(connection_->stream->Finish());
  connection_.reset();
  return status;
}

}  // namespace samverkan::client
