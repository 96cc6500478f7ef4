// What exists and is hidden answers exactly as what does not exist: to writes too.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "tests/contract/casework.h"
#include "tests/contract/names.h"
#include "tests/support/running_hub.h"

namespace samverkan::testing {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

struct Hidden {
  const char* request;  // full name of the message
  const char* outsider;
  // Text format; {name} is the object.
  const char* text;
  // The existing one, and how one that does not exist is spelt in the same length.
  std::string existing;
  std::string absent;
};

std::unique_ptr<Message> Parse(const Hidden& hidden, const std::string& name) {
  const auto* descriptor = DescriptorPool::generated_pool()->FindMessageTypeByName(hidden.request);
  std::unique_ptr<Message> message(
      MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  std::string text = hidden.text;
  text.replace(text.find("{name}"), 6, name);
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(Casework::Get().Fill(text), message.get()))
      << text;
  return message;
}

// The name with another random id of the same kind.
std::string Other(const std::string& name) {
  return name.substr(0, name.rfind('/') + 1) + NewRequestId();
}

std::vector<Hidden> Cases() {
  Casework& work = Casework::Get();
  const std::string delivery = work.Object("delivery").name;
  const std::string released = work.Object("released").name;
  const std::string content =
      R"(content { category: "INC_MIL_BELYS" place { type: "PLA_OKAND" areas: "areas/stadsdel-vastertorp" }
         occur_span { start_time { seconds: 1767222000 } end_time { seconds: 1767225600 } }
         certainty: "CER_SANNOLIK" marking { tlp: TLP_AMBER } })";
  static const auto& assess =
      *new std::string(absl::StrCat(R"(name: "{name}" etag: "x" request_id: "{uuid}" )", content));
  static const auto& correct = *new std::string(
      absl::StrCat(assess, R"( note { kind: KIND_CORRECTION reason: "Fel plats angavs först." })"));
  static constexpr char kRelease[] =
      R"(name: "{name}" etag: "x" request_id: "{uuid}" clause: "agreements/lok-hal-skarh/clauses/l2"
         recipients: "parties/sthlm-sdn-hal/units/sthlm-sdn-hal"
         legal_position { code: "LB_NOT_SECRET_TESTED" motivation: "Prövad: ingen enskild kan pekas ut här." })";
  std::vector<Hidden> cases;
  for (const std::string& item : {work.Object("received").name, released}) {
    for (const auto& [request, text] : std::initializer_list<std::pair<const char*, const char*>>{
             {"samverkan.incidents.v1.GetIncidentRequest", R"(name: "{name}")"},
             {"samverkan.incidents.v1.ListReleasesRequest", R"(parent: "{name}")"},
             {"samverkan.incidents.v1.AssessIncidentRequest", assess.c_str()},
             {"samverkan.incidents.v1.RejectIncidentRequest",
              R"(name: "{name}" etag: "x" reason: "Dubblett." request_id: "{uuid}")"},
             {"samverkan.incidents.v1.ReleaseIncidentRequest", kRelease},
             {"samverkan.incidents.v1.CorrectIncidentRequest", correct.c_str()},
             {"samverkan.incidents.v1.RetractIncidentRequest",
              R"(name: "{name}" etag: "x" reason: "RTR_FEL" request_id: "{uuid}")"},
             {"samverkan.agreements.v1.ExplainReleaseRequest",
              R"(item: "{name}" recipient: "parties/sthlm-sdn-hal/units/sthlm-sdn-hal")"},
         }) {
      cases.push_back({request, "skn-tryggsam", text, item, Other(item)});
    }
  }
  // A recipient of the copy is no owner of the item.
  cases.push_back({"samverkan.incidents.v1.GetIncidentRequest", "hal-tryggsam", R"(name: "{name}")",
                   released, Other(released)});
  for (const char* outsider : {"skn-tryggsam", "skarh-kompol", "pol-system"}) {
    cases.push_back({"samverkan.incidents.v1.GetDeliveryRequest", outsider, R"(name: "{name}")",
                     delivery, Other(delivery)});
    cases.push_back({"samverkan.incidents.v1.AcknowledgeDeliveryRequest", outsider,
                     R"(name: "{name}" request_id: "{uuid}")", delivery, Other(delivery)});
    cases.push_back({"samverkan.feed.v1.WatchRequest", outsider,
                     R"(subscriptions { unit: "{name}" })", kDistrictUnit,
                     "parties/sthlm-sdn-xyz/units/sthlm-sdn-xyz"});
    cases.push_back({"samverkan.incidents.v1.ListDeliveriesRequest", outsider,
                     R"(parent: "{name}")", kDistrictUnit,
                     "parties/sthlm-sdn-xyz/units/sthlm-sdn-xyz"});
    cases.push_back({"samverkan.incidents.v1.CreateIncidentRequest", outsider,
                     R"(parent: "{name}" request_id: "{uuid}" incident { content {
                        category: "INC_MIL_BELYS" place { type: "PLA_OKAND" }
                        occur_span { start_time { seconds: 1767222000 } end_time { seconds: 1767225600 } } } })",
                     kDistrictUnit, "parties/sthlm-sdn-xyz/units/sthlm-sdn-xyz"});
  }
  for (const char* request :
       {"GetAgreementRequest", "SuspendAgreementRequest", "FinaliseAgreementRequest"}) {
    const bool reads = request[0] == 'G', suspends = request[0] == 'S';
    cases.push_back({reads      ? "samverkan.agreements.v1.GetAgreementRequest"
                     : suspends ? "samverkan.agreements.v1.SuspendAgreementRequest"
                                : "samverkan.agreements.v1.FinaliseAgreementRequest",
                     suspends ? "skn-sddir" : "skn-tryggsam",
                     reads ? R"(name: "{name}")"
                     : suspends
                         ? R"(name: "{name}" etag: "x" reason: "Prövas." request_id: "{uuid}")"
                         : R"(name: "{name}" etag: "x" request_id: "{uuid}")",
                     kAgreement, "agreements/lok-xyz-skarh"});
  }
  return cases;
}

// Everything that a caller can see and compare.
void ExpectSame(const Outcome& hidden, const Outcome& absent) {
  EXPECT_EQ(hidden.status.error_code(), absent.status.error_code());
  EXPECT_EQ(hidden.status.error_message(), absent.status.error_message());
  EXPECT_EQ(hidden.status.error_details(), absent.status.error_details());
  EXPECT_EQ(hidden.trailers, absent.trailers);
}

TEST(HiddenEqualsAbsentTest, EveryAnswerIsTheSame) {
  RunningHub& hub = RunningHub::Get();
  for (const Hidden& hidden : Cases()) {
    SCOPED_TRACE(absl::StrCat(hidden.request, " by ", hidden.outsider, " of ", hidden.existing));
    const Caller outsider = hub.As(hidden.outsider, "PUR_LAGESBILD");
    const Outcome of_hidden = hub.Call(outsider, *Parse(hidden, hidden.existing));
    const Outcome of_absent = hub.Call(outsider, *Parse(hidden, hidden.absent));
    EXPECT_EQ(of_hidden.reason(), "NOT_FOUND");
    EXPECT_TRUE(of_hidden.error().fields.empty());
    ExpectSame(of_hidden, of_absent);
  }
}

// What is wrong with the request beside its name tells nothing either: the name is judged first.
TEST(HiddenEqualsAbsentTest, AWrongFieldIsNotTold) {
  RunningHub& hub = RunningHub::Get();
  const Caller outsider = hub.As("skn-tryggsam");
  incidents::v1::AcknowledgeDeliveryRequest request;
  request.set_name(Casework::Get().Object("delivery").name);
  request.set_request_id("no uuid");
  const Outcome of_hidden = hub.Call(outsider, request);
  request.set_name(Other(request.name()));
  const Outcome of_absent = hub.Call(outsider, request);
  EXPECT_EQ(of_hidden.reason(), "NOT_FOUND");
  ExpectSame(of_hidden, of_absent);
}

// A request_id that was used for something visible opens nothing hidden.
TEST(HiddenEqualsAbsentTest, AReusedRequestIdIsNotTold) {
  RunningHub& hub = RunningHub::Get();
  const Caller outsider = hub.As("skn-tryggsam");
  incidents::v1::AcknowledgeDeliveryRequest request;
  request.set_name(Casework::Get().Object("delivery").name);
  request.set_request_id(NewRequestId());
  const Outcome first = hub.Call(outsider, request);
  const Outcome again = hub.Call(outsider, request);
  request.set_name(Other(request.name()));
  ExpectSame(first, again);
  ExpectSame(first, hub.Call(outsider, request));
}

}  // namespace
}  // namespace samverkan::testing
