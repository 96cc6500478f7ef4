#include "clients/cli/content_flags.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace samverkan::cli {
namespace {

using incidents::v1::IncidentContent;

IncidentContent Square() {
  IncidentContent content;
  content.mutable_place()->set_type("PLA_TORG");
  content.mutable_place()->set_display_name("Västertorps torg");
  content.mutable_place()->add_areas("areas/stadsdel-vastertorp");
  return content;
}

IncidentContent Read(const std::vector<std::string>& words, const IncidentContent& base) {
  const auto arguments = Arguments::Parse(words, ContentFlags());
  EXPECT_TRUE(arguments.ok()) << arguments.status();
  const auto content = ReadContent(*arguments, base);
  EXPECT_TRUE(content.ok()) << content.status();
  return *content;
}

TEST(ContentFlagsTest, AnotherAreaKeepsTheTypeButNotTheName) {
  const auto place = Read({"--area", "stadsdel-fruangen"}, Square()).place();
  EXPECT_EQ(place.type(), "PLA_TORG");
  EXPECT_EQ(place.display_name(), "");
  ASSERT_EQ(place.areas_size(), 1);
  EXPECT_EQ(place.areas(0), "areas/stadsdel-fruangen");
}

TEST(ContentFlagsTest, APositionReplacesTheArea) {
  const auto place = Read({"--position", "59.29,17.96"}, Square()).place();
  EXPECT_EQ(place.areas_size(), 0);
  EXPECT_EQ(place.position().latitude(), 59.29);
}

TEST(ContentFlagsTest, ANameOrATypeLeavesWhereItIs) {
  const auto place = Read({"--place-name", "Torget", "--place-type", "GCVAG"}, Square()).place();
  EXPECT_EQ(place.type(), "PLA_GCVAG");
  EXPECT_EQ(place.display_name(), "Torget");
  ASSERT_EQ(place.areas_size(), 1);
}

TEST(ContentFlagsTest, WithoutATypeItIsUnknown) {
  EXPECT_EQ(Read({"--area", "stadsdel-fruangen"}, {}).place().type(), "PLA_OKAND");
}

TEST(ContentFlagsTest, TheLightIsWrittenEitherWay) {
  for (const char* tlp : {"AMBER_STRICT", "AMBER+STRICT"}) {
    EXPECT_EQ(Read({"--tlp", tlp}, {}).marking().tlp(), types::v1::TLP_AMBER_STRICT);
  }
}

}  // namespace
}  // namespace samverkan::cli
