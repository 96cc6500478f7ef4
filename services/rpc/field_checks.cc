#include "services/rpc/field_checks.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/base/error.h"
#include "services/base/uuid.h"

namespace samverkan::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kViolationsMax = 20;
constexpr int kRepeatedMax = 1000;
constexpr size_t kTextBytesMax = 64 * 1024;
// google.protobuf.Timestamp: years 0001 to 9999.
constexpr int64_t kTimestampSecondsMin = -62135596800;
constexpr int64_t kTimestampSecondsMax = 253402300799;
constexpr int32_t kNanosMax = 999999999;

class Checker {
 public:
  void Check(const Message& message, const std::string& prefix) {
    if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
      CheckTimestamp(message, prefix);
      return;
    }
    for (int i = 0;
         i < message.GetDescriptor()->field_count() && violations_.size() < kViolationsMax; ++i) {
      CheckField(message, message.GetDescriptor()->field(i), prefix);
    }
  }

  absl::Status Result() const {
    if (violations_.empty()) return absl::OkStatus();
    const FieldViolation& first = violations_.front();
    return Error(errors::v1::ERROR_REASON_FIELD_INVALID,
                 absl::StrCat(first.field, ": ", first.description), {}, violations_);
  }

 private:
  void Refuse(const std::string& path, absl::string_view why) {
    violations_.push_back({path, std::string(why)});
  }

  void CheckField(const Message& message, const FieldDescriptor* field, const std::string& prefix) {
    const Reflection* reflection = message.GetReflection();
    const std::string path =
        prefix.empty() ? field->name() : absl::StrCat(prefix, ".", field->name());
    if (IsRequired(field) && !IsPresent(message, field)) Refuse(path, "is required");
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      if (size > kRepeatedMax) {
        Refuse(path,
               absl::StrCat("has ", size, " entries, at most ", kRepeatedMax, " are allowed"));
        return;
      }
      for (int i = 0; i < size; ++i) CheckValue(message, field, i, absl::StrCat(path, "[", i, "]"));
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
               reflection->HasField(message, field)) {
      CheckValue(message, field, -1, path);
    }
  }

  // `index` is -1 for a singular field.
  void CheckValue(const Message& message, const FieldDescriptor* field, int index,
                  const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Check(index < 0 ? reflection->GetMessage(message, field)
                        : reflection->GetRepeatedMessage(message, field, index),
              path);
        return;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = index < 0 ? reflection->GetEnumValue(message, field)
                                    : reflection->GetRepeatedEnumValue(message, field, index);
        if (field->enum_type()->FindValueByNumber(value) == nullptr)
          Refuse(path, absl::StrCat(value, " is no known value"));
        return;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        const double value = index < 0 ? reflection->GetDouble(message, field)
                                       : reflection->GetRepeatedDouble(message, field, index);
        if (!std::isfinite(value)) Refuse(path, "is not a finite number");
        return;
      }
      case FieldDescriptor::CPPTYPE_INT32:
        if (index < 0 && field->name() == "page_size" && reflection->GetInt32(message, field) < 0)
          Refuse(path, "must not be negative");
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        CheckText(index < 0 ? reflection->GetString(message, field)
                            : reflection->GetRepeatedString(message, field, index),
                  field, path);
        return;
      default:
        return;
    }
  }

  void CheckText(const std::string& text, const FieldDescriptor* field, const std::string& path) {
    if (text.size() > kTextBytesMax)
      Refuse(path,
             absl::StrCat("has ", text.size(), " bytes, at most ", kTextBytesMax, " are allowed"));
    if (field->name() == "request_id" && !text.empty()) {
      const auto uuid = Uuid::Parse(text);
      if (!uuid || (uuid->version() != 4 && uuid->version() != 7)) {
        Refuse(path,
               "must be a UUID of version 4 or 7 in lower case, made by the device and kept across "
               "retries");
      }
    }
  }

  void CheckTimestamp(const Message& message, const std::string& path) {
    const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
    if (time.seconds() < kTimestampSecondsMin || time.seconds() > kTimestampSecondsMax ||
        time.nanos() < 0 || time.nanos() > kNanosMax) {
      Refuse(path, "is no valid time (years 1 to 9999)");
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

  static bool IsPresent(const Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                                : reflection->HasField(message, field);
  }

  std::vector<FieldViolation> violations_;
};

}  // namespace

absl::Status CheckFields(const Message& request) {
  Checker checker;
  checker.Check(request, "");
  return checker.Result();
}

}  // namespace samverkan::rpc
