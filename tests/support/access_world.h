#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "samverkan/access/v1/policy.pb.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "services/access/snapshot.h"
#include "services/base/status.h"

namespace samverkan::testing {

// A directory and its agreements, as people write them for tests and as the reference evaluator
// reads them:
//
//   {"directory": DirectoryBundle, "agreements": [{"content": AgreementContent, "signatures":
//   [PartySignature],
//    "suspensions": [Suspension], "noticeEndTime": "…"}]}
struct World {
  std::shared_ptr<directory::v1::DirectoryBundle> directory =
      std::make_shared<directory::v1::DirectoryBundle>();
  std::vector<std::shared_ptr<const access::v1::AgreementPolicy>> agreements;
  // Empty for a world without a map.
  std::vector<std::string> geojson;

  absl::StatusOr<std::shared_ptr<const access::Snapshot>> Compile() const;
};

std::string ReadFileOrDie(const std::string& path);
World ParseWorld(const std::string& json_text);

}  // namespace samverkan::testing
