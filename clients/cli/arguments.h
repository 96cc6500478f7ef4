#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/text.h"

namespace samverkan::cli {

// One flag of a command: --name VALUE, --name=VALUE, or a bare switch where `value` is empty. May
// be repeated.
struct Flag {
  const char* name;
  const char* value;
  Text help;
};

// What was typed after a command's name.
class Arguments {
 public:
  // A usage error for an unknown flag or a missing value. Flags and positions may stand in any
  // order; "--" ends the flags.
  static absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words,
                                         const std::vector<Flag>& known);

  const std::vector<std::string>& positions() const { return positions_; }
  bool Has(absl::string_view flag) const;
  // The last value given; empty without.
  std::string Get(absl::string_view flag) const;
  std::vector<std::string> All(absl::string_view flag) const;
  // A usage error where it is missing.
  absl::StatusOr<std::string> Require(absl::string_view flag) const;
  // A usage error where it is no number; `otherwise` without the flag.
  absl::StatusOr<int64_t> Number(absl::string_view flag, int64_t otherwise) const;

 private:
  std::vector<std::string> positions_;
  std::map<std::string, std::vector<std::string>> flags_;
};

// Something typed wrong, as opposed to refused. The message is the English sentence.
absl::Status UsageError(absl::string_view swedish, absl::string_view english);
// For a sentence that is in the reader's language already.
absl::Status UsageError(absl::string_view sentence);
absl::Status MissingFlag(absl::string_view flag);
bool IsUsageError(const absl::Status& status);
// Its sentence; of another status the message.
std::string UsageSentence(const absl::Status& status, Language language);

}  // namespace samverkan::cli
