#include "services/rpc/stream.h"

#include <grpc/grpc.h>
#include <grpcpp/support/slice.h>

#include <utility>

#include "services/base/status.h"
#include "services/rpc/grpc_status.h"

namespace samverkan::rpc {
namespace {

// Each slice is an entry of the vector that one system call writes; beyond so many a copy into one
// slice is cheaper.
constexpr size_t kSlicesMax = 15;

// A slice of bytes that live as long as it does, not copied.
grpc::Slice Shared(const RawStream::Bytes& bytes) {
  auto* const keeper = new RawStream::Bytes(bytes);
  return grpc::Slice(
      const_cast<char*>((*keeper)->data()), (*keeper)->size(),
      [](void* data) { delete static_cast<RawStream::Bytes*>(data); }, keeper);
}

grpc::ByteBuffer Join(const std::vector<RawStream::Bytes>& pieces, const std::string& tail) {
  std::vector<grpc::Slice> slices;
  if (pieces.size() <= kSlicesMax) {
    slices.reserve(pieces.size() + 1);
    for (const RawStream::Bytes& piece : pieces) slices.push_back(Shared(piece));
    slices.emplace_back(tail);
  } else {
    size_t size = tail.size();
    for (const RawStream::Bytes& piece : pieces) size += piece->size();
    std::string joined;
    joined.reserve(size);
    for (const RawStream::Bytes& piece : pieces) joined.append(*piece);
    joined.append(tail);
    slices.emplace_back(joined);
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

}  // namespace

void RawStream::SendPieces(const std::vector<Bytes>& pieces, const std::string& tail) {
  buffer_ = Join(pieces, tail);
  {
    absl::MutexLock lock(&mutex_);
    SV_CHECK(!writing_ && !ending_.has_value(), "one write at a time, none after the end");
    writing_ = true;
  }
  // May complete on another thread before it returns.
  StartWrite(&buffer_);
}

void RawStream::FinishStream(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    if (ending_.has_value()) return;
    ending_ = status;
    if (writing_) return;
  }
  FinishNow(status);
}

void RawStream::AbortStream(absl::Status status) {
  bool cancel = false;
  {
    absl::MutexLock lock(&mutex_);
    if (ending_.has_value()) return;
    ending_ = status;
    cancel = aborting_ = writing_;
  }
  // The context stays: the call ends only with Finish, which is left to this function.
  if (cancel) Cancel(status);
  {
    absl::MutexLock lock(&mutex_);
    aborting_ = false;
    if (writing_) return;
  }
  FinishNow(status);
}

// A status cannot overtake the write that is given up, so the caller learns why by the code of the
// reset alone. TryCancel would send CANCELLED, which says that the caller itself gave up: what has
// a code of its own in HTTP/2 is sent as that.
void RawStream::Cancel(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsPermissionDenied(status)) {
    grpc_call_cancel_with_status(context_->c_call(), static_cast<grpc_status_code>(status.code()),
                                 "the stream was cut", nullptr);
  } else {
    context_->TryCancel();
  }
}

void RawStream::OnWriteDone(bool ok) {
  std::optional<absl::Status> ending;
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (aborting_) return;
    ending = ending_;
  }
  // Frees what it holds of the shared pieces.
  buffer_.Clear();
  if (ending.has_value()) {
    FinishNow(*ending);
  } else {
    OnSent(ok);
  }
}

void RawStream::FinishNow(const absl::Status& status) {
  Finish(ToGrpc(status));
}

}  // namespace samverkan::rpc
