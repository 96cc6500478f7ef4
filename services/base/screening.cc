#include "services/base/screening.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/base/error.h"
#include "services/base/utf8.h"

namespace samverkan {
namespace {

enum class Class : uint8_t {
  kDigit,
  kHyphen,
  kSpace,
  kPlus,
  kSlash,
  kParenthesis,
  kDot,
  kAt,
  kWord,
  kOther
};

// A visible character: its class, a digit's value and its place in the text.
struct Symbol {
  Class kind;
  uint8_t digit = 0;
  int64_t position = 0;
};

// Characters without width or ink, which copying from web pages and word processors leaves behind.
bool IsInvisible(char32_t c) {
  return c == 0xad || (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff ||
         (c >= 0xfe00 && c <= 0xfe0f);
}

std::optional<uint8_t> DigitOf(char32_t c) {
  // First digits of the scripts whose digits a keyboard or an input method here may give.
  constexpr std::array<char32_t, 5> kZeros = {'0', 0x660, 0x6f0, 0x966, 0xff10};
  for (const char32_t zero : kZeros) {
    if (c >= zero && c < zero + 10) return static_cast<uint8_t>(c - zero);
  }
  // Mathematical digits: five styles of ten.
  if (c >= 0x1d7ce && c <= 0x1d7ff) return static_cast<uint8_t>((c - 0x1d7ce) % 10);
  return std::nullopt;
}

Class ClassOf(char32_t c) {
  if (c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58 || c == 0xfe63 ||
      c == 0xff0d) {
    return Class::kHyphen;
  }
  if (c == ' ' || c == '\t' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
      c == 0x202f || c == 0x205f || c == 0x3000) {
    return Class::kSpace;
  }
  if (c == '+' || c == 0xff0b) return Class::kPlus;
  if (c == '/' || c == 0xff0f) return Class::kSlash;
  if (c == '(' || c == ')' || c == 0xff08 || c == 0xff09) return Class::kParenthesis;
  if (c == '.' || c == 0xff0e) return Class::kDot;
  if (c == '@' || c == 0xff20 || c == 0xfe6b) return Class::kAt;
  const bool ascii_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  // Above ASCII, everything but the general punctuation counts as a letter or a part of one.
  const bool other_letter = c >= 0xc0 && c != 0xd7 && c != 0xf7 && (c < 0x2000 || c > 0x206f) &&
                            (c < 0x3000 || c > 0x303f);
  return ascii_letter || other_letter || c == '_' || c == '%' ? Class::kWord : Class::kOther;
}

std::vector<Symbol> Symbols(absl::string_view text) {
  std::vector<Symbol> symbols;
  symbols.reserve(text.size());
  for (int64_t position = 0; !text.empty(); ++position) {
    const std::optional<char32_t> c = TakeCodePoint(text);
    if (!c) {
      symbols.push_back({Class::kOther, 0, position});
    } else if (const std::optional<uint8_t> digit = DigitOf(*c)) {
      symbols.push_back({Class::kDigit, *digit, position});
    } else if (!IsInvisible(*c)) {
      symbols.push_back({ClassOf(*c), 0, position});
    }
  }
  return symbols;
}

// Digits with what stands between them.
struct Number {
  std::vector<uint8_t> digits;
  std::vector<Class> gaps;   // what precedes each digit but the first; kDigit for nothing
  std::vector<size_t> ends;  // index of the symbol after each digit
};

constexpr size_t kGapMax = 3;
constexpr size_t kPhoneDigitsMax = 17;

bool IsSeparator(Class kind) {
  return kind == Class::kHyphen || kind == Class::kSpace || kind == Class::kPlus ||
         kind == Class::kSlash || kind == Class::kParenthesis;
}

// The digits from `start` on, across gaps of at most kGapMax separators, at most one more digit
// than any number has. A gap is named by what weighs most in it, spaces least.
Number NumberAt(const std::vector<Symbol>& symbols, size_t start) {
  Number number;
  size_t at = start;
  while (number.digits.size() <= kPhoneDigitsMax) {
    Class gap = Class::kDigit;
    size_t next = at;
    while (next < symbols.size() && next - at < kGapMax && IsSeparator(symbols[next].kind)) {
      if (gap == Class::kDigit || gap == Class::kSpace) gap = symbols[next].kind;
      ++next;
    }
    if (next >= symbols.size() || symbols[next].kind != Class::kDigit) break;
    if (!number.digits.empty()) number.gaps.push_back(gap);
    number.digits.push_back(symbols[next].digit);
    at = next + 1;
    number.ends.push_back(at);
  }
  return number;
}

bool IsLeap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool DateExists(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0);
}

// Of the ten digits YYMMDDNNNC.
bool CheckDigitIsRight(const uint8_t* digits) {
  int sum = 0;
  for (int i = 0; i < 10; ++i) {
    const int product = digits[i] * (i % 2 == 0 ? 2 : 1);
    sum += product / 10 + product % 10;
  }
  return sum % 10 == 0;
}

bool IsBirthDate(int century, const uint8_t* digits) {
  const int year_of_century = digits[0] * 10 + digits[1];
  const int month = digits[2] * 10 + digits[3];
  const int day = digits[4] * 10 + digits[5];
  // A coordination number adds 60; where the date of birth is not known the month is 00, the
  // day 60.
  if (month == 0 && day == 60) return true;
  const int date = day > 60 ? day - 60 : day;
  if (century > 0) return DateExists(century * 100 + year_of_century, month, date);
  return DateExists(1900 + year_of_century, month, date) ||
         DateExists(2000 + year_of_century, month, date);
}

// Whether the first `count` digits stand grouped as people write a date and four digits: gaps only
// between year, month, day and the last four. "2026-03-03 1200" is a date and a time of day: after
// a date with hyphens no mere space precedes the last four.
bool IsGroupedAsIdentityNumber(const Number& number, size_t count) {
  bool hyphen_in_date = false;
  for (size_t i = 1; i < count; ++i) {
    const Class gap = number.gaps[i - 1];
    if (gap == Class::kDigit) continue;
    if (i % 2 != 0 || i > count - 4 || (gap == Class::kPlus && i != count - 4)) return false;
    if (gap == Class::kSlash || gap == Class::kParenthesis) return false;
    if (i < count - 4) hyphen_in_date = hyphen_in_date || gap == Class::kHyphen;
    if (i == count - 4 && hyphen_in_date && gap == Class::kSpace) return false;
  }
  return true;
}

// How many of the digits are an identity number, 0 for none. The next digit must stand apart.
size_t IdentityNumberDigits(const Number& number) {
  const std::vector<uint8_t>& digits = number.digits;
  for (const size_t count : {size_t{12}, size_t{10}}) {
    if (digits.size() < count) continue;
    if (digits.size() > count && number.gaps[count - 1] == Class::kDigit) continue;
    const uint8_t* last_ten = digits.data() + (count - 10);
    const int century = count == 12 ? digits[0] * 10 + digits[1] : 0;
    if (count == 12 && (century < 18 || century > 20)) continue;
    if (IsBirthDate(century, last_ten) && CheckDigitIsRight(last_ten) &&
        IsGroupedAsIdentityNumber(number, count)) {
      return count;
    }
  }
  return 0;
}

// Sizes of the groups of digits, "08-508 25 000" being 2, 3, 2, 3.
std::vector<size_t> Groups(const Number& number, size_t count) {
  std::vector<size_t> groups = {1};
  for (size_t i = 1; i < count; ++i) {
    if (number.gaps[i - 1] == Class::kDigit) {
      ++groups.back();
    } else {
      groups.push_back(1);
    }
  }
  return groups;
}

bool StartsWith(const std::vector<size_t>& groups, const std::vector<size_t>& start) {
  return groups.size() >= start.size() && std::equal(start.begin(), start.end(), groups.begin());
}

// A Swedish number has eight to ten digits, two or more of them its area code. What is written as
// two clock times (0600-1000) or starts with a date (01-02-2026) is none.
bool IsNational(const Number& number, size_t count) {
  if (count < 8 || count > 10 || number.digits[0] != 0 || number.digits[1] == 0) return false;
  const std::vector<size_t> groups = Groups(number, count);
  return groups[0] >= 2 && !StartsWith(groups, {4, 4}) && !StartsWith(groups, {2, 2, 4});
}

// How many of the digits are a phone number, 0 for none.
size_t PhoneNumberDigits(const Number& number, bool after_plus) {
  const std::vector<uint8_t>& digits = number.digits;
  // The longest run of groups that fits: what follows a number is often another.
  for (size_t count = std::min(digits.size(), kPhoneDigitsMax); count >= 8; --count) {
    if (count < digits.size() && number.gaps[count - 1] == Class::kDigit) continue;
    // E.164: at most 15 digits; nine is the shortest Swedish one with its country code.
    if (after_plus && digits[0] != 0 && count >= 9 && count <= 15) return count;
    const bool dials_out = digits[0] == 0 && digits[1] == 0 && digits[2] != 0;
    if (!after_plus && dials_out && count >= 11) return count;
    if (!after_plus && IsNational(number, count)) return count;
  }
  return 0;
}

class Screen {
 public:
  explicit Screen(absl::string_view text) : symbols_(Symbols(text)) {}

  std::vector<PersonalData> Run() {
    for (size_t i = 0; i < symbols_.size();) {
      size_t end = i;
      if (symbols_[i].kind == Class::kDigit) {
        end = TakeNumber(i);
        // Digits that are nothing are passed as a run, so that nothing starts in the middle of one.
        while (end < symbols_.size() && symbols_[end].kind == Class::kDigit) ++end;
      } else if (symbols_[i].kind == Class::kAt) {
        end = TakeEmailAddress(i);
      }
      i = std::max(end, i + 1);
    }
    return std::move(found_);
  }

 private:
  // Index of the symbol after what was found, or `start`.
  size_t TakeNumber(size_t start) {
    const Number number = NumberAt(symbols_, start);
    if (const size_t count = IdentityNumberDigits(number); count > 0) {
      return Add(PersonalDataKind::kIdentityNumber, start, number.ends[count - 1]);
    }
    if (ContinuesOtherDigits(start)) return start;
    const size_t plus = PlusBefore(start);
    if (const size_t count = PhoneNumberDigits(number, plus < start); count > 0) {
      return Add(PersonalDataKind::kPhoneNumber, plus, number.ends[count - 1]);
    }
    return start;
  }

  // As the month in 03-04-2026 does; not the second of two numbers with a slash between.
  bool ContinuesOtherDigits(size_t start) const {
    if (start < 2 || start - 1 == found_end_) return false;
    const Class before = symbols_[start - 1].kind;
    return (before == Class::kHyphen || before == Class::kSlash) &&
           symbols_[start - 2].kind == Class::kDigit;
  }

  // Index of a plus sign right before, or before one space; `start` where there is none.
  size_t PlusBefore(size_t start) const {
    size_t at = start;
    if (at > 0 && symbols_[at - 1].kind == Class::kSpace) --at;
    return at > 0 && symbols_[at - 1].kind == Class::kPlus ? at - 1 : start;
  }

  // Around the at sign: one or more characters before, a host with a dot after, whose last label
  // has two letters or more. Stops at other at signs on both sides, so all of them together cost
  // one pass.
  size_t TakeEmailAddress(size_t at) {
    size_t start = at;
    while (start > 0 && IsLocalPart(symbols_[start - 1].kind)) --start;
    size_t end = at + 1;
    size_t label = end;
    size_t last_good = 0;
    bool letters = true;
    for (; end < symbols_.size(); ++end) {
      const Class kind = symbols_[end].kind;
      if (kind == Class::kDot) {
        if (end == label) break;
        label = end + 1;
        letters = true;
      } else if (kind == Class::kWord || kind == Class::kDigit || kind == Class::kHyphen) {
        letters = letters && kind == Class::kWord;
        if (label > at + 1 && letters && end - label >= 1) last_good = end + 1;
      } else {
        break;
      }
    }
    if (start == at || last_good == 0) return at;
    // Digits of the local part may have been taken for a number; the address is more.
    while (!found_.empty() && found_.back().end > symbols_[start].position) found_.pop_back();
    return Add(PersonalDataKind::kEmailAddress, start, last_good);
  }

  static bool IsLocalPart(Class kind) {
    return kind == Class::kWord || kind == Class::kDigit || kind == Class::kDot ||
           kind == Class::kHyphen || kind == Class::kPlus;
  }

  size_t Add(PersonalDataKind kind, size_t start, size_t end) {
    found_.push_back({kind, symbols_[start].position, symbols_[end - 1].position + 1});
    found_end_ = end;
    return end;
  }

  std::vector<Symbol> symbols_;
  std::vector<PersonalData> found_;
  size_t found_end_ = 0;  // index of the symbol after the last one found
};

absl::string_view KindName(PersonalDataKind kind) {
  switch (kind) {
    case PersonalDataKind::kIdentityNumber:
      return "a personal identity number";
    case PersonalDataKind::kPhoneNumber:
      return "a phone number";
    case PersonalDataKind::kEmailAddress:
      return "an e-mail address";
  }
  return "personal data";
}

// Embeddings, overrides, isolates and marks of direction.
bool ChangesDirection(char32_t c) {
  return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool IsControl(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
         c == 0x2029;
}

}  // namespace

std::vector<PersonalData> FindPersonalData(absl::string_view text) {
  return Screen(text).Run();
}

bool IsIdentityNumber(absl::string_view text) {
  const std::vector<PersonalData> found = FindPersonalData(text);
  const std::optional<int64_t> size = CountCodePoints(text);
  return found.size() == 1 &&
         found[0] == PersonalData{PersonalDataKind::kIdentityNumber, 0, size.value_or(-1)};
}

absl::Status ScreenText(absl::string_view field, absl::string_view text) {
  const std::vector<PersonalData> found = FindPersonalData(text);
  if (found.empty()) return absl::OkStatus();
  std::vector<FieldViolation> violations;
  for (const PersonalData& data : found) {
    if (violations.size() == kViolationsMax) break;
    violations.push_back(
        {std::string(field), absl::StrCat("Characters ", data.start, " to ", data.end,
                                          " look like ", KindName(data.kind), ".")});
  }
  return Error(errors::v1::ERROR_REASON_PERSONAL_DATA_SUSPECTED,
               absl::StrCat(field, " seems to identify a person; replace what is marked."), {},
               violations);
}

absl::Status CheckText(absl::string_view field, absl::string_view text, int64_t code_points_max) {
  int64_t count = 0;
  while (!text.empty()) {
    const std::optional<char32_t> c = TakeCodePoint(text);
    if (!c) return FieldInvalid(field, "must be UTF-8.");
    if (IsControl(*c)) {
      return FieldInvalid(field, "must not contain control characters but newline and tab.");
    }
    if (ChangesDirection(*c)) {
      return FieldInvalid(field, "must not contain characters that change the direction of text.");
    }
    if (++count > code_points_max) {
      return FieldInvalid(field,
                          absl::StrCat("must have at most ", code_points_max, " characters."));
    }
  }
  return absl::OkStatus();
}

}  // namespace samverkan
