#include "services/rpc/call.h"

#include "absl/strings/str_cat.h"

namespace samverkan::rpc {

std::string Call::acting_as() const {
  return absl::StrCat(policy_->mandate(mandate_).function, " ", unit_name());
}

bool Call::Reaches(const access::Object& object, absl::string_view permission) const {
  return access::DecideOwn(*policy_, mandate_, policy_->FindPermission(permission),
                           access::LabelOf(object, *policy_), now_)
      .allowed;
}

void Call::Reset() {
  policy_.reset();
  mandate_ = {};
  object_ = {};
  resource_.clear();
  kind_ = audit::v1::Record::KIND_UNSPECIFIED;
  count_ = 0;
  hash_.clear();
  citations_.clear();
  related_.clear();
  side_records_.clear();
  on_record_ = nullptr;
  result_ = {};
  replayed_ = false;
}

}  // namespace samverkan::rpc
