#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "services/storage/database.h"
#include "services/storage/pending_group.h"
#include "services/storage/sqlite/connection.h"
#include "services/storage/sqlite/key_index.h"

namespace samverkan::storage::sqlite {

// The transaction as the functions of one group see it, one after the other. Statements run at
// once, under a savepoint that opens at the function's first writing statement; everything else
// waits in the pending group.
class GroupTx final : public WriteTx {
 public:
  GroupTx(Connection& connection, PendingGroup& pending, const KeyIndex& keys)
      : connection_(connection), pending_(pending), keys_(keys) {}

  void StartGroup();
  void StartFunction(absl::Time now);
  // Keeps what the function did when its status is OK, takes it back otherwise. Returns the
  // function's status.
  absl::Status FinishFunction(absl::Status status);

  bool group_ended() const { return group_ended_; }
  // A statement of the group has written.
  bool wrote() const { return wrote_; }
  // The transaction ended behind the group's back: nothing of the group is left in the database.
  bool lost() const { return !connection_.InTransaction(); }

  absl::StatusOr<Rows> Run(absl::string_view sql, absl::Span<const Value> parameters) override;
  absl::StatusOr<std::optional<int64_t>> FindKey(KeySpace space, const Key& key) override;
  absl::Time now() const override { return now_; }
  void Append(const AppendTable& table, std::vector<Value> row) override;
  absl::StatusOr<std::optional<Row>> Find(const AppendTable& table, int64_t key) override;
  absl::StatusOr<int64_t> Next(absl::string_view sequence) override;
  void PutKey(KeySpace space, const Key& key, int64_t value) override;
  void RemoveKeys(KeySpace space, absl::Span<const Key> keys) override;
  absl::Status RunScript(absl::string_view script) override;
  absl::Status Undo() override;
  void EndGroup() override { group_ended_ = true; }
  void OnCommit(absl::AnyInvocable<void()> hook) override { pending_.OnCommit(std::move(hook)); }

 private:
  absl::Status BeforeWriting();

  Connection& connection_;
  PendingGroup& pending_;
  const KeyIndex& keys_;
  absl::Time now_;
  bool savepoint_ = false;
  bool wrote_ = false;
  bool group_ended_ = false;
  // Find's statement for each append table.
};

}  // namespace samverkan::storage::sqlite
