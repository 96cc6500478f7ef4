#include "clients/cli/est_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cli/home.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(EstReports, TakeTheLatestSuchDayBefore) {
  const auto reports = ParseEstReports(*ReadFile("deploy/data/reports.json"),
                                       absl::CivilDay(2026, 11, 22));  // A Sunday.
  ASSERT_TRUE(reports.ok()) << reports.status();
  ASSERT_THAT(*reports, SizeIs(9));
  const auto shown = [&](size_t i) {
    return ShowTime((*reports)[i].request.incident().content().occur_span().start_time());
  };
  EXPECT_EQ(shown(0), "2026-11-19 19:42");  // Thursday.
  EXPECT_EQ((*reports)[0].reporter, "hal-rapp");
  EXPECT_EQ((*reports)[0].request.incident().foreign_id(), "report-1");
  for (const EstReport& report : *reports) {
    const auto at = ToTime(report.request.incident().content().occur_span().start_time());
    const absl::CivilDay day = absl::ToCivilDay(at, Stockholm());
    EXPECT_LT(day, absl::CivilDay(2026, 11, 22));
    EXPECT_GE(day, absl::CivilDay(2026, 11, 15));
  }
}

TEST(EstReports, SayWhichIsWrong) {
  const absl::CivilDay day(2026, 11, 22);
  EXPECT_FALSE(ParseEstReports("{}", day).ok());
  EXPECT_FALSE(ParseEstReports("[{\"reporter\":7}]", day).ok());
  const auto wrong = ParseEstReports(
      R"([{"reporter":"a","slot":"b","source":{},"content":{"category":"c"},"weekday":9,"localTime":"10:00"}])",
      day);
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("report 1"));
}

}  // namespace
}  // namespace samverkan::cli
