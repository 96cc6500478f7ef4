#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/access/store/policy_store.h"
#include "services/agreements/agreement.h"
#include "services/agreements/agreement_store.h"
#include "services/journal/change_log.h"
#include "services/journal/timers.h"
#include "services/rpc/call.h"
#include "services/rpc/page.h"
#include "services/storage/database.h"

namespace samverkan::agreements {

// An agreement's life: drafted, frozen, signed by each party over the same bytes, suspended,
// resumed, terminated. Whatever changes what may flow swaps the policy before it is acknowledged
// and tells the units concerned.
class AgreementHandlers {
 public:
  struct Dependencies {
    const access::ObjectStore& objects;
    const AgreementStore& agreements;
    access::PolicyStore& policy;
    const journal::ChangeLog& changes;
    journal::Timers& timers;
    const rpc::Pager& pager;
  };

  // Registers what happens when an agreement begins or ends by time alone; before the timers start.
  explicit AgreementHandlers(const Dependencies& dependencies);

  absl::StatusOr<v1::Agreement> Get(rpc::Call& call, storage::ReadTx& tx,
                                    const v1::GetAgreementRequest& request);
  absl::StatusOr<v1::ListAgreementsResponse> List(rpc::Call& call, storage::ReadTx& tx,
                                                  const v1::ListAgreementsRequest& request);
  absl::StatusOr<v1::Agreement> Create(rpc::Call& call, storage::WriteTx& tx,
                                       const v1::CreateAgreementRequest& request);
  absl::StatusOr<v1::Agreement> Finalise(rpc::Call& call, storage::WriteTx& tx,
                                         const v1::FinaliseAgreementRequest& request);
  absl::StatusOr<v1::Agreement> Sign(rpc::Call& call, storage::WriteTx& tx,
                                     const v1::SignAgreementRequest& request);
  absl::StatusOr<v1::Agreement> Suspend(rpc::Call& call, storage::WriteTx& tx,
                                        const v1::SuspendAgreementRequest& request);
  absl::StatusOr<v1::Agreement> Resume(rpc::Call& call, storage::WriteTx& tx,
                                       const v1::ResumeAgreementRequest& request);
  absl::StatusOr<v1::Agreement> Terminate(rpc::Call& call, storage::WriteTx& tx,
                                          const v1::TerminateAgreementRequest& request);
  absl::StatusOr<v1::ExplainReleaseResponse> Explain(rpc::Call& call, storage::ReadTx& tx,
                                                     const v1::ExplainReleaseRequest& request);

  absl::StatusOr<v1::Agreement> Render(rpc::Call& call, storage::ReadTx& tx,
                                       const rpc::Replay& replay);

 private:
  absl::StatusOr<v1::Agreement> Save(rpc::Call& call, storage::WriteTx& tx, access::Object object,
                                     const Agreement& agreement);
  // Save for what changes the policy.
  absl::StatusOr<v1::Agreement> Enact(rpc::Call& call, storage::WriteTx& tx,
                                      const Agreement& agreement, const std::string& reason);
  absl::Status SetTimer(storage::WriteTx& tx, const Agreement& agreement);
  absl::Status OnTimer(storage::WriteTx& tx, const journal::DueTimer& timer);
  absl::StatusOr<std::string> SigningParty(const rpc::Call& call, const Agreement& agreement) const;

  const Dependencies deps_;
};

}  // namespace samverkan::agreements
