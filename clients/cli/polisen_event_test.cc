#include "clients/cli/polisen_event.h"

#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

constexpr char kLine[] =
    R"({"seen":"2023-06-27T06:02:11Z","event":{"id":430001,"datetime":"2023-06-27 7:44:21 +02:00",)"
    R"("name":"27 juni 03:55, Rån, Stockholm","summary":"I Farsta.","url":"/aktuellt/x/",)"
    R"("type":"Rån","location":{"name":"Stockholm","gps":"59.329324,18.068581"}}})";

std::string Shown(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%MZ", time, absl::UTCTimeZone());
}

std::string Occurred(const std::string& name, const std::string& published) {
  auto event = ParsePolisenLine(kLine);
  event->name = name;
  std::string problem;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_sec, published, &event->published, &problem))
      << problem;
  const auto time = OccurTime(*event);
  return time.ok() ? Shown(*time) : "broken";
}

TEST(PolisenEvent, ReadsALine) {
  const auto event = ParsePolisenLine(kLine);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id, 430001);
  EXPECT_EQ(event->type, "Rån");
  EXPECT_EQ(event->place, "Stockholm");
  EXPECT_EQ(Shown(event->published), "2023-06-27T05:44Z");  // An hour of one digit.
  EXPECT_EQ(Shown(event->seen), "2023-06-27T06:02Z");
}

TEST(PolisenEvent, SaysWhatABrokenLineLacks) {
  for (const auto& [from, to] :
       {std::pair("\"id\":430001", "\"id\":\"430001\""), std::pair("\"id\":430001", "\"id\":-1"),
        std::pair("7:44:21", "sju"), std::pair("\"summary\":", "\"sumary\":"),
        std::pair("\"event\":{", "\"event\":["), std::pair("\"name\":\"Stockholm\"", "\"name\":7"),
        std::pair("\"location\":{", "\"location\":{{"), std::pair("2023-06-27T06:02:11Z", "")}) {
    const auto event = ParsePolisenLine(absl::StrReplaceAll(kLine, {{from, to}}));
    EXPECT_FALSE(event.ok()) << from;
    EXPECT_FALSE(event.status().message().empty());
  }
  EXPECT_FALSE(ParsePolisenLine("").ok());
  EXPECT_FALSE(ParsePolisenLine("\xff\xfe").ok());
  EXPECT_FALSE(ParsePolisenLine("[1]").ok());
}

TEST(OccurTime, ReadsBothSpellingsInStockholmTime) {
  EXPECT_EQ(Occurred("27 juni 03:55, Rån, Stockholm", "2023-06-27T05:44:21Z"), "2023-06-27T01:55Z");
  EXPECT_EQ(Occurred("22 augusti 17.59, Stöld, Solna", "2023-08-22T18:00:00Z"),
            "2023-08-22T15:59Z");
  EXPECT_EQ(Occurred("5 februari 09:05, Brand, Nacka", "2024-02-05T09:00:00Z"),
            "2024-02-05T08:05Z");
}

TEST(OccurTime, TakesTheYearFromThePublication) {
  EXPECT_EQ(Occurred("31 december 23:10, Bråk, Stockholm", "2024-01-01T01:20:00Z"),
            "2023-12-31T22:10Z");
  EXPECT_EQ(Occurred("1 januari 00:10, Bråk, Stockholm", "2024-01-01T01:20:00Z"),
            "2023-12-31T23:10Z");
  EXPECT_EQ(Occurred("29 februari 12:00, Bråk, Stockholm", "2025-01-10T01:20:00Z"),
            "2024-02-29T11:00Z");
}

TEST(OccurTime, KnowsTheChangesOfTheClock) {
  // 02:30 does not exist on the last Sunday of March and exists twice on that of October.
  EXPECT_EQ(Occurred("26 mars 01:30, Rån, Stockholm", "2023-03-26T10:00:00Z"), "2023-03-26T00:30Z");
  EXPECT_EQ(Occurred("26 mars 03:30, Rån, Stockholm", "2023-03-26T10:00:00Z"), "2023-03-26T01:30Z");
  EXPECT_EQ(Occurred("29 oktober 02:30, Rån, Stockholm", "2023-10-29T10:00:00Z"),
            "2023-10-29T00:30Z");
}

TEST(OccurTime, RefusesWhatIsNoTime) {
  for (const char* name :
       {"", "Sammanfattning natt", "27 june 03:55, Rån", "32 maj 03:55, Rån", "31 april 10:00, Rån",
        "27 juni 25:00, Rån", "27 juni 10:60, Rån", "27 juni 10, Rån", "x juni 10:00, Rån"}) {
    EXPECT_EQ(Occurred(name, "2023-06-27T05:44:21Z"), "broken") << name;
  }
}

TEST(SameContent, AddressAndPublicationAloneAreNoRevision) {
  const auto event = ParsePolisenLine(kLine);
  PolisenEvent later = *event;
  later.url = "/aktuellt/y/";
  later.published += absl::Hours(1);
  later.seen += absl::Hours(1);
  EXPECT_TRUE(SameContent(*event, later));
  later.summary += " Rättat.";
  EXPECT_FALSE(SameContent(*event, later));
}

}  // namespace
}  // namespace samverkan::cli
