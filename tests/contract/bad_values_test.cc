// Values that the rules refuse, one at a time in a request that is otherwise right: the reason, the
// path of the field, and nothing has happened; and what stands just on the good side is taken.
#include "tests/contract/bad_values.h"

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/base/status.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

// One part of a path: a field, and which of its entries.
struct Part {
  const FieldDescriptor* field = nullptr;
  int index = 0;
};

Part PartOf(const Message& message, const std::string& text) {
  const size_t bracket = text.find('[');
  Part part;
  part.field = message.GetDescriptor()->FindFieldByName(text.substr(0, bracket));
  SV_CHECK(part.field != nullptr, text.c_str());
  if (bracket != text.npos)
    SV_CHECK(absl::SimpleAtoi(text.substr(bracket + 1, text.size() - bracket - 2), &part.index),
             text.c_str());
  return part;
}

Message& Below(Message& message, const Part& part) {
  const auto* const reflection = message.GetReflection();
  return part.field->is_repeated()
             ? *reflection->MutableRepeatedMessage(&message, part.field, part.index)
             : *reflection->MutableMessage(&message, part.field);
}

void PutValue(Message& message, const Part& part, const std::string& value) {
  const auto* const reflection = message.GetReflection();
  if (part.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    SV_CHECK(TextFormat::MergeFromString(value, &Below(message, part)), value.c_str());
  } else if (part.field->is_repeated()) {
    reflection->SetRepeatedString(&message, part.field, part.index, value);
  } else if (part.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    reflection->SetString(&message, part.field, value);
  } else {
    reflection->ClearField(&message, part.field);
    SV_CHECK(TextFormat::ParseFieldValueFromString(value, part.field, &message), value.c_str());
  }
}

// Puts the value where the path leads; without a path the value is merged into the request.
void Put(Message& request, const std::string& path, const std::string& value) {
  if (path.empty()) {
    SV_CHECK(TextFormat::MergeFromString(value, &request), value.c_str());
    return;
  }
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  Message* message = &request;
  for (size_t i = 0; i + 1 < parts.size(); ++i)
    message = &Below(*message, PartOf(*message, parts[i]));
  PutValue(*message, PartOf(*message, parts.back()), value);
}

// By request, so that those of one can be sent at once.
std::map<std::string, std::vector<BadValue>> BadValues() {
  std::map<std::string, std::vector<BadValue>> values;
  for (const auto& some : {BadIncidentValues(), BadOtherValues()}) {
    for (const BadValue& value : some) values[value.request].push_back(value);
  }
  return values;
}

TEST(BadValuesTest, EachIsRefusedByReasonAndPathAndDoesNothing) {
  for (const auto& [request, values] : BadValues()) {
    const Attempt valid = Allowed(request);
    const std::string stands = WhatStands();
    std::vector<Attempt> attempts;
    for (const BadValue& bad : values) {
      attempts.push_back({.caller = valid.caller, .request = CopyOf(*valid.request)});
      Put(*attempts.back().request, bad.field, bad.value);
      // One that is taken must not hide the others.
      if (Writes(*TemplateOf(request).method))
        SetText(*attempts.back().request, "request_id", NewRequestId());
    }
    TryAtOnce(attempts);
    for (size_t i = 0; i < values.size(); ++i) {
      SCOPED_TRACE(
          absl::StrCat(request, " with ", values[i].field, " = ", values[i].value.substr(0, 80)));
      EXPECT_EQ(attempts[i].outcome.reason(), values[i].reason);
      EXPECT_EQ(attempts[i].outcome.field(), values[i].told.value_or(values[i].field));
    }
    EXPECT_EQ(WhatStands(), stands) << request;
  }
}

// What the rules let through, at their edges.
TEST(GoodValuesTest, WhatIsJustAllowedIsTaken) {
  const std::string request = "incidents.CreateIncident";
  const std::string content = "incident.content.";
  const std::vector<std::pair<std::string, std::string>> values = {
      {"incident.foreign_id", ""},
      {"incident.foreign_id", std::string(96, '~') + NewRequestId().substr(4)},
      {content + "description", Long(1000)},
      {content + "description", "Rad ett.\n\tRad två: 😀"},
      {content + "description", "Ärende 811228-9875, dnr 2026/1234, kl. 12.30, 112 larmades."},
      {content + "place.display_name", Long(80)},
      {content + "harm", "0"},
      {content + "harm", "4"},
      {content + "certainty", ""},
      {content + "marking", "confidentiality: 3 correctness: 3 traceability: 3"},
      {content + "occur_span", "end_time { seconds: 1767222000 }"},
      {content + "occur_span", "end_time { seconds: 1798844400 }"},
      {content + "place.areas[0]", "areas/sdo-hal"},
      // The source's own text stays with its owner, whatever it holds (R24).
      {"incident.source.text", "Ring 070-174 06 05, skriv till namn@example.org."},
      {"incident.source.text", Long(4000)},
      {"incident.source.uri", ""},
  };
  std::vector<Attempt> attempts;
  for (const auto& [field, value] : values) {
    attempts.push_back(Allowed(request));
    Put(*attempts.back().request, field, value);
  }
  TryAtOnce(attempts);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(attempts[i].outcome.reason(), "OK")
        << values[i].first << " = " << values[i].second.substr(0, 80) << ": "
        << attempts[i].outcome.status.error_message();
  }
}

}  // namespace
}  // namespace samverkan::testing
