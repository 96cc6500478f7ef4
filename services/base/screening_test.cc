#include "services/base/screening.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/base/error.h"
#include "services/base/utf8.h"

namespace samverkan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr PersonalDataKind kIdentity = PersonalDataKind::kIdentityNumber;
constexpr PersonalDataKind kPhone = PersonalDataKind::kPhoneNumber;
constexpr PersonalDataKind kEmail = PersonalDataKind::kEmailAddress;

// The digit that completes YYMMDDNNN.
std::string WithCheckDigit(const std::string& nine) {
  int sum = 0;
  for (size_t i = 0; i < nine.size(); ++i) {
    const int product = (nine[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += product / 10 + product % 10;
  }
  return absl::StrCat(nine, (10 - sum % 10) % 10);
}

std::vector<PersonalDataKind> KindsIn(absl::string_view text) {
  std::vector<PersonalDataKind> kinds;
  for (const PersonalData& data : FindPersonalData(text)) kinds.push_back(data.kind);
  return kinds;
}

TEST(ScreeningTest, FindsIdentityNumbersHoweverTheyAreTyped) {
  // 121212-1212, the number that Swedish authorities give in examples.
  for (const char* text : {"121212-1212",
                           "1212121212",
                           "191212121212",
                           "19121212-1212",
                           "121212+1212",
                           "121212 1212",
                           "19 121212-1212",
                           "1912-12-12-1212",

                           "1912 12 12 1212",
                           "121212 - 1212",
                           "121212\u00a01212",
                           "121212\u20111212",
                           "121212\u22121212",
                           "121212\u20131212",
                           "\uff11\uff12\uff11\uff12\uff11\uff12\uff0d\uff11\uff12\uff11\uff12",
                           "121212-\u200b1212",
                           "12121\u00ad21212",
                           "pnr:121212-1212.",
                           "(121212-1212)",
                           "person121212-1212sedd",
                           "Lgh 12 121212-1212",
                           "121212-1212 2 st",
                           "1. 121212-1212",
                           "\u0661\u0662\u0661\u0662\u0661\u0662-1212"}) {
    EXPECT_THAT(KindsIn(text), ElementsAre(kIdentity)) << text;
  }
}

TEST(ScreeningTest, IdentityNumbersNeedACheckDigitThatIsRight) {
  const std::string good = WithCheckDigit("850709980");
  for (char digit = '0'; digit <= '9'; ++digit) {
    std::string number = good;
    number.back() = digit;
    EXPECT_EQ(KindsIn(number).empty(), digit != good.back()) << number;
  }
}

TEST(ScreeningTest, IdentityNumbersNeedADateThatExists) {
  struct Case {
    const char* nine;
    bool found;
  };
  for (const Case& c : std::vector<Case>{{"990131123", true},
                                         {"990132123", false},
                                         {"990430123", true},
                                         {"990431123", false},
                                         {"990001123", false},
                                         {"991301123", false},
                                         {"990100123", false},
                                         {"960229123", true},
                                         {"970229123", false},
                                         // Coordination numbers: the day and 60.
                                         {"990161123", true},
                                         {"990191123", true},
                                         {"990192123", false},
                                         {"990160123", false},
                                         {"990060123", true},
                                         {"990491123", false}}) {
    const std::string number = WithCheckDigit(c.nine);
    EXPECT_EQ(!KindsIn(number).empty(), c.found) << number;
  }
  // 1900 had no 29 February, 2000 had: with the century the year decides, without either may.
  const std::string leap = WithCheckDigit("000229123");
  EXPECT_THAT(KindsIn(absl::StrCat("20", leap)), ElementsAre(kIdentity));
  EXPECT_THAT(KindsIn(absl::StrCat("19", leap)), IsEmpty());
  EXPECT_THAT(KindsIn(absl::StrCat(leap.substr(0, 6), "-", leap.substr(6))),
              ElementsAre(kIdentity));
  EXPECT_THAT(KindsIn("211212121212"), IsEmpty());
  EXPECT_THAT(KindsIn("171212121212"), IsEmpty());
}

TEST(ScreeningTest, LongerRunsOfDigitsAreSomethingElse) {
  for (const char* text : {"1212121212123", "91212121212", "5121212-12125", "121212-121",
                           "121212--\n1212", "121212,1212", "1212.12-1212"}) {
    EXPECT_THAT(KindsIn(text), Not(::testing::Contains(kIdentity))) << text;
  }
}

TEST(ScreeningTest, FindsPhoneNumbers) {
  for (const char* text : {"08-508 25 000",
                           "08-12 34 56",
                           "0850825000",
                           "070-123 45 67",
                           "0701234567",
                           "070 - 123 45 67",
                           "(08) 508 25 000",
                           "08/508 25 000",
                           "0611-123 45",
                           "+46 70 123 45 67",
                           "+46701234567",
                           "+46 (0)70-123 45 67",
                           "0046 70 123 45 67",
                           "+47 22 12 34 56",
                           "+ 46 8 508 25 000",
                           "\uff0b46701234567",
                           "070\u2011123\u00a045\u00a067",
                           "Ring 070-123 45 67!",
                           "tel070-1234567",
                           "+1 202 555 0123"}) {
    EXPECT_THAT(KindsIn(text), ElementsAre(kPhone)) << text;
  }
  EXPECT_THAT(KindsIn("070-123 45 67/08-12 34 56"), ElementsAre(kPhone, kPhone));
  EXPECT_THAT(KindsIn("070-123 45 67 eller 08-12 34 56"), ElementsAre(kPhone, kPhone));
}

TEST(ScreeningTest, FindsEmailAddresses) {
  for (const char* text :
       {"anna@example.se", "Anna.Andersson+vakt@mail.example.co.uk", "<anna@example.se>",
        "mailto:anna@example.se.", "\u00e5sa@b\u00e5lsta.example.se", "a\u030asa@example.se",
        "anna\uff20example.se", "070123@example.se", "x@sub-domain.example"}) {
    EXPECT_THAT(KindsIn(text), ElementsAre(kEmail)) << text;
  }
  EXPECT_THAT(KindsIn("a@b.se,c@d.se"), ElementsAre(kEmail, kEmail));
  EXPECT_THAT(KindsIn("121212-1212@example.se"), ElementsAre(kEmail));
  for (const char* text : {"@polisen", "areas/sdo-hal@2020-07-01", "a@b", "a@b.c", "a@.se", "@b.se",
                           "a@b.12", "anna @ example.se", "a@@b.se."}) {
    EXPECT_THAT(KindsIn(text), Not(::testing::Contains(kEmail))) << text;
  }
}

TEST(ScreeningTest, LeavesOrdinaryReportsAlone) {
  for (const char* text :
       {"", "Trasig belysning vid Fru\u00e4ngens centrum, stolpe 1234 och 1235.",
        "Skadegörelse natten mot 2026-03-03, kl. 22.00\u201306.00.", "2026-03-03 1200",
        "2026-03-03 12:00\u201313:30", "Mellan 0600-1000 och 1400\u20131800",
        "03-04-2026 12:30 och 03/04/2026", "Buss 163 mot Bredäng, hållplats 4",
        "Ring 112 eller 114 14", "Kostnad 1 250 000 kr, +5 000 000 kr i budget",
        "Dnr 2.4-1234/2026, SOU 2021:12, 10 kap. 15 a \u00a7", "14 av 25 lampor, 0,5 m, 0-100",
        "0 1 2 3 4 5 6 7 8 9", "59.2866, 17.9656", "E4/E20, väg 226, port 12-14", "0123-4567",
        "0012345678", "1177"}) {
    EXPECT_THAT(KindsIn(text), IsEmpty()) << text;
  }
}

TEST(ScreeningTest, SpansCountCodePointsOfTheTextAsGiven) {
  // Decomposed å is two, an emoji one, the invisible character inside counts too.
  EXPECT_THAT(FindPersonalData("\u00e5a\u030a\U0001f6b2 121212-\u200b1212, a@b.se"),
              ElementsAre(PersonalData{kIdentity, 5, 17}, PersonalData{kEmail, 19, 25}));
  EXPECT_THAT(FindPersonalData("\xff +46701234567"), ElementsAre(PersonalData{kPhone, 2, 14}));
}

TEST(ScreeningTest, FindingsAreOrderedApartAndInsideForAnyText) {
  std::ifstream file("tests/data/hostile/blns.json");
  const nlohmann::json list = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> texts = list.get<std::vector<std::string>>();
  texts.insert(texts.end(),
               {std::string(100000, '1'), std::string(100000, '@'), std::string(100000, '+'),
                std::string(100000, '-'), std::string(100000, '\x80')});
  std::string mixed;
  for (int i = 0; i < 20000; ++i) mixed += "0-a@1.";
  texts.push_back(mixed);
  for (const std::string& text : texts) {
    int64_t previous = 0;
    for (const PersonalData& data : FindPersonalData(text)) {
      EXPECT_LE(previous, data.start);
      EXPECT_LT(data.start, data.end);
      EXPECT_LE(data.end, static_cast<int64_t>(text.size()));
      previous = data.end;
    }
  }
}

TEST(ScreeningTest, AnIdentityNumberAsAWhole) {
  EXPECT_TRUE(IsIdentityNumber("191212121212"));
  EXPECT_TRUE(IsIdentityNumber("121212-1212"));
  EXPECT_FALSE(IsIdentityNumber("x191212121212"));
  EXPECT_FALSE(IsIdentityNumber("191212121212 "));
  EXPECT_FALSE(IsIdentityNumber("hal-tryggsam"));
  EXPECT_FALSE(IsIdentityNumber(""));
}

TEST(ScreeningTest, RefusesWithKindAndPlaceButNeverTheText) {
  EXPECT_TRUE(ScreenText("content.description", "Trasig lampa.").ok());
  const absl::Status status = ScreenText("content.description", "Ring 070-123 45 67, 121212-1212");
  EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_PERSONAL_DATA_SUSPECTED);
  const google::rpc::BadRequest details = BadRequestOf(status);
  ASSERT_EQ(details.field_violations_size(), 2);
  EXPECT_EQ(details.field_violations(0).field(), "content.description");
  EXPECT_THAT(details.field_violations(0).description(), HasSubstr("5 to 18"));
  EXPECT_THAT(details.field_violations(1).description(), HasSubstr("identity number"));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("070")));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("1212")));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a@b.se ";
  EXPECT_EQ(BadRequestOf(ScreenText("text", many)).field_violations_size(), kViolationsMax);
}

TEST(CheckTextTest, CountsCodePoints) {
  EXPECT_TRUE(CheckText("title", "", 0).ok());
  EXPECT_TRUE(CheckText("title", "\u00e5\u00e4\u00f6\U0001f6b2", 4).ok());
  const absl::Status status = CheckText("title", "\u00e5\u00e4\u00f6\U0001f6b2x", 4);
  EXPECT_EQ(ReasonOf(status), errors::v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(BadRequestOf(status).field_violations(0).field(), "title");
}

TEST(CheckTextTest, RefusesWhatIsNotPlainText) {
  EXPECT_TRUE(CheckText("text", "line\n\tnext \u00a0\u2011 a\u030a", 100).ok());
  for (const std::string& text : std::vector<std::string>{
           "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", std::string(1, '\0'),
           "a\rb", "a\x1b[31m", "\x7f", "\u0085", "\u2028", "\u202e", "\u202a", "\u2066", "\u2069",
           "\u200f", "\u061c"}) {
    EXPECT_EQ(ReasonOf(CheckText("text", text, 100)), errors::v1::ERROR_REASON_FIELD_INVALID);
  }
}

TEST(Utf8Test, CountsOnlyWhatIsUtf8) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("a\u00e5\u20ac\U0001f6b2"), 4);
  EXPECT_EQ(CountCodePoints("\xf8\x88\x80\x80\x80"), std::nullopt);
  EXPECT_EQ(CountCodePoints("\xe0\x80\x80"), std::nullopt);
}

}  // namespace
}  // namespace samverkan
