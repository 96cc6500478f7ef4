#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace samverkan::rpc {

// What holds for every request, from its descriptor: required fields are there, enum values are
// known, numbers are finite, times and spans are in range, request_id is a UUID of version 4 or 7,
// page_size is not negative, lists and texts keep the bounds that hold everywhere. FIELD_INVALID
// with the path of every field at fault, at most 20. What there is to check is found out once for a
// type of request; thread-safe after that.
class FieldChecks {
 public:
  explicit FieldChecks(const google::protobuf::Descriptor* request);
  ~FieldChecks();
  FieldChecks(FieldChecks&&) noexcept;
  FieldChecks& operator=(FieldChecks&&) noexcept;

  absl::Status Check(const google::protobuf::Message& request) const;

 private:
  friend class FieldChecker;
  struct Field;
  // The fields of one message type that have something to check.
  using Plan = std::vector<Field>;
  const Plan* PlanOf(const google::protobuf::Descriptor* type);

  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;
  const Plan* request_;
};

// For requests that are rare.
absl::Status CheckFields(const google::protobuf::Message& request);

}  // namespace samverkan::rpc
