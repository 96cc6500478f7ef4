#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "samverkan/hub/v1/config.pb.h"

namespace samverkan::hub {

// The one place where everything is put together: configuration -> wiring -> serve.
class Hub {
 public:
  // Opens database, guard, keys and directory, and serves. What is wrong is said in a sentence a
  // person can act on; then nothing serves.
  static absl::StatusOr<std::unique_ptr<Hub>> Start(const v1::HubConfig& config, bool demo_mode);
  // Stops: no new calls, streams end with their tokens, what is under way is answered, then the
  // database.
  ~Hub();

  // The port it serves on.
  int port() const;
  // OK when the hub can do its work; what is wrong otherwise.
  absl::Status Health() const;

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace samverkan::hub
