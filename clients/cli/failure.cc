#include "clients/cli/failure.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "clients/cli/arguments.h"
#include "clients/cpp/call_error.h"
#include "samverkan/errors/v1/errors.pb.h"
#include "samverkan/options/v1/options.pb.h"

namespace samverkan::cli {
namespace {

using client::CallError;
using client::ErrorOf;

struct Advice {
  const char* reason;
  Text text;
};

// What to do; reasons whose sentence says it already are left out.
constexpr Advice kAdvice[] = {
    {"IDENTITY_INSUFFICIENT",
     {"Logga in på nytt, eller kontrollera certifikatet.",
      "Sign in again, or check the certificate."}},
    {"NO_MANDATE",
     {"Välj mandat med --mandate, eller be den egna administratören: samverkan mandate list.",
      "Choose a mandate with --mandate, or ask your own administrator: samverkan mandate list."}},
    {"NO_CLAUSE_IN_FORCE",
     {"Se vad som skulle ändra beslutet: samverkan explain.",
      "See what would change the decision: samverkan explain."}},
    {"AREA_OUT_OF_SCOPE",
     {"Kontrollera platsen och klausulens område: samverkan explain.",
      "Check the place and the clause's area: samverkan explain."}},
    {"CATEGORY_NOT_COVERED",
     {"Sådant räknas bara, eller lämnas inte alls.",
      "Such things are only counted, or never handed over."}},
    {"PURPOSE_NOT_PERMITTED",
     {"Ange --purpose, en kod som klausulen nämner.", "Give --purpose, a code the clause lists."}},
    {"LEGAL_POSITION_MISSING",
     {"Ange --legal och en motivering på 20 till 500 tecken.",
      "Give --legal and a motivation of 20 to 500 characters."}},
    {"PERSONAL_DATA_SUSPECTED",
     {"Ta bort uppgifterna på de angivna ställena.", "Remove the data at the places named."}},
    {"REQUEST_ID_REUSED", {"Kör kommandot på nytt.", "Run the command anew."}},
    {"NOT_READY", {"Försök igen om en stund.", "Try again in a moment."}},
    {"LIMIT_EXCEEDED", {"Vänta, eller dela upp arbetet.", "Wait, or divide the work."}},
};

bool IsNetwork(const CallError& error) {
  return error.reason.empty() && (error.code == absl::StatusCode::kUnavailable ||
                                  error.code == absl::StatusCode::kDeadlineExceeded);
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  if (IsUsageError(status)) return kTypedWrong;
  return IsNetwork(ErrorOf(status)) ? kUnreachable : kRefused;
}

std::string ReasonSentence(const std::string& reason, Language language) {
  const auto* value =
      errors::v1::ErrorReason_descriptor()->FindValueByName("ERROR_REASON_" + reason);
  if (value == nullptr || !value->options().HasExtension(options::v1::error)) return "";
  const auto& policy = value->options().GetExtension(options::v1::error);
  return language == Language::kSwedish ? policy.sv() : policy.en();
}

std::string DescribeFailure(const absl::Status& status, Language language) {
  if (IsUsageError(status)) return absl::StrCat(UsageSentence(status, language), "\n");
  const CallError error = ErrorOf(status);
  if (IsNetwork(error)) {
    constexpr Text kText = {"Navet kan inte nås", "The hub cannot be reached"};
    return absl::StrCat(kText.In(language), ": ", error.message, "\n");
  }
  if (error.reason.empty()) return absl::StrCat(error.message, "\n");
  const auto code = error.metadata.find("code");
  std::string text = absl::StrCat(error.reason);
  if (code != error.metadata.end() && !code->second.empty()) {
    absl::StrAppend(&text, " (", code->second, ")");
  }
  absl::StrAppend(&text, ": ", ReasonSentence(error.reason, language), "\n");
  // Of a single field the message says what its line says.
  const bool told =
      error.fields.size() == 1 &&
      error.message == absl::StrCat(error.fields[0].field, ": ", error.fields[0].description);
  if (!error.message.empty() && !told) absl::StrAppend(&text, "  ", error.message, "\n");
  for (const auto& [key, value] : error.metadata) {
    if (key != "code") absl::StrAppend(&text, "  ", key, ": ", value, "\n");
  }
  for (const auto& fault : error.fields) {
    absl::StrAppend(&text, "  ", fault.field, ": ", fault.description, "\n");
  }
  for (const auto& advice : kAdvice) {
    if (error.reason == advice.reason)
      absl::StrAppend(&text, "  → ", advice.text.In(language), "\n");
  }
  return text;
}

std::string FailureJson(const absl::Status& status) {
  const CallError error = ErrorOf(status);
  nlohmann::json fields = nlohmann::json::array();
  for (const auto& fault : error.fields) {
    fields.push_back({{"field", fault.field}, {"description", fault.description}});
  }
  const nlohmann::json object = {{"error",
                                  {{"status", absl::StatusCodeToString(error.code)},
                                   {"reason", error.reason},
                                   {"message", error.message},
                                   {"metadata", error.metadata},
                                   {"fields", fields}}}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace samverkan::cli
