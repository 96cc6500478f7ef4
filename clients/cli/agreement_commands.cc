#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/command.h"
#include "clients/cli/explain.h"
#include "clients/cli/labels.h"
#include "clients/cli/paging.h"
#include "clients/cli/rows.h"
#include "clients/cli/show.h"
#include "clients/cli/signing_key.h"
#include "clients/cli/stockholm_time.h"

namespace samverkan::cli {
namespace {

using namespace ::samverkan::agreements::v1;  // NOLINT(google-build-using-namespace): the whole
                                              // noun is commanded here.
using client::AgreementService;

std::string AgreementName(const Arguments& arguments) {
  const std::string& name = arguments.positions()[0];
  return absl::StrContains(name, '/') ? name : absl::StrCat("agreements/", name);
}

absl::StatusOr<Agreement> Load(Session& session, const Arguments& arguments) {
  GetAgreementRequest request;
  request.set_name(AgreementName(arguments));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return hub->Call(&AgreementService::Stub::GetAgreement, request);
}

absl::Status ShowResult(Session& session, const absl::StatusOr<Agreement>& agreement) {
  if (!agreement.ok()) return agreement.status();
  session.Show(*agreement, ShowAgreement(*agreement, session));
  return absl::OkStatus();
}

// What a verb on an agreement says of itself: its name and the state that was looked at.
template <typename Request>
absl::StatusOr<Request> OnPresentState(Session& session, const Arguments& arguments) {
  Request request;
  request.set_name(AgreementName(arguments));
  request.set_etag(arguments.Get("etag"));
  if (request.etag().empty()) {
    SC_ASSIGN_OR_RETURN(const Agreement agreement, Load(session, arguments));
    request.set_etag(agreement.etag());
  }
  return request;
}

absl::Status List(Session& session, const Arguments& arguments) {
  return ShowPages(
      session, arguments, &AgreementService::Stub::ListAgreements, ListAgreementsRequest(),
      [](const auto& page) { return page.agreements(); },
      [&](const Agreement& agreement) {
        const auto& content = agreement.content();
        return absl::StrCat(
            Pad(agreement.name(), 28), " ", Pad(Label(agreement.state(), session.language()), 14),
            ShowTime(content.valid_from_time()), " – ", ShowTime(content.valid_to_time()), "  ",
            session.language() == Language::kSwedish || content.title_en().empty()
                ? content.title()
                : content.title_en());
      });
}

absl::Status Get(Session& session, const Arguments& arguments) {
  return ShowResult(session, Load(session, arguments));
}

absl::Status Create(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string file, arguments.Require("file"));
  SC_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  CreateAgreementRequest request;
  AgreementContent& content = *request.mutable_content();
  const bool read = absl::EndsWith(file, ".json")
                        ? google::protobuf::util::JsonStringToMessage(text, &content).ok()
                        : google::protobuf::TextFormat::ParseFromString(text, &content);
  if (!read)
    return UsageError(
        absl::StrCat(file, " is no AgreementContent (text proto, or JSON in a .json file)"));
  for (const auto& [flag, field] : {std::pair("valid-from", content.mutable_valid_from_time()),
                                    std::pair("valid-to", content.mutable_valid_to_time())}) {
    if (!arguments.Has(flag)) continue;
    SC_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(arguments.Get(flag)));
    *field = ToTimestamp(time);
  }
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::CreateAgreement, request));
}

absl::Status Finalise(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(FinaliseAgreementRequest request,
                      OnPresentState<FinaliseAgreementRequest>(session, arguments));
  request.set_validate_only(arguments.Has("validate-only"));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::FinaliseAgreement, request));
}

// The key file of --key, else the one that a home keeps for the unit's signatory.
absl::StatusOr<std::string> SigningKeyFile(Session& session, const Arguments& arguments) {
  if (arguments.Has("key")) return arguments.Get("key");
  if (session.handle().empty()) return MissingFlag("key");
  SC_ASSIGN_OR_RETURN(const Home* home, session.home());
  SC_ASSIGN_OR_RETURN(const Identity identity, home->Find(session.handle()));
  const size_t units = identity.unit.find("/units/");
  return absl::StrCat(home->pki(), "/", identity.unit.substr(0, units), "/",
                      identity.unit.substr(units + 7), "-sign.key");
}

absl::Status Sign(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string key, SigningKeyFile(session, arguments));
  SC_ASSIGN_OR_RETURN(const Agreement agreement, Load(session, arguments));
  if (agreement.content_hash().empty()) {
    return absl::FailedPreconditionError(
        session.Say({"Avtalet är inte färdigställt för signering.",
                     "The agreement is not finalised for signature."}));
  }
  SignAgreementRequest request;
  request.set_name(agreement.name());
  request.set_content_hash(agreement.content_hash());
  SC_ASSIGN_OR_RETURN(
      *request.mutable_signature(),
      SignWithKeyFile(key, absl::StrCat("samverkan-agreement/v1\n", agreement.name(), "\n",
                                        agreement.content().version(), "\n",
                                        absl::Base64Escape(agreement.content_hash()), "\n")));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::SignAgreement, request));
}

absl::Status Suspend(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string reason, arguments.Require("reason"));
  SC_ASSIGN_OR_RETURN(SuspendAgreementRequest request,
                      OnPresentState<SuspendAgreementRequest>(session, arguments));
  request.set_reason(reason);
  for (const std::string& clause : arguments.All("clause")) request.add_clauses(clause);
  request.set_validate_only(arguments.Has("validate-only"));
  if (!request.validate_only()) {
    SC_RETURN_IF_ERROR(session.Confirm(
        {"Suspendera avtalet? Inget mer lämnas under det förrän suspensionen upphör.",
         "Suspend the agreement? Nothing more leaves under it until the suspension ends."}));
  }
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::SuspendAgreement, request));
}

absl::Status Resume(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const ResumeAgreementRequest request,
                      OnPresentState<ResumeAgreementRequest>(session, arguments));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::ResumeAgreement, request));
}

absl::Status Terminate(Session& session, const Arguments& arguments) {
  SC_ASSIGN_OR_RETURN(const std::string end_text, arguments.Require("end"));
  SC_ASSIGN_OR_RETURN(const absl::Time end, ParseTime(end_text));
  SC_ASSIGN_OR_RETURN(TerminateAgreementRequest request,
                      OnPresentState<TerminateAgreementRequest>(session, arguments));
  *request.mutable_end_time() = ToTimestamp(end);
  SC_RETURN_IF_ERROR(session.Confirm({"Säga upp avtalet? Uppsägningen kan inte tas tillbaka.",
                                      "Give notice? It cannot be taken back."}));
  SC_ASSIGN_OR_RETURN(client::Client * hub, session.Hub());
  return ShowResult(session, hub->Call(&AgreementService::Stub::TerminateAgreement, request));
}

Flag EtagFlag() {
  return {"etag",
          "ETAG",
          {"Det läge som granskats, annars det nuvarande",
           "The state looked at, otherwise the present one"}};
}

Flag ValidateFlag() {
  return {"validate-only", "", {"Pröva bara", "Only check"}};
}

}  // namespace

std::vector<Command> AgreementCommands() {
  const Flag etag = EtagFlag();
  const Flag validate = ValidateFlag();
  return {
      {"agreement list",
       "",
       {"Lista de avtal den egna parten är part i", "List the agreements one's party is party to"},
       {kLimitFlag},
       {"samverkan agreement list --as hal-sddir"},
       List},
      {"agreement get",
       "AGREEMENT",
       {"Visa ett avtal", "Show an agreement"},
       {},
       {"samverkan agreement get lok-hal-skarh --as hal-sddir"},
       Get},
      {"agreement create",
       "",
       {"Skapa ett utkast", "Draft an agreement"},
       {{"file",
         "FILE",
         {"AgreementContent som text proto eller JSON", "AgreementContent as text proto or JSON"}},
        {"valid-from", "TIME", {"Gäller från", "Valid from"}},
        {"valid-to", "TIME", {"Gäller till", "Valid to"}}},
       {"samverkan agreement create --file tema.textproto --valid-from 2027-01-01 --valid-to "
        "2028-01-01 --as skh-sddir"},
       Create},
      {"agreement finalise",
       "AGREEMENT",
       {"Lås ett utkast för signering", "Freeze a draft for signature"},
       {etag, validate},
       {"samverkan agreement finalise tema-t1 --as skh-sddir"},
       Finalise},
      {"agreement sign",
       "AGREEMENT",
       {"Signera för den egna parten", "Sign for one's party"},
       {{"key",
         "FILE",
         {"Signeringsnyckel (Ed25519, PEM); annars hemkatalogens",
          "Signing key (Ed25519, PEM); otherwise the home folder's"}}},
       {"samverkan agreement sign tema-t1 --key signatory.key --as skh-sddir"},
       Sign},
      {"agreement suspend",
       "AGREEMENT",
       {"Suspendera ett avtal eller några klausuler, genast",
        "Suspend an agreement or some clauses, at once"},
       {{"reason", "TEXT", {"Varför", "Why"}},
        {"clause", "ID", {"Bara denna klausul; kan upprepas", "Only this clause; may be repeated"}},
        etag,
        validate},
       {"samverkan agreement suspend lok-hal-skarh --reason 'Översyn av rutinerna' --as hal-sddir "
        "--yes"},
       Suspend},
      {"agreement resume",
       "AGREEMENT",
       {"Upphäv den egna suspensionen", "End one's own suspension"},
       {etag},
       {"samverkan agreement resume lok-hal-skarh --as hal-sddir"},
       Resume},
      {"agreement terminate",
       "AGREEMENT",
       {"Säg upp ett avtal", "Give notice of an agreement"},
       {{"end", "TIME", {"När uppsägningen löper ut", "When the notice ends"}}, etag},
       {"samverkan agreement terminate tema-t1 --end 2027-06-30 --as skh-sddir --yes"},
       Terminate},
      ExplainCommand(),
  };
}

}  // namespace samverkan::cli
