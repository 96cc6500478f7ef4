#include "clients/cli/rows.h"

#include <gtest/gtest.h>

namespace samverkan::cli {
namespace {

TEST(RowsTest, ValuesStandInOneColumnWhateverTheLabelAndTheLines) {
  Rows rows("rubrik", Language::kSwedish);
  rows.Add({"text", "text"}, "Rån vid torget.\n  ägare   ingen alls\n")
      .Add({"rättsligt stöd", "legal ground"}, "LB_X")
      .Add({"tomt", "empty"}, "");
  EXPECT_EQ(std::move(rows).text(),
            "rubrik\n"
            "  text            Rån vid torget.\n"
            "                    ägare   ingen alls\n"
            "  rättsligt stöd  LB_X\n");
}

}  // namespace
}  // namespace samverkan::cli
