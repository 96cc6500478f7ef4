#include "tests/contract/casework.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/signing_key.h"
#include "clients/cpp/uuid.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/clock.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "tests/contract/calls.h"
#include "tests/contract/names.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using agreements::v1::Agreement;
using google::protobuf::Message;

constexpr char kPurpose[] = "PUR_LAGESBILD";

// Setting up is no test: what fails here fails everything, with its reason.
void Must(const std::string& handle, const Message& request, Message* response) {
  RunningHub& hub = RunningHub::Get();
  const Outcome outcome = hub.Call(hub.As(handle, kPurpose), request, response);
  SV_CHECK(outcome.status.ok(),
           absl::StrCat(request.GetDescriptor()->name(), " by ", handle, ": ", outcome.reason(),
                        " ", outcome.field(), " ", outcome.status.error_message())
               .c_str());
}

std::string SignatureOf(const Agreement& agreement, const std::string& handle) {
  RunningHub& hub = RunningHub::Get();
  const std::string key = hub.SigningKeyOf(handle);
  const auto signature =
      cli::SignWithKeyFile(std::filesystem::exists(key) ? key : hub.SigningKeyOf("hal-sddir"),
                           absl::StrCat("samverkan-agreement/v1\n", agreement.name(), "\n",
                                        agreement.content().version(), "\n",
                                        absl::Base64Escape(agreement.content_hash()), "\n"));
  SV_CHECK(signature.ok(), signature.status().ToString().c_str());
  return *signature;
}

Agreement ReadAgreement(const std::string& name) {
  agreements::v1::GetAgreementRequest request;
  request.set_name(name);
  Agreement agreement;
  Must(absl::StrContains(name, "/cen") ? "ks-ks-strat" : "hal-tryggsam", request, &agreement);
  return agreement;
}

Casework::Thing Read(const std::string& name) {
  if (absl::StartsWith(name, "agreements/")) {
    const Agreement agreement = ReadAgreement(name);
    return {name, agreement.etag(), agreement.content_hash()};
  }
  incidents::v1::GetIncidentRequest request;
  request.set_name(name);
  incidents::v1::Incident incident;
  Must(absl::StartsWith(name, kDistrictParty) ? "hal-tryggsam" : "skarh-kompol", request,
       &incident);
  return {name, incident.etag(), ""};
}

incidents::v1::Delivery NewestDelivery() {
  incidents::v1::ListDeliveriesRequest list;
  list.set_parent(kDistrictUnit);
  list.set_page_size(1);
  incidents::v1::ListDeliveriesResponse deliveries;
  Must("hal-tryggsam", list, &deliveries);
  SV_CHECK(deliveries.deliveries_size() == 1, "the district got its copy");
  return deliveries.deliveries(0);
}

// The first checkpoint follows the first records within a second.
void AwaitCheckpoint() {
  RunningHub& hub = RunningHub::Get();
  audit::v1::GetCheckpointRequest request;
  request.set_parent(kDistrictParty);
  const absl::Time end = SystemClock().Now() + absl::Seconds(30);
  std::string reason;
  do {
    reason = hub.Call(hub.As("hal-dso"), request).reason();
  } while (reason == "NOT_READY" && SystemClock().Now() < end);
  SV_CHECK(reason == "OK", reason.c_str());
}

// How an object comes about: a request of requests.txt, and who sends it.
struct Recipe {
  std::string request;
  std::vector<std::string> actors;
};

const std::map<std::string, Recipe>& Recipes() {
  static const auto* const recipes = new std::map<std::string, Recipe>{
      {"received", {"incidents.CreateIncident", {"hal-tryggsam"}}},
      {"assessed", {"incidents.AssessIncident", {"hal-tryggsam"}}},
      {"shared", {"incidents.ReleaseIncident", {"hal-tryggsam"}}},
      {"police.received", {"incidents.CreateIncident/police", {"skarh-kompol"}}},
      {"police.assessed", {"incidents.AssessIncident/police", {"skarh-kompol"}}},
      {"released", {"incidents.ReleaseIncident/police", {"skarh-kompol"}}},
      {"draft", {"agreements.CreateAgreement", {"hal-tryggsam"}}},
      {"final", {"agreements.FinaliseAgreement", {"hal-tryggsam"}}},
      {"inforce", {"agreements.SignAgreement", {"hal-sddir", "skarh-lpochef", "trk-teckn"}}},
      {"suspended", {"agreements.SuspendAgreement", {"hal-sddir"}}},
  };
  return *recipes;
}

// Calls `put` with the text between placeholders and `fill` with each placeholder. One has no space
// in it, which tells it from a message's braces.
template <typename Put, typename Fill>
void Scan(absl::string_view text, Put put, Fill fill) {
  while (!text.empty()) {
    const size_t open = text.find('{');
    const size_t close =
        open == text.npos ? open : text.find_first_not_of("abcdefghijklmnopqrstuvwxyz.", open + 1);
    if (close == text.npos) break;
    const bool is_placeholder = text[close] == '}' && close > open + 1;
    put(text.substr(0, is_placeholder ? open : close));
    if (is_placeholder) fill(std::string(text.substr(open + 1, close - open - 1)));
    text.remove_prefix(is_placeholder ? close + 1 : close);
  }
  put(text);
}

// "police.assessed" and "etag" of police.assessed.etag.
std::pair<std::string, std::string> SplitPlaceholder(const std::string& placeholder) {
  for (const char* attribute : {"etag", "hash", "signature"}) {
    const std::string ending = absl::StrCat(".", attribute);
    if (absl::EndsWith(placeholder, ending))
      return {placeholder.substr(0, placeholder.size() - ending.size()), attribute};
  }
  return {placeholder, "name"};
}

}  // namespace

Casework& Casework::Get() {
  static Casework& casework = *new Casework;
  return casework;
}

Casework::Casework() {
  // Whole seconds, as requests.txt tells them.
  const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(SystemClock().Now()));
  begin_ = now - absl::Hours(24);
  end_ = now + absl::Hours(24 * 30);
  BringIntoForce("cen", "ks-ks-strat",
                 {"ks-teckn", "pol-regpolchef", "hal-sddir", "trk-teckn", "she-teckn", "tf-teckn"});
  BringIntoForce("lok-hal-skarh", "hal-tryggsam", {"hal-sddir", "skarh-lpochef", "she-teckn"});
  AwaitCheckpoint();
}

// All for the same time: a local agreement may not outlive its frame, nor name a party that has not
// signed that.
void Casework::BringIntoForce(const std::string& id, const std::string& drafter,
                              const std::vector<std::string>& signatories) {
  agreements::v1::CreateAgreementRequest create;
  const auto text = cli::ReadFile(absl::StrCat("deploy/data/agreements/", id, ".textproto"));
  SV_CHECK(
      text.ok() && google::protobuf::TextFormat::ParseFromString(*text, create.mutable_content()),
      id.c_str());
  *create.mutable_content()->mutable_valid_from_time() = ToProto(begin_);
  *create.mutable_content()->mutable_valid_to_time() = ToProto(end_);
  create.set_request_id(NewRequestId());
  Agreement agreement;
  Must(drafter, create, &agreement);
  agreements::v1::FinaliseAgreementRequest finalise;
  finalise.set_name(agreement.name());
  finalise.set_etag(agreement.etag());
  finalise.set_request_id(NewRequestId());
  Must(drafter, finalise, &agreement);
  for (const std::string& signatory : signatories) {
    agreements::v1::SignAgreementRequest sign;
    sign.set_name(agreement.name());
    sign.set_content_hash(agreement.content_hash());
    sign.set_signature(SignatureOf(agreement, signatory));
    sign.set_request_id(NewRequestId());
    Agreement signed_agreement;
    Must(signatory, sign, &signed_agreement);
  }
}

const Casework::Thing& Casework::Object(const std::string& kind) {
  const auto found = objects_.find(kind);
  if (found != objects_.end()) return found->second;
  Thing made = Make(kind);
  return objects_[kind] = std::move(made);
}

Casework::Thing Casework::Make(const std::string& kind) {
  if (kind == "delivery") {
    objects_.erase("released");
    Object("released");
    const incidents::v1::Delivery delivery = NewestDelivery();
    // Whoever retracts {released} retracts another one.
    objects_.erase("released");
    return {delivery.name(), delivery.etag(), ""};
  }
  if (kind == "sealed") {
    objects_.erase("released");
    Object("released");
    Act("incidents.RetractIncident/police", {"skarh-kompol"});
    return {NewestDelivery().name(), "", ""};
  }
  const auto recipe = Recipes().find(kind);
  SV_CHECK(recipe != Recipes().end(), kind.c_str());
  return Read(Act(recipe->second.request, recipe->second.actors));
}

std::string Casework::Act(const std::string& request, const std::vector<std::string>& actors) {
  const auto* const method = TemplateOf(request).method;
  std::string name;
  for (const std::string& actor : actors) {
    const std::unique_ptr<Message> filled = Request(request, actor);
    const std::unique_ptr<Message> response = NewMessage(method->output_type());
    Must(actor, *filled, response.get());
    const auto* const field = method->input_type()->FindFieldByName("name");
    const Message& named = field != nullptr ? *filled : *response;
    name = named.GetReflection()->GetString(named, named.GetDescriptor()->FindFieldByName("name"));
  }
  Forget(request);
  return name;
}

std::string Casework::ValueOf(const std::string& placeholder, const std::string& handle) {
  if (placeholder == "uuid") return NewRequestId();
  if (placeholder == "begin") return absl::StrCat(absl::ToUnixSeconds(begin_));
  if (placeholder == "end") return absl::StrCat(absl::ToUnixSeconds(end_));
  const auto [kind, attribute] = SplitPlaceholder(placeholder);
  const Thing& thing = Object(kind);
  if (attribute == "name") return thing.name;
  if (attribute == "etag") return thing.etag;
  if (attribute == "hash") return absl::CHexEscape(thing.hash);
  return absl::CHexEscape(SignatureOf(ReadAgreement(thing.name), handle));
}

std::string Casework::Fill(const std::string& text, const std::string& handle) {
  std::string filled;
  Scan(
      text, [&](absl::string_view part) { absl::StrAppend(&filled, part); },
      [&](const std::string& placeholder) {
        absl::StrAppend(&filled, ValueOf(placeholder, handle));
      });
  return filled;
}

std::unique_ptr<Message> Casework::Request(const std::string& name, const std::string& handle) {
  const RequestTemplate& request = TemplateOf(name);
  std::unique_ptr<Message> message = NewMessage(request.method->input_type());
  const std::string text = Fill(request.text, handle);
  SV_CHECK(google::protobuf::TextFormat::ParseFromString(text, message.get()), text.c_str());
  return message;
}

void Casework::Forget(const std::string& name) {
  Scan(
      TemplateOf(name).text, [](absl::string_view) {},
      [&](const std::string& placeholder) { objects_.erase(SplitPlaceholder(placeholder).first); });
}

std::string NewRequestId() {
  return client::NewUuid();
}

}  // namespace samverkan::testing
