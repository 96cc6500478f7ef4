#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <vector>

#include "services/base/status.h"

namespace samverkan::testing {

// One call whose messages are any bytes: gRPC's generic stub tells no unary call from a stream. One
// step after the other, each until it is done; false where the call has ended.
class Exchange {
 public:
  // "/{service}/{method}", which need not exist. The context
  // outlives the exchange.
  Exchange(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context,
           const std::string& path)
      : stub_(channel), call_(stub_.PrepareCall(&context, path, &queue_)) {}
  ~Exchange() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool Start() {
    call_->StartCall(this);
    return Await();
  }
  bool Write(const std::string& bytes) {
    call_->Write(ToBuffer(bytes), this);
    return Await();
  }
  bool WriteLast(const std::string& bytes) {
    call_->WriteLast(ToBuffer(bytes), grpc::WriteOptions(), this);
    return Await();
  }
  bool Read(std::string* bytes) {
    grpc::ByteBuffer buffer;
    call_->Read(&buffer, this);
    if (!Await()) return false;
    *bytes = FromBuffer(buffer);
    return true;
  }
  // What is still to be read must have been.
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Await();
    return status;
  }

 private:
  static grpc::ByteBuffer ToBuffer(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return grpc::ByteBuffer(&slice, 1);
  }
  static std::string FromBuffer(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    SV_CHECK(buffer.Dump(&slices).ok(), "an answer can be read");
    std::string bytes;
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return bytes;
  }
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

}  // namespace samverkan::testing
