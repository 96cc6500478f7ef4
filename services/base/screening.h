#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace samverkan {

// Finds what identifies a person in free text before it is saved (R22). A net for honest mistakes:
// it looks for what has a form of its own, and says where, so that a person can take it out.

enum class PersonalDataKind {
  // A Swedish personal or coordination number: ten or twelve digits, a date that exists (the day
  // raised by 60 in a coordination number) and a right check digit.
  kIdentityNumber,
  // A Swedish number with its area code, or an international one with "+" or "00".
  kPhoneNumber,
  kEmailAddress
};

// Where something was found, in code points from the start of the text: [start, end).
struct PersonalData {
  PersonalDataKind kind;
  int64_t start = 0;
  int64_t end = 0;
  bool operator==(const PersonalData&) const = default;
};

// In order, without overlaps. Takes what people and devices type: digits grouped by hyphens, dashes
// or spaces of any kind, full-width and other scripts' digits, invisible characters in between,
// composed and decomposed letters. Linear in the length; bytes that are not UTF-8 count as one code
// point each.
std::vector<PersonalData> FindPersonalData(absl::string_view text);

// Whether the whole text is one personal or coordination number.
bool IsIdentityNumber(absl::string_view text);

// PERSONAL_DATA_SUSPECTED when something is found: one violation each under the field's path, at
// most kViolationsMax, with kind and place and never the text.
inline constexpr int kViolationsMax = 20;
absl::Status ScreenText(absl::string_view field, absl::string_view text);

// FIELD_INVALID unless the text is UTF-8 of at most so many code points, without control characters
// but newline and tab, and without the characters that change the direction of writing, with which
// a text can be made to read otherwise than it is.
absl::Status CheckText(absl::string_view field, absl::string_view text, int64_t code_points_max);

}  // namespace samverkan
