#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/base/limits.h"
#include "services/base/status.h"
#include "services/rpc/call.h"

namespace samverkan::rpc {

// Makes calls without a gate, for handlers called as plain functions, and shows what a handler left
// in one for its record.
class CallMaker {
 public:
  struct Options {
    // Full name: parties/{party}/mandates/{mandate}. Its holder is who calls.
    std::string mandate;
    std::string purpose = {};
    absl::Time now;
  };

  // As the gate has it before the object is loaded: the resource is the mandate's own unit.
  static std::unique_ptr<Call> Make(std::shared_ptr<const access::Snapshot> policy,
                                    const Options& options) {
    std::unique_ptr<Call> call(new Call);
    call->mandate_ = policy->FindMandate(options.mandate);
    SV_CHECK(call->mandate_.valid(), options.mandate.c_str());
    call->policy_ = std::move(policy);
    call->principal_ = PrincipalOf(*call, options);
    call->purpose_ = options.purpose;
    call->now_ = options.now;
    call->deadline_ = options.now + kUnaryDeadlineMax;
    call->resource_ = call->unit_name();
    return call;
  }
  static void SetObject(Call& call, access::Object object) {
    call.resource_ = object.name;
    call.object_ = std::move(object);
  }

  // What a handler said for the record of its call.
  struct Left {
    audit::v1::Record::Kind kind = audit::v1::Record::KIND_UNSPECIFIED;
    std::string resource = {};
    int64_t count = 0;
    std::string hash = {};
    std::vector<std::pair<std::string, int32_t>> citations = {};
    std::vector<SideRecord> side_records = {};
    std::function<absl::Status(storage::WriteTx&)> on_record = nullptr;
    std::vector<journal::Ref> related = {};
    Replay result = {};
    bool replayed = false;
  };
  static Left WhatWasLeft(const Call& call) {
    return {.kind = call.kind_,
            .resource = call.resource_,
            .count = call.count_,
            .hash = call.hash_,
            .citations = call.citations_,
            .side_records = call.side_records_,
            .on_record = call.on_record_,
            .related = call.related_,
            .result = call.result_,
            .replayed = call.replayed_};
  }

 private:
  static access::Principal PrincipalOf(const Call& call, const Options& options) {
    access::Principal principal;
    for (const auto& mandate : call.policy_->input().directory->mandates()) {
      if (mandate.name() == options.mandate) principal.holder = mandate.holder();
    }
    principal.kind = absl::StartsWith(principal.holder, "spiffe://")
                         ? access::PrincipalKind::kSystem
                         : access::PrincipalKind::kPerson;
    principal.party = call.party_name();
    principal.assurance = kAssuranceMin;
    principal.authenticated_at = options.now;
    principal.expires_at = options.now + absl::Hours(1);
    return principal;
  }
};

}  // namespace samverkan::rpc
