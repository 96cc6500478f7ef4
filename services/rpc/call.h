#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "samverkan/audit/v1/record.pb.h"
#include "services/access/decide.h"
#include "services/access/principal.h"
#include "services/access/snapshot.h"
#include "services/access/store/object_store.h"
#include "services/journal/ref.h"
#include "services/storage/database.h"

namespace samverkan::rpc {

// What a handler stored under a request_id, for a later repeat to be answered from.
struct Replay {
  int64_t object_id = 0;
  int32_t revision = 0;
  // A number of the noun's own, e.g. the id of a release.
  int64_t detail = 0;
};

// A further audit record that an act leaves in another party's tree.
struct SideRecord {
  std::string party;
  audit::v1::Record::Kind kind;
  std::string resource;
  // The item behind the resource, where that is a received copy.
  std::string about = {};
};

// One permitted call as its handler sees it. Only the gate makes one, and tests of handlers. Used
// by one thread at a time.
class Call {
 public:
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const access::Principal& principal() const { return principal_; }
  // The rules this call is judged by: those in force at its transaction.
  const access::Snapshot& policy() const { return *policy_; }
  access::MandateId mandate() const { return mandate_; }
  access::UnitId unit() const { return policy_->mandate(mandate_).unit; }
  const std::string& unit_name() const { return policy_->unit(unit()).name; }
  const std::string& party_name() const { return policy_->party(policy_->unit(unit()).party).name; }
  // "FN_KOMPOL parties/pol/units/pol-sth-syd-skarh"
  std::string acting_as() const;
  // Code of list PUR; empty where the call named none.
  const std::string& purpose() const { return purpose_; }
  absl::Time deadline() const { return deadline_; }
  // The instant of its transaction.
  absl::Time now() const { return now_; }

  // The object that the request names, already permitted and loaded: ids live only here. Absent (id
  // 0) where the method's resource is a unit, a party or nothing.
  const access::Object& object() const { return object_; }

  // Whether the mandate gives a permission on an object of its unit, wherever that lies (R3): what
  // a listing leaves out otherwise, as the gate refuses it by name.
  bool Reaches(const access::Object& object, absl::string_view permission) const;

  // Full name of the object, or of the unit or party the request names as parent.
  const std::string& resource() const { return resource_; }

  // For the audit record of this call.
  void SetKind(audit::v1::Record::Kind kind) { kind_ = kind; }
  void SetResource(absl::string_view name) { resource_ = std::string(name); }
  void SetCount(int64_t count) { count_ = count; }
  // An object that the call shows beside its resource: an item of a page, the item behind a
  // received copy. Who saw it is found by it (R40). A page's worth fits into a record.
  void AlsoAbout(absl::string_view name) { related_.push_back(journal::RefOfName(name)); }
  // A further page of the same stream: what the page before it showed is forgotten.
  void BeginPage(int64_t count) {
    related_.clear();
    count_ = count;
  }
  // SHA-256 of the content an act discloses or signs.
  void SetHash(absl::string_view hash) { hash_ = std::string(hash); }
  void Cite(absl::string_view clause, int32_t version) {
    citations_.emplace_back(std::string(clause), version);
  }
  void AlsoRecord(SideRecord record) { side_records_.push_back(std::move(record)); }

  // For reading methods: a further effect of the read (a receipt), written with its record.
  void OnRecord(std::function<absl::Status(storage::WriteTx&)> effect) {
    on_record_ = std::move(effect);
  }

  // What a repeat under the same request_id is answered from. Every writing handler says it.
  void SetResult(Replay result) { result_ = result; }
  // This answer is that of an earlier act: trailing metadata samverkan-replayed.
  void MarkReplayed() { replayed_ = true; }

 private:
  friend class Gate;
  friend class Recorder;
  friend class CallMaker;  // of tests/support

  Call() = default;
  // Forgets what a run of the handler left, before it runs again.
  void Reset();

  access::Principal principal_;
  std::shared_ptr<const access::Snapshot> policy_;
  access::MandateId mandate_;
  std::string purpose_;
  absl::Time deadline_;
  absl::Time now_;
  access::Object object_;

  std::string method_;
  std::string resource_;
  audit::v1::Record::Kind kind_ = audit::v1::Record::KIND_UNSPECIFIED;
  int64_t count_ = 0;
  std::string hash_;
  std::vector<std::pair<std::string, int32_t>> citations_;
  std::vector<journal::Ref> related_;
  std::vector<SideRecord> side_records_;
  std::function<absl::Status(storage::WriteTx&)> on_record_;
  // As records name the caller and the request.
  std::string actor_ref_;
  std::string request_ref_;
  Replay result_;
  bool replayed_ = false;
};

}  // namespace samverkan::rpc
