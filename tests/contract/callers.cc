#include "tests/contract/callers.h"

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/home.h"
#include "services/base/clock.h"
#include "services/base/status.h"
#include "tests/contract/table.h"
#include "tests/support/identities.h"

namespace samverkan::testing {
namespace {

constexpr char kFile[] = "tests/contract/callers.csv";
constexpr char kMatrixFile[] = "tests/contract/matrix.csv";
constexpr char kPurpose[] = "PUR_LAGESBILD";

Json DecodedJson(absl::string_view part) {
  std::string text;
  SV_CHECK(absl::WebSafeBase64Unescape(part, &text), "a token's part is base64url");
  return Json::parse(text);
}

// The caller's own token with other claims, rightly signed by its issuer.
std::string TokenWith(const Caller& caller, const Json& claims) {
  RunningHub& hub = RunningHub::Get();
  const std::vector<std::string> parts = absl::StrSplit(hub.TokenOf(caller.handle), '.');
  const Json header = DecodedJson(parts[0]);
  Json payload = DecodedJson(parts[1]);
  payload.update(claims);
  const std::string issuer = payload["iss"].get<std::string>().substr(8);  // after "https://"
  const auto pem = cli::ReadFile(
      absl::StrCat(hub.home().pki(), "/issuers/", issuer.substr(0, issuer.find('.')), ".key"));
  SV_CHECK(pem.ok(), pem.status().ToString().c_str());
  return SignedJwt(header.dump(), payload.dump(), header["alg"].get<std::string>(),
                   PrivateKey::FromPem(*pem));
}

int64_t Now() {
  return absl::ToUnixSeconds(SystemClock().Now());
}

// A certificate with the usual caller's name that the hub's authority has not signed.
std::string UnknownCertificate(const std::string& usual) {
  const RunningHub& hub = RunningHub::Get();
  const std::string base = absl::StrCat(hub.home().pki(), "/unknown-authority");
  const std::vector<std::string> parts = absl::StrSplit(usual, '/');  // parties/{party}/{unit}-cli
  const std::string unit = parts[2].substr(0, parts[2].rfind('-'));
  const PrivateKey key = PrivateKey::P256();
  const absl::Time now = SystemClock().Now();
  std::ofstream(base + ".key") << key.Pem();
  std::ofstream(base + ".pem") << CertificatePem(
      key, {.names = {absl::StrCat("URI:spiffe://samverkan.example/", parts[1], "/", unit, "/cli")},
            .valid_from = now - absl::Hours(1),
            .valid_to = now + absl::Hours(1)});
  return "unknown-authority";
}

using Unusual = std::function<void(Caller&)>;

const std::map<std::string, Unusual>& Identities() {
  static const auto* const identities = new std::map<std::string, Unusual>{
      {"no-certificate", [](Caller& caller) { caller.key_path.clear(); }},
      {"unknown-authority",
       [](Caller& caller) {
         static const auto& path = *new std::string(UnknownCertificate(caller.key_path));
         caller.key_path = path;
       }},
      {"operator", [](Caller& caller) { caller = {.key_path = "operator/cli"}; }},
      {"no-token", [](Caller& caller) { caller.handle.clear(); }},
      {"malformed-token", [](Caller& caller) { caller.token = "not.a.token"; }},
      {"expired-token",
       [](Caller& caller) {
         caller.token = TokenWith(caller, {{"iat", Now() - 1200},
                                           {"nbf", Now() - 1200},
                                           {"auth_time", Now() - 1200},
                                           {"exp", Now() - 600}});
       }},
      {"other-certificate",
       [](Caller& caller) { caller.key_path = RunningHub::Get().As("hal-tryggsam").key_path; }},
      {"low-assurance",
       [](Caller& caller) {
         caller.token = TokenWith(caller, {{"acr", "http://id.elegnamnden.se/loa/1.0/loa2"}});
       }},
      {"old-sign-in",
       [](Caller& caller) {
         caller.token = TokenWith(caller, {{"auth_time", Now() - 1200}});
       }},
      {"mandate-of-another",
       [](Caller& caller) { caller.mandate = RunningHub::Get().As("hal-sddir").mandate; }},
      {"no-mandate-named", [](Caller& caller) { caller.mandate.clear(); }},
      {"no-purpose", [](Caller& caller) { caller.purpose.clear(); }},
      {"unknown-purpose", [](Caller& caller) { caller.purpose = "PUR_NYFIKENHET"; }},
  };
  return *identities;
}

}  // namespace

const std::vector<CallerKind>& CallerKinds() {
  static const auto* const kinds = [] {
    auto* const rows = new std::vector<CallerKind>;
    for (const auto& row : ReadTable(kFile)) {
      SV_CHECK(row.size() == 4, kFile);
      if (row[0] != "caller") rows->push_back({row[0], row[1], row[2], row[3]});
    }
    return rows;
  }();
  return *kinds;
}

std::set<std::string> UnusualIdentities() {
  std::set<std::string> names;
  for (const auto& [name, change] : Identities()) names.insert(name);
  return names;
}

Caller CallerOf(const CallerKind& kind) {
  Caller caller = RunningHub::Get().As(kind.handle, kPurpose);
  if (kind.identity == "usual") return caller;
  const auto found = Identities().find(kind.identity);
  SV_CHECK(found != Identities().end(), kind.identity.c_str());
  found->second(caller);
  return caller;
}

const std::vector<std::vector<std::string>>& Matrix() {
  static const auto* const rows = new std::vector<std::vector<std::string>>(ReadTable(kMatrixFile));
  return *rows;
}

std::string AllowedHandle(const std::string& request) {
  for (const auto& row : Matrix()) {
    if (row[0] != request) continue;
    for (size_t i = 0; i < CallerKinds().size(); ++i) {
      if (row[i + 1] == "OK" && CallerKinds()[i].identity == "usual")
        return CallerKinds()[i].handle;
    }
  }
  SV_CHECK(false, absl::StrCat("nobody may send ", request).c_str());
  return "";
}

Caller AllowedCaller(const std::string& request) {
  return RunningHub::Get().As(AllowedHandle(request), kPurpose);
}

}  // namespace samverkan::testing
