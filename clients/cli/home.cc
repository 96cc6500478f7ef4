#include "clients/cli/home.h"

#include <google/protobuf/text_format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

using ::samverkan::directory::v1::Mandate;

std::string Text(const nlohmann::json& object, const char* key, const char* otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : otherwise;
}

std::string Below(const std::string& folder, const std::string& path) {
  return absl::StartsWith(path, "/") ? path : absl::StrCat(folder, "/", path);
}

absl::string_view LastPart(absl::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

// The n-th part of parties/{party}/units/{unit}.
std::string Part(absl::string_view name, size_t index) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  return index < parts.size() ? std::string(parts[index]) : "";
}

Identity ToIdentity(const Mandate& mandate, const std::string& pki) {
  Identity identity;
  identity.handle = std::string(LastPart(mandate.name()));
  identity.mandate = mandate.name();
  identity.unit = mandate.unit();
  const std::string party = Part(mandate.unit(), 1);
  std::string system = "cli";
  if (absl::StartsWith(mandate.holder(), "spiffe://")) {
    system = std::string(LastPart(mandate.holder()));
  } else {
    const std::pair<std::string, std::string> holder =
        absl::StrSplit(mandate.holder(), absl::MaxSplits(' ', 1));
    identity.issuer = holder.first;
    identity.subject = holder.second;
  }
  identity.key_path =
      absl::StrCat(pki, "/parties/", party, "/", Part(mandate.unit(), 3), "-", system);
  return identity;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  return content.str();
}

absl::StatusOr<Home> Home::Open(const std::string& folder) {
  SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(folder + "/client.json"));
  const nlohmann::json config = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(folder, "/client.json is no JSON object"));
  }
  Home home;
  home.target_ = Text(config, "target", "");
  home.server_name_ = Text(config, "server_name", "");
  home.audience_ = Text(config, "audience", "samverkan");
  home.pki_ = Below(folder, Text(config, "pki", "pki"));
  const auto demo = config.find("demo");
  home.demo_ = demo != config.end() && demo->is_boolean() && demo->get<bool>();
  const std::string bundle = Below(folder, Text(config, "directory", "directory.textproto"));
  SC_ASSIGN_OR_RETURN(const std::string directory, ReadFile(bundle));
  if (!google::protobuf::TextFormat::ParseFromString(directory, &home.directory_)) {
    return absl::InvalidArgumentError(absl::StrCat(bundle, " is no directory bundle"));
  }
  return home;
}

absl::StatusOr<Identity> Home::Find(absl::string_view handle) const {
  for (const Mandate& mandate : directory_.mandates()) {
    if (LastPart(mandate.name()) == handle) return ToIdentity(mandate, pki_);
  }
  return absl::NotFoundError(absl::StrCat("no mandate named ", handle, " in the directory"));
}

absl::StatusOr<client::Profile> Home::ProfileOf(const Identity& identity) const {
  client::Profile profile;
  profile.target = target_;
  profile.server_name = server_name_;
  profile.mandate = identity.mandate;
  SC_ASSIGN_OR_RETURN(profile.ca, ReadFile(pki_ + "/ca.pem"));
  SC_ASSIGN_OR_RETURN(profile.certificate, ReadFile(identity.key_path + ".pem"));
  SC_ASSIGN_OR_RETURN(profile.key, ReadFile(identity.key_path + ".key"));
  return profile;
}

}  // namespace samverkan::cli
