#include "tests/contract/calls.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/dynamic_message.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/base/limits.h"
#include "services/base/status.h"
#include "services/rpc/method.h"
#include "tests/contract/callers.h"
#include "tests/contract/casework.h"
#include "tests/contract/names.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::Message;

// The newest of a unit's; more than what a test makes at a time.
constexpr int kLookedAt = 20;

// Name and etag of everything on a list's page.
std::string Listed(const Message& response) {
  const auto* const entries = response.GetDescriptor()->field(0);
  std::string lines;
  for (int i = 0; i < response.GetReflection()->FieldSize(response, entries); ++i) {
    const Message& entry = response.GetReflection()->GetRepeatedMessage(response, entries, i);
    absl::StrAppend(&lines, TextOf(entry, "name"), " ", TextOf(entry, "etag"), "\n");
  }
  return lines;
}

}  // namespace

Attempt Allowed(const std::string& request) {
  return {.caller = AllowedCaller(request),
          .request = Casework::Get().Request(request, AllowedHandle(request))};
}

void Try(Attempt& attempt) {
  const auto method = rpc::MethodOfRequest(attempt.request->GetDescriptor());
  SV_CHECK(method.ok(), method.status().ToString().c_str());
  attempt.response = NewMessage(method->descriptor->output_type());
  attempt.outcome = RunningHub::Get().Call(attempt.caller, method->descriptor, *attempt.request,
                                           attempt.response.get());
}

void TryAtOnce(std::vector<Attempt>& attempts) {
  std::vector<std::thread> threads;
  for (Attempt& attempt : attempts) threads.emplace_back([&attempt] { Try(attempt); });
  for (std::thread& thread : threads) thread.join();
}

bool Writes(const google::protobuf::MethodDescriptor& method) {
  return method.input_type()->FindFieldByName("request_id") != nullptr;
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::unique_ptr<Message> CopyOf(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

std::string TextOf(const Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message,
                                            message.GetDescriptor()->FindFieldByName(field));
}

void SetText(Message& message, const std::string& field, const std::string& value) {
  message.GetReflection()->SetString(&message, message.GetDescriptor()->FindFieldByName(field),
                                     value);
}

std::string WhatStands() {
  std::vector<Attempt> lists;
  for (const auto& [handle, unit] :
       {std::pair("hal-tryggsam", kDistrictUnit), std::pair("skarh-kompol", kPoliceUnit)}) {
    auto items = std::make_unique<incidents::v1::ListIncidentsRequest>();
    items->set_parent(unit);
    items->set_page_size(kLookedAt);
    lists.push_back({.caller = RunningHub::Get().As(handle), .request = std::move(items)});
    auto copies = std::make_unique<incidents::v1::ListDeliveriesRequest>();
    copies->set_parent(unit);
    copies->set_page_size(kLookedAt);
    lists.push_back({.caller = RunningHub::Get().As(handle), .request = std::move(copies)});
  }
  auto agreements = std::make_unique<agreements::v1::ListAgreementsRequest>();
  agreements->set_page_size(kPageSizeMax);
  lists.push_back(
      {.caller = RunningHub::Get().As("hal-tryggsam"), .request = std::move(agreements)});
  TryAtOnce(lists);
  std::string all;
  for (const Attempt& list : lists) {
    SV_CHECK(list.outcome.status.ok(), list.outcome.status.error_message().c_str());
    all += Listed(*list.response);
  }
  return all;
}

}  // namespace samverkan::testing
