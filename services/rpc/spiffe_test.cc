#include "services/rpc/spiffe.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace samverkan::rpc {
namespace {

constexpr absl::string_view kGood = "spiffe://samverkan.example/pol/pol-sth/system";

TEST(SpiffeIdTest, IsWrittenAsItIsRead) {
  const auto id = SpiffeId::Parse(kGood);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->trust_domain, "samverkan.example");
  EXPECT_EQ(id->party, "pol");
  EXPECT_EQ(id->unit, "pol-sth");
  EXPECT_EQ(id->system, "system");
  EXPECT_EQ(id->ToString(), kGood);
  EXPECT_FALSE(id->IsOperator());
}

TEST(SpiffeIdTest, RefusesEveryOtherForm) {
  for (const std::string& text : std::vector<std::string>{
           "",
           "spiffe://",
           "spiffe:///pol/pol-sth/system",
           "SPIFFE://samverkan.example/pol/aa/bb",
           "spiffe://Samverkan.example/pol/aa/bb",
           "https://samverkan.example/pol/aa/bb",
           "spiffe://samverkan.example",
           "spiffe://samverkan.example/",
           "spiffe://samverkan.example/pol",
           "spiffe://samverkan.example/pol/pol-sth",
           "spiffe://samverkan.example/pol/pol-sth/",
           "spiffe://samverkan.example/pol//system",
           "spiffe://samverkan.example/pol/../system",
           "spiffe://samverkan.example/pol/pol-sth/system/more",
           "spiffe://samverkan.example/pol/pol-sth/system?x=1",
           "spiffe://samverkan.example/pol/pol-sth/system#x",
           "spiffe://samverkan.example:443/pol/aa/bb",
           "spiffe://user@samverkan.example/pol/aa/bb",
           "spiffe://samverkan.example/p%6fl/aa/bb",
           "spiffe://samverkan.example/POL/aa/bb",
           "spiffe://samverkan.example/pol/aa/b_b",
           "spiffe://samverkan.example/operator/pol/cli",
           " " + std::string(kGood),
           std::string(kGood) + " ",
           std::string(kGood) + "\n",
           std::string(kGood) + std::string(1, '\0'),
           absl::StrCat("spiffe://", std::string(256, 'a'), "/pol/aa/bb"),
           absl::StrCat("spiffe://samverkan.example/pol/aa/", std::string(3000, 'b'))}) {
    EXPECT_FALSE(SpiffeId::Parse(text)) << text;
  }
  std::ifstream file("tests/data/hostile/blns.json");
  for (const std::string text : nlohmann::json::parse(file)) {
    EXPECT_FALSE(SpiffeId::Parse(text)) << text;
    const auto id = SpiffeId::Parse(absl::StrCat("spiffe://samverkan.example/pol/pol-sth/", text));
    EXPECT_EQ(id ? id->system : text, text);
  }
}

TEST(SpiffeIdTest, TheOperatorIsNoParty) {
  EXPECT_TRUE(SpiffeId::Parse("spiffe://samverkan.example/operator/hub/cli")->IsOperator());
  EXPECT_FALSE(SpiffeId::Parse("spiffe://samverkan.example/operator/unit/cli"));
}

}  // namespace
}  // namespace samverkan::rpc
