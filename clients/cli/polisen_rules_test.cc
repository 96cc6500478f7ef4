#include "clients/cli/polisen_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "clients/cli/gzip_lines.h"
#include "clients/cli/home.h"
#include "clients/cli/polisen_event.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kStadsdelar[] =
    "stadsdel,lokalpolisomrade_fran_2025_01_01,lokalpolisomrade_till_2024_12_31\n"
    "Örby,Farsta,Farsta\nÖrby slott,Globen,Globen\nÖstermalm,Norra "
    "innerstaden,Norrmalm\nFarsta,Farsta,Farsta\n"
    "Gamla stan,Södermalm,Södermalm\n";

std::vector<std::string> Named(const std::string& text) {
  const auto stadsdelar = Stadsdelar::FromCsv(kStadsdelar);
  std::vector<std::string> names;
  for (const Stadsdel* stadsdel : stadsdelar->NamedIn(text)) names.push_back(stadsdel->name);
  return names;
}

TEST(Stadsdelar, FindsWholeWordsAndTheLongestName) {
  EXPECT_THAT(Named("Polis larmades till Örby slott i natt."), ElementsAre("Örby slott"));
  EXPECT_THAT(Named("I Örby. Senare vid Örby slott."), ElementsAre("Örby", "Örby slott"));
  EXPECT_THAT(Named("Farsta"), ElementsAre("Farsta"));
  EXPECT_THAT(Named("(Farsta)–Örby"), ElementsAre("Örby", "Farsta"));
  EXPECT_THAT(Named("Farsta, Farsta och Farsta"), ElementsAre("Farsta"));
}

TEST(Stadsdelar, LeavesOtherWordsAlone) {
  for (const char* text : {"Farstas centrum", "Farstaborna", "farsta", "Södra Örbyvägen",
                           "Östermalmstorg", "NyFarsta", "Örbyå", "åÖrby", ""}) {
    EXPECT_THAT(Named(text), IsEmpty()) << text;
  }
}

TEST(StadsdelArea, FollowsTheDirectorysSpelling) {
  EXPECT_EQ(StadsdelArea("Västertorp"), "areas/stadsdel-vastertorp");
  EXPECT_EQ(StadsdelArea("Södra Hammarbyhamnen"), "areas/stadsdel-sodra-hammarbyhamnen");
  EXPECT_EQ(StadsdelArea("Örby slott"), "areas/stadsdel-orby-slott");
}

TEST(SlotUnit, IsThatOfTheDateOrOfWhoTookOver) {
  const auto stadsdelar = Stadsdelar::FromCsv(kStadsdelar);
  const Stadsdel& moved = *stadsdelar->NamedIn("Östermalm")[0];
  const std::map<std::string, std::string> now = {{"Norra innerstaden", "norin"},
                                                  {"Farsta", "farst"}};
  EXPECT_EQ(SlotUnit(moved, absl::CivilDay(2025, 1, 1), now), "norin");
  EXPECT_EQ(SlotUnit(moved, absl::CivilDay(2024, 12, 31), now), "norin");
  const std::map<std::string, std::string> both = {{"Norra innerstaden", "norin"},
                                                   {"Norrmalm", "norrm"}};
  EXPECT_EQ(SlotUnit(moved, absl::CivilDay(2024, 12, 31), both), "norrm");
  EXPECT_EQ(SlotUnit(moved, absl::CivilDay(2024, 12, 31), {}), "");
}

TEST(PolisenTypes, ReadsFormsAndRefusesMistakes) {
  const auto types = PolisenTypes::FromCsv(
      "type,code,form,n\n\"Rån, försök\",INC_RAN_PERS,I,46\nSammanfattning natt,EXT_NOTE,-,0\n");
  ASSERT_TRUE(types.ok());
  EXPECT_EQ(types->Find("Rån, försök")->category, "INC_RAN_PERS");
  EXPECT_EQ(types->Find("Sammanfattning natt")->form, PolisenForm::kNotice);
  EXPECT_EQ(types->Find("Rån"), nullptr);
  EXPECT_FALSE(PolisenTypes::FromCsv("type,code,form\na,b,Q\n").ok());
  EXPECT_FALSE(PolisenTypes::FromCsv("type,code,form\na,b,I\na,c,I\n").ok());
  EXPECT_FALSE(PolisenTypes::FromCsv("type,code\na,b\n").ok());
  EXPECT_FALSE(PolisenTypes::FromCsv("").ok());
}

// The project's own copy of the feed: what is known of it holds.
class PolisenData : public ::testing::Test {
 protected:
  static std::string Read(const std::string& name) { return *ReadFile("deploy/data/" + name); }

  void SetUp() override {
    types_ = *PolisenTypes::FromCsv(Read("polisen-types.csv"));
    stadsdelar_ = *Stadsdelar::FromCsv(Read("stadsdelar.csv"));
    GzipLines lines = *GzipLines::Open("deploy/data/stockholm-revisions.jsonl.gz");
    std::string line;
    while (*lines.Next(line)) {
      const auto event = ParsePolisenLine(line);
      ASSERT_TRUE(event.ok()) << line;
      ASSERT_TRUE(OccurTime(*event).ok()) << line;
      ASSERT_NE(types_.Find(event->type), nullptr) << event->type;
      states_[event->id].push_back(*event);
    }
  }

  PolisenTypes types_;
  Stadsdelar stadsdelar_;
  std::map<int64_t, std::vector<PolisenEvent>> states_;
};

TEST_F(PolisenData, HasTheCountsItIsKnownFor) {
  EXPECT_EQ(states_.size(), 7912u);
  size_t later = 0;
  size_t changed = 0;
  size_t events_changed = 0;
  std::map<PolisenForm, int> forms;
  int named_once = 0;
  for (const auto& [id, states] : states_) {
    later += states.size() - 1;
    size_t changes = 0;
    for (size_t i = 1; i < states.size(); ++i)
      changes += SameContent(states[i - 1], states[i]) ? 0 : 1;
    changed += changes;
    events_changed += changes > 0 ? 1 : 0;
    const PolisenEvent& last = states.back();
    const PolisenForm form = types_.Find(last.type)->form;
    ++forms[form];
    if (form == PolisenForm::kItem && last.place == "Stockholm" &&
        stadsdelar_.NamedIn(last.summary).size() == 1)
      ++named_once;
  }
  EXPECT_EQ(later, 306u);
  EXPECT_EQ(changed, 178u);
  EXPECT_EQ(events_changed, 173u);
  EXPECT_EQ(forms[PolisenForm::kItem], 6955);
  EXPECT_EQ(forms[PolisenForm::kAggregate], 819);
  EXPECT_EQ(forms[PolisenForm::kNever], 134);
  EXPECT_EQ(forms[PolisenForm::kNotice], 4);
  EXPECT_EQ(named_once, 1452);
}

TEST_F(PolisenData, HoldsTheEventsThatAreHardToRead) {
  const auto named = [&](int64_t id, size_t state) {
    std::vector<std::string> names;
    for (const Stadsdel* stadsdel : stadsdelar_.NamedIn(states_.at(id)[state].summary))
      names.push_back(stadsdel->name);
    return names;
  };
  EXPECT_THAT(named(423720, 0), ElementsAre("Örby slott"));
  EXPECT_THAT(named(462507, 0), IsEmpty());
  EXPECT_THAT(named(462507, 1), ElementsAre("Tensta"));
  EXPECT_EQ(absl::FormatTime("%Y-%m-%d", *OccurTime(states_.at(480687)[0]), Stockholm()),
            "2023-12-31");
}

}  // namespace
}  // namespace samverkan::cli
