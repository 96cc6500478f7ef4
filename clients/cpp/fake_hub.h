#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "clients/cpp/client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace samverkan::client {

// Waits pass at once and are written down; the time is real, for gRPC's deadlines are.
class FakeClock final : public Clock {
 public:
  absl::Time Now() override { return SystemClock().Now(); }
  bool Wait(absl::Duration duration) override {
    absl::MutexLock lock(&mutex_);
    waits_.push_back(duration);
    return !interrupted_;
  }
  void Interrupt() override {
    absl::MutexLock lock(&mutex_);
    interrupted_ = true;
  }
  std::vector<absl::Duration> waits() {
    absl::MutexLock lock(&mutex_);
    return waits_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<absl::Duration> waits_;
  bool interrupted_ = false;
};

// A hub's refusal with its details, as they travel.
inline grpc::Status Refusal(grpc::StatusCode code, const std::string& reason,
                            const std::vector<std::pair<std::string, std::string>>& metadata = {},
                            int retry_seconds = 0) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("samverkan");
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = value;
  status.add_details()->PackFrom(info);
  if (retry_seconds > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_seconds);
    status.add_details()->PackFrom(retry);
  }
  return grpc::Status(code, "refused", status.SerializeAsString());
}

// A network peer played by one service, reached in process.
class FakeHub {
 public:
  explicit FakeHub(grpc::Service& service) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    Profile profile;
    profile.mandate = "parties/pol/mandates/m1";
    client_ = std::make_unique<Client>(profile, server_->InProcessChannel({}), clock_);
  }
  ~FakeHub() { server_->Shutdown(); }

  Client& client() { return *client_; }
  FakeClock& clock() { return clock_; }

 private:
  FakeClock clock_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace samverkan::client
