#include "tests/support/hub_folder.h"

#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "samverkan/directory/v1/bundle.pb.h"
#include "services/base/status.h"
#include "services/hub/config.h"

namespace samverkan::testing {
namespace {

constexpr char kAudience[] = "samverkan";
// Tests call as fast as they can.
constexpr int kCallsPerSecond = 1'000'000;

// As deploy/pki/make_pki makes them: every algorithm the hub takes is used by one.
std::string AlgorithmOf(const std::string& issuer) {
  if (issuer == "city") return "RS256";
  return issuer == "region" ? "EdDSA" : "ES256";
}

std::string DirectoryFile() {
  return std::filesystem::absolute("deploy/data/stockholm.textproto").string();
}

directory::v1::DirectoryBundle Directory() {
  directory::v1::DirectoryBundle directory;
  const auto text = cli::ReadFile(DirectoryFile());
  SV_CHECK(text.ok() && google::protobuf::TextFormat::ParseFromString(*text, &directory),
           "the directory can be read");
  return directory;
}

void AddIssuers(const directory::v1::DirectoryBundle& directory, const std::string& pki,
                hub::v1::HubConfig& config) {
  std::map<std::string, std::string> codes;
  for (const auto& party : directory.parties()) codes[party.name()] = party.code();
  std::map<std::string, std::set<std::string>> parties;
  for (const auto& mandate : directory.mandates()) {
    const std::vector<std::string> holder = absl::StrSplit(mandate.holder(), ' ');
    if (holder.size() == 2)
      parties[holder[0]].insert(mandate.unit().substr(0, mandate.unit().find("/units/")));
  }
  for (const auto& [url, members] : parties) {
    const std::string name = url.substr(8, url.find('.') - 8);  // after "https://"
    hub::v1::Issuer* issuer = config.add_issuers();
    issuer->set_issuer(url);
    issuer->set_audience(kAudience);
    issuer->add_algorithms(AlgorithmOf(name));
    issuer->set_jwks_file(absl::StrCat(pki, "/hub/issuers/", name, ".json"));
    issuer->set_demo(true);
    if (members.size() == 1) {
      issuer->set_party(*members.begin());
      continue;
    }
    for (const std::string& party : members) {
      hub::v1::OrgUnit* unit = issuer->add_by_org_unit();
      unit->set_org_unit(codes[party]);
      unit->set_party(party);
    }
  }
}

}  // namespace

HubFolder::HubFolder() {
  path_ = (std::filesystem::temp_directory_path() / "samverkan_hub_XXXXXX").string();
  SV_CHECK(::mkdtemp(path_.data()) != nullptr, "a temporary folder can be made");
  std::filesystem::create_directory(path_ + "/guard");
  const std::string make = absl::StrCat("deploy/pki/make_pki ", pki(), " >", path_, "/pki.log");
  SV_CHECK(std::system(make.c_str()) == 0,
           "tests run from the project's root, where deploy/pki/make_pki is");
}

HubFolder::~HubFolder() {
  std::filesystem::remove_all(path_);
}

hub::v1::HubConfig HubFolder::Config(const std::string& data) const {
  const std::string pki = this->pki();
  hub::v1::HubConfig config;
  config.set_data_dir(absl::StrCat(path_, "/", data));
  config.set_listen("127.0.0.1:0");
  config.mutable_tls()->set_certificate_file(pki + "/hub/server.pem");
  config.mutable_tls()->set_key_file(pki + "/hub/server.key");
  config.mutable_tls()->set_client_ca_file(pki + "/ca.pem");
  config.set_trust_domain("samverkan.example");
  config.add_directory_files(DirectoryFile());
  config.add_directory_files(pki + "/hub/keys.textproto");
  config.set_key_file(pki + "/hub/hub.keys");
  config.set_log_key_file(pki + "/hub/log.key");
  config.set_guard_file(absl::StrCat(path_, "/guard/", data, ".guard"));
  config.set_log_origin("hub.demo.samverkan.example/audit");
  config.mutable_limits()->set_calls_per_second_per_holder(kCallsPerSecond);
  config.mutable_limits()->set_calls_per_second_per_party(kCallsPerSecond);
  AddIssuers(Directory(), pki, config);
  std::string text;
  google::protobuf::TextFormat::PrintToString(config, &text);
  const auto parsed = hub::ParseConfig(text, path_ + "/hub.textproto");
  SV_CHECK(parsed.ok(), parsed.status().ToString().c_str());
  return *parsed;
}

cli::Home HubFolder::HomeAt(int port) const {
  std::ofstream(path_ + "/client.json")
      << nlohmann::json{{"target", absl::StrCat("127.0.0.1:", port)},
                        {"directory", DirectoryFile()},
                        {"pki", "pki"},
                        {"audience", kAudience},
                        {"demo", true}};
  auto home = cli::Home::Open(path_);
  SV_CHECK(home.ok(), home.status().ToString().c_str());
  return *std::move(home);
}

}  // namespace samverkan::testing
