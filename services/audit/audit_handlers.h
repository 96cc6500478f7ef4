#pragma once

#include "absl/status/statusor.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/journal/audit_log.h"
#include "services/rpc/call.h"
#include "services/rpc/page.h"
#include "services/storage/database.h"

namespace samverkan::audit {

// A party's own audit tree: its entries as they were hashed, its checkpoints and proofs. Reading
// the log is logged (R42).
class AuditHandlers {
 public:
  AuditHandlers(const journal::AuditLog& log, const rpc::Pager& pager) : log_(log), pager_(pager) {}

  absl::StatusOr<v1::Checkpoint> GetCheckpoint(rpc::Call& call, storage::ReadTx& tx,
                                               const v1::GetCheckpointRequest& request);
  absl::StatusOr<v1::ListEntriesResponse> ListEntries(rpc::Call& call, storage::ReadTx& tx,
                                                      const v1::ListEntriesRequest& request);
  absl::StatusOr<v1::InclusionProof> GetInclusionProof(rpc::Call& call, storage::ReadTx& tx,
                                                       const v1::GetInclusionProofRequest& request);
  absl::StatusOr<v1::ConsistencyProof> GetConsistencyProof(
      rpc::Call& call, storage::ReadTx& tx, const v1::GetConsistencyProofRequest& request);

 private:
  absl::StatusOr<int64_t> TreeOf(const rpc::Call& call) const;

  const journal::AuditLog& log_;
  const rpc::Pager& pager_;
};

}  // namespace samverkan::audit
