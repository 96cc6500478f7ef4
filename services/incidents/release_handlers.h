#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/incidents/incident_handlers.h"

namespace samverkan::incidents {

// Disclosure: what leaves an item's own space, is corrected afterwards, and is taken back.
class ReleaseHandlers {
 public:
  explicit ReleaseHandlers(const Dependencies& deps) : deps_(deps) {}

  struct CheckedRelease {};
  absl::StatusOr<CheckedRelease> PrepareRelease(const rpc::Call& call,
                                                const v1::ReleaseIncidentRequest& request);
  absl::StatusOr<v1::Release> Release(rpc::Call& call, storage::WriteTx& tx,
                                      const v1::ReleaseIncidentRequest& request,
                                      CheckedRelease checked);
  absl::StatusOr<v1::ListReleasesResponse> List(rpc::Call& call, storage::ReadTx& tx,
                                                const v1::ListReleasesRequest& request);

  absl::StatusOr<CheckedContent> PrepareCorrect(const rpc::Call& call,
                                                const v1::CorrectIncidentRequest& request);
  absl::StatusOr<v1::Incident> Correct(rpc::Call& call, storage::WriteTx& tx,
                                       const v1::CorrectIncidentRequest& request,
                                       CheckedContent checked);
  absl::StatusOr<v1::Incident> Retract(rpc::Call& call, storage::WriteTx& tx,
                                       const v1::RetractIncidentRequest& request);

  absl::StatusOr<v1::Release> RenderRelease(rpc::Call& call, storage::ReadTx& tx,
                                            const rpc::Replay& replay);
  absl::StatusOr<v1::Incident> RenderIncident(rpc::Call& call, storage::ReadTx& tx,
                                              const rpc::Replay& replay);

 private:
  // One clause's disclosure of one revision: projected once, stored once, wrapped for each holder.
  struct Disclosure {
    v1::ReleasedRecord record;
    std::string hash;
    access::Obligations obligations;
    ReleaseRow release;
    StoredContent content;
  };

  absl::StatusOr<access::Obligations> DecideRecipients(const rpc::Call& call,
                                                       const v1::ReleaseIncidentRequest& request,
                                                       const access::Object& object) const;
  Disclosure Disclose(const rpc::Call& call, const access::Object& object,
                      const v1::IncidentRecord& record,
                      const access::Obligations& obligations) const;
  absl::StatusOr<journal::ChangeTarget> Deliver(rpc::Call& call, storage::WriteTx& tx,
                                                const access::Object& item,
                                                const Disclosure& disclosure,
                                                const std::string& recipient, int64_t supersedes,
                                                audit::v1::Record::Kind kind) const;
  absl::Status CorrectHolders(rpc::Call& call, storage::WriteTx& tx, const access::Object& object,
                              const v1::IncidentRecord& record,
                              std::vector<journal::ChangeTarget>& targets) const;
  absl::StatusOr<access::Object> LoadCopy(storage::ReadTx& tx, int64_t id) const;
  absl::Status AppendChange(storage::WriteTx& tx, const access::Object& object,
                            std::vector<journal::ChangeTarget> targets) const;

  const Dependencies& deps_;
};

}  // namespace samverkan::incidents
