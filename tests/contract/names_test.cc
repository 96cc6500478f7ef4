// A name of something else than a method is about: of another kind, though the caller's own, or no
// name at all.
#include "tests/contract/names.h"

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field that names what a request is about; nullptr where it names nothing.
const FieldDescriptor* NameField(const Message& request) {
  for (const char* name : {"name", "parent", "item"}) {
    const FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) return field;
  }
  return nullptr;
}

// "incidents" of parties/x/incidents/y: what kind of name it is.
std::string CollectionOf(const std::string& name) {
  const size_t last = name.rfind('/');
  if (last == name.npos) return "";
  const size_t before = name.rfind('/', last - 1);
  return name.substr(before == name.npos ? 0 : before + 1,
                     last - (before == name.npos ? 0 : before + 1));
}

// Names that the district's people may all use, and one that is none.
std::map<std::string, std::string> Names() {
  Casework& work = Casework::Get();
  return {{"incidents", work.Object("assessed").name},
          {"deliveries", work.Object("delivery").name},
          {"agreements", kAgreement},
          {"units", kDistrictUnit},
          {"parties", kDistrictParty},
          {"", "no name"}};
}

// What a holder may not do with a copy is told as such; all else is not there.
std::string Expected(const std::string& wanted, const std::string& given,
                     const google::protobuf::MethodDescriptor& method) {
  return wanted == "incidents" && given == "deliveries" && Writes(method) ? "ORIGINATOR_ONLY"
                                                                          : "NOT_FOUND";
}

TEST(NamesTest, ANameOfAnotherKindIsNotThere) {
  for (const RequestTemplate& entry : RequestTemplates()) {
    if (entry.name.find('/') != entry.name.npos) continue;
    Attempt attempt = Allowed(entry.name);
    const FieldDescriptor* const field = NameField(*attempt.request);
    if (field == nullptr) continue;
    const std::string wanted = CollectionOf(TextOf(*attempt.request, field->name()));
    for (const auto& [collection, name] : Names()) {
      if (collection == wanted) continue;
      SCOPED_TRACE(absl::StrCat(entry.name, " with ", field->name(), " = ", name));
      SetText(*attempt.request, field->name(), name);
      Try(attempt);
      EXPECT_EQ(attempt.outcome.reason(), Expected(wanted, collection, *entry.method));
    }
  }
}

}  // namespace
}  // namespace samverkan::testing
