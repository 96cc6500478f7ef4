#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/profile.h"
#include "samverkan/directory/v1/bundle.pb.h"

namespace samverkan::cli {

// A person or system of the directory that a home folder has keys for.
struct Identity {
  std::string handle;
  // parties/{party}/mandates/{mandate}
  std::string mandate;
  // parties/{party}/units/{unit}
  std::string unit;
  // Base path of certificate (.pem) and key (.key).
  std::string key_path;
  // Name and subject of the sign-in issuer; empty for a system.
  std::string issuer;
  std::string subject;
};

// A folder that holds what calls to a hub need. The demo's is made by deploy/demo:
//
//   client.json                            {"target": "127.0.0.1:7443", "server_name": "…",
//   "directory": "FILE.textproto",
//                                           "pki": "FOLDER", "audience": "…", "demo": true}; paths
//                                           relative to the folder
//   {pki}/ca.pem                           the authority
//   {pki}/parties/{party}/{unit}-cli.pem   certificate of the unit's command line, .key its key;
//   {unit}-{system} of a system {pki}/issuers/{issuer}.key             private keys of the demo's
//   sign-in issuers; only with "demo": true {pki}/hub/issuers/{issuer}.json        their public
//   keys
class Home {
 public:
  static absl::StatusOr<Home> Open(const std::string& folder);

  // The identity behind a handle: the last part of its mandate's name, e.g. hal-tryggsam. NOT_FOUND
  // without.
  absl::StatusOr<Identity> Find(absl::string_view handle) const;
  // The profile of an identity, without its token.
  absl::StatusOr<client::Profile> ProfileOf(const Identity& identity) const;

  bool demo() const { return demo_; }
  const std::string& audience() const { return audience_; }
  const std::string& pki() const { return pki_; }
  const directory::v1::DirectoryBundle& directory() const { return directory_; }

 private:
  std::string target_;
  std::string server_name_;
  std::string pki_;
  std::string audience_;
  bool demo_ = false;
  directory::v1::DirectoryBundle directory_;
};

// A whole file; NOT_FOUND with its name where it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace samverkan::cli
