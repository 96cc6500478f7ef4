#include "services/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace samverkan {
namespace {

std::string Line(std::initializer_list<LogField> fields) {
  return FormatLogLine(LogLevel::kWarning, "call", fields, "2026-03-02T09:10:00+00:00");
}

TEST(LogTest, ALineIsAnObjectWithItsFieldsInOrder) {
  EXPECT_EQ(Line({{"method", "Get"}, {"latency_us", int64_t{-7}}, {"half", 0.5}, {"ok", true}}),
            R"({"time":"2026-03-02T09:10:00+00:00","level":"warning","event":"call",)"
            R"("method":"Get","latency_us":-7,"half":0.5,"ok":true})");
}

// Whatever a value holds, a reader of lines gets one line, and a reader of JSON gets it back.
TEST(LogTest, HostileBytesStayWithinTheirString) {
  for (const std::string value :
       {std::string("a\"b\\c"), std::string("two\nlines\r\t"), std::string("nul\0byte", 8),
        std::string("Örby slott"), std::string("\x7f\x1b[31m"), std::string("\xe2\x80\xa8")}) {
    const std::string line = Line({{"value", value}, {value, int64_t{1}}});
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    const auto parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed["value"], value);
    EXPECT_EQ(parsed[value], 1);
  }
}

TEST(LogTest, BytesThatAreNoTextAreReplaced) {
  const auto parsed = nlohmann::json::parse(Line({{"value", "a\xff\xfe"}}));
  EXPECT_EQ(parsed["value"], "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(LogTest, NumbersWithoutAValueInJsonAreNull) {
  const auto parsed =
      nlohmann::json::parse(Line({{"value", std::numeric_limits<double>::infinity()}}));
  EXPECT_TRUE(parsed["value"].is_null());
}

}  // namespace
}  // namespace samverkan
