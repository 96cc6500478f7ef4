#include "services/rpc/field_checks.h"

#include <cmath>
#include <string>
#include <utility>
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

bool IsRequired(const FieldDescriptor* field) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::REQUIRED) return true;
  }
  return false;
}

}  // namespace

struct FieldChecks::Field {
  const FieldDescriptor* descriptor = nullptr;
  bool required = false;
  bool request_id = false;
  bool page_size = false;
  bool timestamp = false;
  // Of a message's fields.
  const Plan* plan = nullptr;
};

FieldChecks::FieldChecks(const google::protobuf::Descriptor* request) : request_(PlanOf(request)) {}
FieldChecks::~FieldChecks() = default;
FieldChecks::FieldChecks(FieldChecks&&) noexcept = default;
FieldChecks& FieldChecks::operator=(FieldChecks&&) noexcept = default;

const FieldChecks::Plan* FieldChecks::PlanOf(const google::protobuf::Descriptor* type) {
  auto [place, fresh] = plans_.try_emplace(type);
  if (fresh) place->second = std::make_unique<Plan>();
  Plan* const plan = place->second.get();  // A type that contains itself finds it begun.
  if (!fresh) return plan;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* descriptor = type->field(i);
    const auto kind = descriptor->cpp_type();
    Field field = {.descriptor = descriptor,
                   .required = IsRequired(descriptor),
                   .request_id = descriptor->name() == "request_id",
                   .page_size = descriptor->name() == "page_size"};
    if (kind == FieldDescriptor::CPPTYPE_MESSAGE) {
      field.timestamp = descriptor->message_type() == google::protobuf::Timestamp::descriptor();
      field.plan = PlanOf(descriptor->message_type());
    }
    const bool has_checks =
        kind == FieldDescriptor::CPPTYPE_MESSAGE || kind == FieldDescriptor::CPPTYPE_ENUM ||
        kind == FieldDescriptor::CPPTYPE_DOUBLE || kind == FieldDescriptor::CPPTYPE_STRING ||
        field.page_size || field.required || descriptor->is_repeated();
    if (has_checks) plan->push_back(field);
  }
  return plan;
}

// One request on its way through the checks.
class FieldChecker {
 public:
  void Check(const Message& message, const FieldChecks::Plan& plan) {
    const Reflection& reflection = *message.GetReflection();
    for (const FieldChecks::Field& field : plan) {
      if (violations_.size() >= kViolationsMax) return;
      path_.push_back({field.descriptor});
      CheckField(message, reflection, field);
      path_.pop_back();
    }
  }

  absl::Status Result() const {
    if (violations_.empty()) return absl::OkStatus();
    const FieldViolation& first = violations_.front();
    return Error(errors::v1::ERROR_REASON_FIELD_INVALID,
                 absl::StrCat(first.field, ": ", first.description), {}, violations_);
  }

 private:
  struct Step {
    const FieldDescriptor* field;
    // -1 where not in one of a repeated field's entries.
    int index = -1;
  };

  // The field at the end of the path, which is put into words only now: most requests are good.
  void Refuse(absl::string_view why) {
    std::string path;
    for (const Step& step : path_) {
      absl::StrAppend(&path, path.empty() ? "" : ".", step.field->name());
      if (step.index >= 0) absl::StrAppend(&path, "[", step.index, "]");
    }
    violations_.push_back({path, std::string(why)});
  }

  void CheckField(const Message& message, const Reflection& reflection,
                  const FieldChecks::Field& field) {
    const FieldDescriptor* descriptor = field.descriptor;
    if (descriptor->is_repeated()) {
      const int size = reflection.FieldSize(message, descriptor);
      if (field.required && size == 0) Refuse("is required");
      if (size > kRepeatedMax) {
        Refuse(absl::StrCat("has ", size, " entries, at most ", kRepeatedMax, " are allowed"));
        return;
      }
      for (int i = 0; i < size; ++i) {
        path_.back().index = i;
        CheckValue(message, reflection, field, i);
      }
      return;
    }
    const bool message_type = descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool present =
        (!field.required && !message_type) || reflection.HasField(message, descriptor);
    if (field.required && !present) Refuse("is required");
    if (!message_type || present) CheckValue(message, reflection, field, -1);
  }

  // `index` is -1 for a singular field.
  void CheckValue(const Message& message, const Reflection& reflection,
                  const FieldChecks::Field& field, int index) {
    const FieldDescriptor* descriptor = field.descriptor;
    switch (descriptor->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const Message& value = index < 0
                                   ? reflection.GetMessage(message, descriptor)
                                   : reflection.GetRepeatedMessage(message, descriptor, index);
        if (field.timestamp) {
          CheckTimestamp(static_cast<const google::protobuf::Timestamp&>(value));
        } else {
          Check(value, *field.plan);
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_ENUM: {
        const int value = index < 0 ? reflection.GetEnumValue(message, descriptor)
                                    : reflection.GetRepeatedEnumValue(message, descriptor, index);
        if (descriptor->enum_type()->FindValueByNumber(value) == nullptr)
          Refuse(absl::StrCat(value, " is no known value"));
        return;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        const double value = index < 0 ? reflection.GetDouble(message, descriptor)
                                       : reflection.GetRepeatedDouble(message, descriptor, index);
        if (!std::isfinite(value)) Refuse("is not a finite number");
        return;
      }
      case FieldDescriptor::CPPTYPE_INT32:
        if (index < 0 && field.page_size && reflection.GetInt32(message, descriptor) < 0)
          Refuse("must not be negative");
        return;
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string scratch;
        const std::string& text =
            index < 0 ? reflection.GetStringReference(message, descriptor, &scratch)
                      : reflection.GetRepeatedStringReference(message, descriptor, index, &scratch);
        CheckText(text, field);
        return;
      }
      default:
        return;
    }
  }

  void CheckText(const std::string& text, const FieldChecks::Field& field) {
    if (text.size() > kTextBytesMax)
      Refuse(absl::StrCat("has ", text.size(), " bytes, at most ", kTextBytesMax, " are allowed"));
    if (!field.request_id || text.empty()) return;
    const auto uuid = Uuid::Parse(text);
    if (!uuid || (uuid->version() != 4 && uuid->version() != 7)) {
      Refuse(
          "must be a UUID of version 4 or 7 in lower case, made by the device and kept across "
          "retries");
    }
  }

  void CheckTimestamp(const google::protobuf::Timestamp& time) {
    if (time.seconds() < kTimestampSecondsMin || time.seconds() > kTimestampSecondsMax ||
        time.nanos() < 0 || time.nanos() > kNanosMax) {
      Refuse("is no valid time (years 1 to 9999)");
    }
  }

  std::vector<Step> path_;
  std::vector<FieldViolation> violations_;
};

absl::Status FieldChecks::Check(const Message& request) const {
  FieldChecker checker;
  checker.Check(request, *request_);
  return checker.Result();
}

absl::Status CheckFields(const Message& request) {
  return FieldChecks(request.GetDescriptor()).Check(request);
}

}  // namespace samverkan::rpc
