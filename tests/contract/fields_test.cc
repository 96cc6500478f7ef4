// What holds for every field of every method, found from descriptors: what is required is there, an
// enum is known, a text and a list are not endless, a number is one and a time exists; and the
// field that is wrong is told by its path.
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "tests/contract/callers.h"
#include "tests/contract/calls.h"
#include "tests/contract/casework.h"
#include "tests/contract/request_templates.h"

namespace samverkan::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr size_t kTextBytesMax = 64 * 1024;
constexpr int kEntriesMax = 1000;
constexpr int kUnknownEnumValue = 99;

// One way to spoil a request: the path of the field, and what is done to the message it is in.
struct Spoil {
  std::string path;
  std::string how;
  std::function<void(Message&)> apply;
};

class Spoils {
 public:
  static std::vector<Spoil> Of(const Message& request) {
    Spoils spoils;
    spoils.Visit(request, "", [](Message& root) -> Message& { return root; });
    return std::move(spoils.all_);
  }

 private:
  // Finds the message below a request again in a copy of it.
  using Find = std::function<Message&(Message&)>;

  void Add(const std::string& path, const std::string& how, const Find& find,
           const std::function<void(Message&)>& spoil) {
    all_.push_back({path, how, [find, spoil](Message& root) { spoil(find(root)); }});
  }

  void Visit(const Message& message, const std::string& prefix, const Find& find) {
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* const field = message.GetDescriptor()->field(i);
      const auto* const reflection = message.GetReflection();
      const bool other_of_oneof =
          field->containing_oneof() != nullptr && !reflection->HasField(message, field);
      if (other_of_oneof) continue;
      VisitField(message, field, prefix.empty() ? field->name() : prefix + "." + field->name(),
                 find);
    }
  }

  void VisitField(const Message& message, const FieldDescriptor* field, const std::string& path,
                  const Find& find) {
    const auto* const reflection = message.GetReflection();
    if (IsRequired(field))
      Add(path, "cleared", find, [field](Message& m) { m.GetReflection()->ClearField(&m, field); });
    if (field->is_repeated()) {
      Add(path, "endless", find, [field](Message& m) { Fill(m, field); });
      const bool has_messages = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
                                reflection->FieldSize(message, field) > 0;
      if (!has_messages) return;
      Visit(reflection->GetRepeatedMessage(message, field, 0), path + "[0]",
            [find, field](Message& root) -> Message& {
              Message& m = find(root);
              return *m.GetReflection()->MutableRepeatedMessage(&m, field, 0);
            });
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      VisitValue(field, path, find);
    } else if (reflection->HasField(message, field)) {
      const Find below = [find, field](Message& root) -> Message& {
        Message& m = find(root);
        return *m.GetReflection()->MutableMessage(&m, field);
      };
      VisitMessage(reflection->GetMessage(message, field), path, below);
    }
  }

  void VisitMessage(const Message& message, const std::string& path, const Find& find) {
    if (message.GetDescriptor() != Timestamp::descriptor()) {
      Visit(message, path, find);
      return;
    }
    Add(path, "beyond the calendar", find, [](Message& m) {
      static_cast<Timestamp&>(m).set_seconds(std::numeric_limits<int64_t>::max());
    });
    Add(path, "of negative nanoseconds", find,
        [](Message& m) { static_cast<Timestamp&>(m).set_nanos(-1); });
  }

  void VisitValue(const FieldDescriptor* field, const std::string& path, const Find& find) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      Add(path, "too long", find, [field](Message& m) {
        m.GetReflection()->SetString(&m, field, std::string(kTextBytesMax + 1, 'a'));
      });
    } else if (field->type() == FieldDescriptor::TYPE_ENUM) {
      Add(path, "unknown", find,
          [field](Message& m) { m.GetReflection()->SetEnumValue(&m, field, kUnknownEnumValue); });
    } else if (field->type() == FieldDescriptor::TYPE_DOUBLE) {
      Add(path, "no number", find, [field](Message& m) {
        m.GetReflection()->SetDouble(&m, field, std::numeric_limits<double>::quiet_NaN());
      });
    }
  }

  static bool IsRequired(const FieldDescriptor* field) {
    const auto& options = field->options();
    for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
      if (options.GetExtension(google::api::field_behavior, i) == google::api::REQUIRED)
        return true;
    }
    return false;
  }

  static void Fill(Message& m, const FieldDescriptor* field) {
    const auto* const reflection = m.GetReflection();
    while (reflection->FieldSize(m, field) <= kEntriesMax) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        reflection->AddMessage(&m, field);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        reflection->AddEnumValue(&m, field, 1);
      } else {
        reflection->AddString(&m, field, "x");
      }
    }
  }

  std::vector<Spoil> all_;
};

// What a call is about is judged before its fields, and a wrong name is that of nothing; reference
// data have no such names.
bool NamesTheResource(const std::string& request, const Spoil& spoil) {
  if (absl::StartsWith(request, "directory.") && request != "directory.ListMandates") return false;
  if (request == "feed.Watch")
    return spoil.path == "subscriptions[0].unit" ||
           (spoil.path == "subscriptions" && spoil.how == "endless");
  static const auto* const names = new std::set<std::string>{"name", "parent", "item"};
  return names->contains(spoil.path);
}

std::vector<std::string> Unary() {
  std::vector<std::string> names;
  for (const auto& [name, method] : Methods()) {
    if (!method->client_streaming()) names.push_back(name);
  }
  return names;
}

class FieldsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FieldsTest, EveryFieldIsChecked) {
  const Attempt valid = Allowed(GetParam());
  const std::vector<Spoil> spoils = Spoils::Of(*valid.request);
  const std::string stands = WhatStands();
  std::vector<Attempt> attempts;
  for (const Spoil& spoil : spoils) {
    attempts.push_back({.caller = valid.caller, .request = CopyOf(*valid.request)});
    spoil.apply(*attempts.back().request);
  }
  TryAtOnce(attempts);
  for (size_t i = 0; i < spoils.size(); ++i) {
    SCOPED_TRACE(absl::StrCat(spoils[i].path, " ", spoils[i].how));
    const bool hidden = NamesTheResource(GetParam(), spoils[i]);
    EXPECT_EQ(attempts[i].outcome.reason(), hidden ? "NOT_FOUND" : "FIELD_INVALID");
    EXPECT_EQ(attempts[i].outcome.field(), hidden ? "" : spoils[i].path);
  }
  EXPECT_EQ(WhatStands(), stands);
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(info.param.find('.') + 1);
}

INSTANTIATE_TEST_SUITE_P(Methods, FieldsTest, ::testing::ValuesIn(Unary()), TestName);

}  // namespace
}  // namespace samverkan::testing
