#pragma once

#include <grpcpp/health_check_service_interface.h>

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::hub {

// Lets gRPC's health service say what the hub knows of itself, and the log each change.
// Thread-safe.
class Health {
 public:
  // `state` is OK while the hub can do its work, and says what is wrong otherwise. The service
  // outlives this.
  Health(std::function<absl::Status()> state, grpc::HealthCheckServiceInterface& service)
      : state_(std::move(state)), service_(service) {}

  // Called again and again: what changed is told.
  void Look();
  // What the service says now.
  bool serving() const;

 private:
  const std::function<absl::Status()> state_;
  grpc::HealthCheckServiceInterface& service_;
  mutable absl::Mutex mutex_;
  // gRPC's own beginning.
  bool serving_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace samverkan::hub
