#include "tests/support/access_world.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace samverkan::testing {

absl::StatusOr<std::shared_ptr<const access::Snapshot>> World::Compile() const {
  SV_ASSIGN_OR_RETURN(std::shared_ptr<const access::AreaMap> areas,
                      access::AreaMap::Compile(*directory, geojson));
  return access::Snapshot::Compile(
      {.directory = directory, .areas = std::move(areas), .agreements = agreements});
}

std::string ReadFileOrDie(const std::string& path) {
  std::ifstream file(path);
  SV_CHECK(file.is_open(), "the file can be read");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

World ParseWorld(const std::string& json_text) {
  World world;
  const nlohmann::json json = nlohmann::json::parse(json_text);
  const auto parse = [](const nlohmann::json& from, google::protobuf::Message* to) {
    const auto status = google::protobuf::util::JsonStringToMessage(from.dump(), to);
    if (!status.ok()) {
      fprintf(stderr, "%s\n", status.ToString().c_str());
      SV_CHECK(false, "the world's JSON is what the protos say");
    }
  };
  parse(json.at("directory"), world.directory.get());
  for (nlohmann::json entry : json.at("agreements")) {
    agreements::v1::AgreementContent content;
    parse(entry.at("content"), &content);
    entry.erase("content");
    auto policy = std::make_shared<access::v1::AgreementPolicy>();
    parse(entry, policy.get());
    policy->set_content(content.SerializeAsString());
    world.agreements.push_back(std::move(policy));
  }
  return world;
}

}  // namespace samverkan::testing
