#include "clients/cli/arguments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace samverkan::cli {
namespace {

constexpr char kUsageUrl[] = "samverkan.example/usage";

}  // namespace

absl::Status UsageError(absl::string_view swedish, absl::string_view english) {
  absl::Status status = absl::InvalidArgumentError(english);
  status.SetPayload(kUsageUrl, absl::Cord(swedish));
  return status;
}

absl::Status UsageError(absl::string_view sentence) {
  return UsageError(sentence, sentence);
}

absl::Status MissingFlag(absl::string_view flag) {
  return UsageError(absl::StrCat("--", flag, " saknas"), absl::StrCat("--", flag, " is missing"));
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsageUrl).has_value();
}

std::string UsageSentence(const absl::Status& status, Language language) {
  const auto swedish = status.GetPayload(kUsageUrl);
  if (language == Language::kSwedish && swedish.has_value()) return std::string(*swedish);
  return std::string(status.message());
}

Language LanguageOf(absl::string_view name) {
  return absl::StartsWith(name, "sv") ? Language::kSwedish : Language::kEnglish;
}

absl::StatusOr<Arguments> Arguments::Parse(const std::vector<std::string>& words,
                                           const std::vector<Flag>& known) {
  Arguments result;
  for (size_t i = 0; i < words.size(); ++i) {
    absl::string_view word = words[i];
    if (word == "--") {
      result.positions_.insert(result.positions_.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (!absl::ConsumePrefix(&word, "--")) {
      result.positions_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(0, equals));
    const auto flag = std::find_if(known.begin(), known.end(),
                                   [&](const Flag& candidate) { return name == candidate.name; });
    if (flag == known.end())
      return UsageError(absl::StrCat("okänd flagga --", name),
                        absl::StrCat("unknown flag --", name));
    std::string value;
    if (*flag->value == '\0') {
      if (equals != word.npos)
        return UsageError(absl::StrCat("--", name, " tar inget värde"),
                          absl::StrCat("--", name, " takes no value"));
    } else if (equals != word.npos) {
      value = std::string(word.substr(equals + 1));
    } else if (++i < words.size()) {
      value = words[i];
    } else {
      return UsageError(absl::StrCat("--", name, " behöver ett värde: ", flag->value),
                        absl::StrCat("--", name, " needs a value: ", flag->value));
    }
    result.flags_[name].push_back(std::move(value));
  }
  return result;
}

bool Arguments::Has(absl::string_view flag) const {
  return flags_.count(std::string(flag)) > 0;
}

std::vector<std::string> Arguments::All(absl::string_view flag) const {
  const auto it = flags_.find(std::string(flag));
  return it == flags_.end() ? std::vector<std::string>() : it->second;
}

std::string Arguments::Get(absl::string_view flag) const {
  const auto it = flags_.find(std::string(flag));
  return it == flags_.end() ? "" : it->second.back();
}

absl::StatusOr<std::string> Arguments::Require(absl::string_view flag) const {
  std::string value = Get(flag);
  if (value.empty()) return MissingFlag(flag);
  return value;
}

absl::StatusOr<int64_t> Arguments::Number(absl::string_view flag, int64_t otherwise) const {
  if (!Has(flag)) return otherwise;
  int64_t number = 0;
  if (!absl::SimpleAtoi(Get(flag), &number)) {
    return UsageError(absl::StrCat("--", flag, " ska vara ett heltal"),
                      absl::StrCat("--", flag, " must be a whole number"));
  }
  return number;
}

}  // namespace samverkan::cli
