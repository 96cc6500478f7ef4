#pragma once

#include <string>

#include "clients/cli/home.h"
#include "samverkan/hub/v1/config.pb.h"

namespace samverkan::testing {

// All that a hub of Stockholm and its callers need, in a temporary folder: keys and certificates of
// its own, demo issuers, configuration. Made by deploy/pki/make_pki, which takes some seconds.
class HubFolder {
 public:
  HubFolder();
  ~HubFolder();
  HubFolder(const HubFolder&) = delete;
  HubFolder& operator=(const HubFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string pki() const { return path_ + "/pki"; }

  // Of a hub on a free port that takes calls as fast as they come. `data` names the subfolder of
  // its database.
  hub::v1::HubConfig Config(const std::string& data = "db") const;
  // The callers' side of a hub that listens on this port.
  cli::Home HomeAt(int port) const;

 private:
  std::string path_;
};

}  // namespace samverkan::testing
