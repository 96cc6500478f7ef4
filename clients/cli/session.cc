#include "clients/cli/session.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/demo_issuer.h"
#include "clients/cpp/status.h"

namespace samverkan::cli {
namespace {

std::string Code(const std::string& prefix, const std::string& code) {
  return code.empty() || code.rfind(prefix, 0) == 0 ? code : prefix + code;
}

Language ChooseLanguage(const Arguments& arguments, const Console& console) {
  const std::string asked = arguments.Get("lang");
  return LanguageOf(asked.empty() ? console.environment("LANG") : asked);
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  return status.ok() ? text : "{}";
}

Session::Session(const Arguments& arguments, Console& console)
    : arguments_(arguments),
      console_(console),
      language_(ChooseLanguage(arguments, console)),
      json_(arguments.Has("json")) {}

std::string Session::handle() const {
  const std::string asked = arguments_.Get("as");
  return asked.empty() ? console_.environment("SAMVERKAN_AS") : asked;
}

absl::StatusOr<const Home*> Session::home() {
  if (home_.has_value()) return &*home_;
  std::string folder = arguments_.Get("home");
  if (folder.empty()) folder = console_.environment("SAMVERKAN_HOME");
  if (folder.empty()) {
    return UsageError(Say(
        {"Ange --home KATALOG eller SAMVERKAN_HOME.", "Name --home DIR or set SAMVERKAN_HOME."}));
  }
  SC_ASSIGN_OR_RETURN(home_, Home::Open(folder));
  return &*home_;
}

absl::StatusOr<client::Profile> Session::MakeProfile(const std::string& handle) {
  client::Profile profile;
  if (!handle.empty()) {
    SC_ASSIGN_OR_RETURN(const Home* folder, home());
    SC_ASSIGN_OR_RETURN(const Identity identity, folder->Find(handle));
    SC_ASSIGN_OR_RETURN(profile, folder->ProfileOf(identity));
    if (folder->demo() && !identity.issuer.empty()) profile.token = DemoTokens(*folder, identity);
  } else if (!arguments_.Has("cert")) {
    return UsageError(Say({"Ange --as HANDTAG, eller --target, --ca, --cert och --cert-key.",
                           "Name --as HANDLE, or --target, --ca, --cert and --cert-key."}));
  }
  SC_RETURN_IF_ERROR(ApplyFlags(profile));
  return profile;
}

absl::Status Session::ApplyFlags(client::Profile& profile) const {
  if (arguments_.Has("target")) profile.target = arguments_.Get("target");
  if (arguments_.Has("server-name")) profile.server_name = arguments_.Get("server-name");
  for (const auto& [flag, field] :
       {std::pair("ca", &profile.ca), std::pair("cert", &profile.certificate),
        std::pair("cert-key", &profile.key)}) {
    if (!arguments_.Has(flag)) continue;
    SC_ASSIGN_OR_RETURN(*field, ReadFile(arguments_.Get(flag)));
  }
  if (arguments_.Has("token-file")) {
    profile.token = [path = arguments_.Get("token-file")]() -> absl::StatusOr<std::string> {
      SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
      return std::string(absl::StripAsciiWhitespace(text));
    };
  }
  if (arguments_.Has("mandate")) profile.mandate = arguments_.Get("mandate");
  profile.purpose = Code("PUR_", arguments_.Get("purpose"));
  SC_ASSIGN_OR_RETURN(const int64_t seconds, arguments_.Number("timeout", 30));
  if (seconds < 1)
    return UsageError("--timeout är minst 1 sekund", "--timeout must be at least 1 second");
  profile.timeout = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<client::Client>> Session::HubAs(const std::string& handle) {
  SC_ASSIGN_OR_RETURN(client::Profile profile, MakeProfile(handle));
  return client::Client::Connect(std::move(profile));
}

absl::StatusOr<client::Client*> Session::Hub() {
  if (client_ == nullptr) {
    SC_ASSIGN_OR_RETURN(client::Profile profile, MakeProfile(handle()));
    SC_ASSIGN_OR_RETURN(client_, client::Client::Connect(std::move(profile)));
  }
  return client_.get();
}

absl::StatusOr<std::string> Session::OwnUnit(const Arguments& arguments) {
  if (arguments.Has("unit")) return UnitNamed(arguments.Get("unit"));
  if (handle().empty()) return MissingFlag("unit");
  SC_ASSIGN_OR_RETURN(const Home* folder, home());
  SC_ASSIGN_OR_RETURN(const Identity identity, folder->Find(handle()));
  return identity.unit;
}

absl::StatusOr<std::string> Session::UnitNamed(const std::string& name) {
  if (absl::StrContains(name, '/')) return name;
  SC_ASSIGN_OR_RETURN(const Home* folder, home());
  for (const auto& unit : folder->directory().units()) {
    if (absl::EndsWith(unit.name(), absl::StrCat("/units/", name))) return unit.name();
  }
  return UsageError(
      absl::StrCat(Say({"Ingen enhet i katalogen heter ", "No unit of the directory is named "}),
                   name, Say({": se samverkan unit list.", ": see samverkan unit list."})));
}

void Session::Show(const google::protobuf::Message& message, const std::string& text) {
  out() << (json_ ? ToJson(message) : text);
  if (json_ || text.empty() || text.back() != '\n') out() << '\n';
}

std::string Session::Label(const std::string& code) {
  if (code.empty()) return "";
  const auto folder = home();
  if (!folder.ok()) return code;
  for (const auto& row : (*folder)->directory().codes()) {
    if (row.code() != code) continue;
    return absl::StrCat(code, " ",
                        language_ == Language::kSwedish ? row.label_sv() : row.label_en());
  }
  return code;
}

absl::Status Session::Confirm(const Text& question) {
  if (arguments_.Has("yes")) return absl::OkStatus();
  if (!console_.terminal) {
    return UsageError(Say(
        {"Handlingen kan inte ångras: lägg till --yes.", "The act cannot be undone: add --yes."}));
  }
  err() << Say(question) << Say({" [j/N] ", " [y/N] "}) << std::flush;
  std::string answer;
  std::getline(console_.in, answer);
  const std::string yes = language_ == Language::kSwedish ? "jJ" : "yY";
  if (!answer.empty() && yes.find(answer[0]) != std::string::npos) return absl::OkStatus();
  return absl::CancelledError(Say({"Avbrutet.", "Cancelled."}));
}

}  // namespace samverkan::cli
