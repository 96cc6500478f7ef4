#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "samverkan/incidents/v1/incidents.pb.h"
#include "services/access/store/object_store.h"
#include "services/base/calendar.h"
#include "services/base/random.h"
#include "services/incidents/incident.h"
#include "services/incidents/incident_store.h"
#include "services/journal/change_log.h"
#include "services/rpc/call.h"
#include "services/rpc/page.h"
#include "services/storage/database.h"

namespace samverkan::incidents {

// What the handlers of this noun stand on.
struct Dependencies {
  const access::ObjectStore& objects;
  const IncidentStore& incidents;
  const ReleaseStore& releases;
  const journal::ChangeLog& changes;
  const rpc::Pager& pager;
  const Calendar& calendar;
  RandomSource& random;
  // The token with which a watch continues where this transaction reads, for the unit of the call.
  std::function<absl::StatusOr<std::string>(const rpc::Call&, storage::ReadTx&)> resume_token;
  // Told of every item and copy whose content was destroyed, once that is durable; never waits.
  std::function<void(const std::string& name)> sealed;
};

// An item in its owner's own space: handed in, updated by its source, assessed, rejected.
class IncidentHandlers {
 public:
  explicit IncidentHandlers(const Dependencies& deps) : deps_(deps) {}

  // What is handed in, checked and as it will be stored.
  struct Report {
    // Its label, still without id.
    access::Object object = {};
    IncidentStore::SealedVersion version = {};
    // The answer, apart from the time of the transaction.
    v1::Incident shown = {};
    // By which a repeat is known.
    std::string hash = {};
  };
  absl::StatusOr<Report> PrepareCreate(const rpc::Call& call,
                                       const v1::CreateIncidentRequest& request);
  absl::StatusOr<v1::Incident> Create(rpc::Call& call, storage::WriteTx& tx,
                                      const v1::CreateIncidentRequest& request, Report report);
  absl::StatusOr<v1::Incident> Get(rpc::Call& call, storage::ReadTx& tx,
                                   const v1::GetIncidentRequest& request);
  absl::StatusOr<v1::ListIncidentsResponse> List(rpc::Call& call, storage::ReadTx& tx,
                                                 const v1::ListIncidentsRequest& request);

  absl::StatusOr<CheckedContent> PrepareSourceChange(const rpc::Call& call,
                                                     const v1::ReportSourceChangeRequest& request);
  absl::StatusOr<v1::Incident> ReportSourceChange(rpc::Call& call, storage::WriteTx& tx,
                                                  const v1::ReportSourceChangeRequest& request,
                                                  CheckedContent checked);
  absl::StatusOr<CheckedContent> PrepareAssess(const rpc::Call& call,
                                               const v1::AssessIncidentRequest& request);
  absl::StatusOr<v1::Incident> Assess(rpc::Call& call, storage::WriteTx& tx,
                                      const v1::AssessIncidentRequest& request,
                                      CheckedContent checked);
  absl::StatusOr<v1::Incident> Reject(rpc::Call& call, storage::WriteTx& tx,
                                      const v1::RejectIncidentRequest& request);

  // The item as the caller may see it now.
  absl::StatusOr<v1::Incident> Render(rpc::Call& call, storage::ReadTx& tx,
                                      const rpc::Replay& replay);

 private:
  // What was handed in before under the same foreign_id; nothing where it is the first.
  absl::StatusOr<std::optional<v1::Incident>> FindRepeat(rpc::Call& call, storage::WriteTx& tx,
                                                         const std::string& foreign_id,
                                                         const std::string& hash);
  absl::Status CheckSlot(rpc::Call& call, const std::string& parent,
                         const access::Object& reported) const;
  absl::StatusOr<v1::Incident> Saved(rpc::Call& call, storage::WriteTx& tx, access::Object& object,
                                     const v1::IncidentRecord& record);
  absl::StatusOr<v1::Incident> AddTask(rpc::Call& call, storage::WriteTx& tx,
                                       v1::IncidentRecord record, const std::string& category,
                                       bool allowed);

  const Dependencies& deps_;
};

}  // namespace samverkan::incidents
