#include "tests/support/stockholm.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/base/proto_time.h"

namespace samverkan::testing {

World Stockholm(absl::Time signed_at) {
  constexpr char kData[] = "deploy/data/";
  World world;
  const auto parse = [](const std::string& path, google::protobuf::Message* to) {
    SV_CHECK(google::protobuf::TextFormat::ParseFromString(ReadFileOrDie(path), to),
             "the demo's data parse");
  };
  parse(absl::StrCat(kData, "stockholm.textproto"), world.directory.get());
  for (const std::string& file : world.directory->geometry_files()) {
    world.geojson.push_back(ReadFileOrDie(kData + file));
  }
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(absl::StrCat(kData, "agreements"))) {
    paths.insert(entry.path().string());
  }
  for (const std::string& path : paths) {
    agreements::v1::AgreementContent content;
    parse(path, &content);
    *content.mutable_valid_from_time() = ToProto(signed_at);
    *content.mutable_valid_to_time() = ToProto(signed_at + absl::Hours(24 * 730));
    auto policy = std::make_shared<access::v1::AgreementPolicy>();
    policy->set_content(content.SerializeAsString());
    for (const auto* signatories : {&content.founding(), &content.acceding()}) {
      for (const agreements::v1::Signatory& signatory : *signatories) {
        access::v1::PartySignature& signature = *policy->add_signatures();
        signature.set_party(signatory.party());
        *signature.mutable_sign_time() = ToProto(signed_at);
      }
    }
    world.agreements.push_back(std::move(policy));
  }
  return world;
}

}  // namespace samverkan::testing
