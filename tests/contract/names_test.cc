// A name of something else than a method is about: of another kind, though the caller's own, or no
// name at all.
#include "tests/contract/names.h"

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/contract/callers.h"
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

bool Writes(const Message& request) {
  return request.GetDescriptor()->FindFieldByName("request_id") != nullptr;
}

// What a holder may not do with a copy is told as such; all else is not there.
std::string Expected(const std::string& wanted, const std::string& given, const Message& request) {
  return wanted == "incidents" && given == "deliveries" && Writes(request) ? "ORIGINATOR_ONLY"
                                                                           : "NOT_FOUND";
}

TEST(NamesTest, ANameOfAnotherKindIsNotThere) {
  for (const RequestTemplate& entry : RequestTemplates()) {
    if (entry.name.find('/') != entry.name.npos) continue;
    const std::string handle = AllowedHandle(entry.name);
    const std::unique_ptr<Message> request = Casework::Get().Request(entry.name, handle);
    const FieldDescriptor* const field = NameField(*request);
    if (field == nullptr) continue;
    const std::string wanted = CollectionOf(request->GetReflection()->GetString(*request, field));
    for (const auto& [collection, name] : Names()) {
      if (collection == wanted) continue;
      SCOPED_TRACE(absl::StrCat(entry.name, " with ", field->name(), " = ", name));
      request->GetReflection()->SetString(request.get(), field, name);
      const Outcome outcome =
          RunningHub::Get().Call(AllowedCaller(entry.name), entry.method, *request);
      EXPECT_EQ(outcome.reason(), Expected(wanted, collection, *request));
    }
  }
}

}  // namespace
}  // namespace samverkan::testing
