#include "services/audit/audit_handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/base/error.h"
#include "services/base/limits.h"
#include "services/base/proto_time.h"
#include "services/base/status.h"
#include "services/journal/proofs.h"
#include "services/journal/ref.h"
#include "services/journal/tree_store.h"

namespace samverkan::audit {
namespace {

using rpc::Call;
using storage::ReadTx;

absl::Status NotYet() {
  return Error(errors::v1::ERROR_REASON_NOT_READY,
               "No checkpoint covers this yet: ask again in a second.");
}

// What the proofs say of their arguments, in the hub's words.
absl::Status Refused(const absl::Status& status, absl::string_view field) {
  if (status.code() == absl::StatusCode::kUnavailable) return NotYet();
  if (status.code() == absl::StatusCode::kInvalidArgument)
    return FieldInvalid(field, "is out of range");
  return status;
}

v1::Checkpoint ToProto(const journal::StoredCheckpoint& stored) {
  v1::Checkpoint checkpoint;
  checkpoint.set_note(stored.note);
  checkpoint.set_size(stored.head.size);
  *checkpoint.mutable_sign_time() = ::samverkan::ToProto(stored.sign_time);
  return checkpoint;
}

}  // namespace

absl::StatusOr<int64_t> AuditHandlers::TreeOf(const Call& call) const {
  const std::optional<int64_t> tree = log_.TreeOf(call.party_name());
  if (!tree) return absl::InternalError("every party has a tree");
  return *tree;
}

absl::StatusOr<v1::Checkpoint> AuditHandlers::GetCheckpoint(
    Call& call, ReadTx& tx, const v1::GetCheckpointRequest& request) {
  SV_ASSIGN_OR_RETURN(const int64_t tree, TreeOf(call));
  SV_ASSIGN_OR_RETURN(const std::optional<journal::StoredCheckpoint> checkpoint,
                      journal::LoadCheckpoint(tx, tree));
  if (!checkpoint) return NotYet();
  return ToProto(*checkpoint);
}

absl::StatusOr<v1::ListEntriesResponse> AuditHandlers::ListEntries(
    Call& call, ReadTx& tx, const v1::ListEntriesRequest& request) {
  SV_ASSIGN_OR_RETURN(const rpc::Page page, pager_.Open(call, request,
                                                        {.default_size = kAuditPageSizeDefault,
                                                         .max_size = kAuditPageSizeMax}));
  if (request.start_index() < 0) return FieldInvalid("start_index", "must not be negative");
  SV_ASSIGN_OR_RETURN(const int64_t tree, TreeOf(call));
  // By index for the whole tree, by row of the log for one resource.
  int64_t from = request.resource().empty() ? request.start_index() : 0;
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &from))
    return FieldInvalid("page_token", "is not a token of this listing");
  absl::StatusOr<std::vector<journal::Leaf>> leaves =
      request.resource().empty()
          ? journal::LoadLeaves(tx, tree, from, page.size + 1)
          : journal::LoadLeavesAbout(tx, tree, journal::RefOfName(request.resource()), from,
                                     page.size + 1);
  SV_RETURN_IF_ERROR(leaves.status());
  v1::ListEntriesResponse response;
  const size_t count = std::min<size_t>(leaves->size(), page.size);
  for (size_t i = 0; i < count; ++i) {
    v1::Entry* entry = response.add_entries();
    entry->set_index((*leaves)[i].index);
    entry->set_record(std::move((*leaves)[i].record));
  }
  if (leaves->size() > count) {
    const int64_t next =
        request.resource().empty() ? (*leaves)[count].index : (*leaves)[count - 1].seq;
    response.set_next_page_token(pager_.Seal(call, request, absl::StrCat(next)));
  }
  call.SetCount(response.entries_size());
  return response;
}

absl::StatusOr<v1::InclusionProof> AuditHandlers::GetInclusionProof(
    Call& call, ReadTx& tx, const v1::GetInclusionProofRequest& request) {
  SV_ASSIGN_OR_RETURN(const int64_t tree, TreeOf(call));
  const absl::StatusOr<journal::InclusionReceipt> receipt =
      journal::LoadReceipt(tx, tree, request.index());
  if (!receipt.ok()) return Refused(receipt.status(), "index");
  v1::InclusionProof proof;
  proof.set_proof(receipt->ToText());
  return proof;
}

absl::StatusOr<v1::ConsistencyProof> AuditHandlers::GetConsistencyProof(
    Call& call, ReadTx& tx, const v1::GetConsistencyProofRequest& request) {
  SV_ASSIGN_OR_RETURN(const int64_t tree, TreeOf(call));
  const absl::StatusOr<journal::Continuation> continuation =
      journal::LoadContinuation(tx, tree, request.old_size());
  if (!continuation.ok()) return Refused(continuation.status(), "old_size");
  v1::ConsistencyProof proof;
  for (const Hash& hash : continuation->proof) proof.add_hashes(std::string(AsBytes(hash)));
  *proof.mutable_checkpoint() = ToProto(continuation->checkpoint);
  return proof;
}

}  // namespace samverkan::audit
