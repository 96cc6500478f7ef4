#include "services/storage/sqlite/group_tx.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/status.h"

namespace samverkan::storage::sqlite {
namespace {

absl::Status LostError() {
  return absl::AbortedError("storage: the transaction was lost");
}

}  // namespace

void GroupTx::StartGroup() {
  group_ended_ = false;
  wrote_ = false;
  savepoint_ = false;
}

void GroupTx::StartFunction(absl::Time now) {
  now_ = now;
  savepoint_ = false;
  pending_.StartFunction();
}

absl::Status GroupTx::FinishFunction(absl::Status status) {
  if (lost()) return status.ok() ? LostError() : status;
  absl::Status closed = status.ok() ? absl::OkStatus() : Undo();
  if (closed.ok() && savepoint_) closed = connection_.Control("RELEASE f");
  savepoint_ = false;
  if (!closed.ok()) {
    // What the function left cannot be told from the rest: the group starts over.
    if (!lost()) connection_.Control("ROLLBACK").IgnoreError();
    return closed;
  }
  return status;
}

absl::Status GroupTx::BeforeWriting() {
  if (savepoint_) return absl::OkStatus();
  SV_RETURN_IF_ERROR(connection_.Control("SAVEPOINT f"));
  savepoint_ = true;
  wrote_ = true;
  return absl::OkStatus();
}

absl::StatusOr<Rows> GroupTx::Run(absl::string_view sql, absl::Span<const Value> parameters) {
  // Outside a transaction a statement would commit by itself.
  if (lost()) return LostError();
  SV_ASSIGN_OR_RETURN(Statement * statement, connection_.Prepare(sql));
  if (statement->writes) SV_RETURN_IF_ERROR(BeforeWriting());
  return connection_.Run(*statement, parameters);
}

absl::Status GroupTx::RunScript(absl::string_view script) {
  if (lost()) return LostError();
  SV_RETURN_IF_ERROR(BeforeWriting());
  return connection_.RunScript(script);
}

absl::StatusOr<std::optional<int64_t>> GroupTx::FindKey(KeySpace space, const Key& key) {
  if (lost()) return LostError();
  const KeyName name{.space = space, .key = key};
  if (const KeyState* state = pending_.FindKey(name)) {
    return state->removed ? std::nullopt : std::optional<int64_t>(state->value);
  }
  return keys_.Find(connection_, name, keys_.position());
}

void GroupTx::Append(const AppendTable& table, std::vector<Value> row) {
  pending_.Append(table, std::move(row));
}

absl::StatusOr<std::optional<Row>> GroupTx::Find(const AppendTable& table, int64_t key) {
  if (const std::vector<Value>* row = pending_.Find(table, key)) return Row(*row);
  if (lost()) return LostError();
  return connection_.Find(table, key);
}

absl::StatusOr<int64_t> GroupTx::Next(absl::string_view sequence) {
  SV_CHECK(!absl::StartsWith(sequence, "storage."),
           "names of sequences that start with storage. belong to the engine");
  return pending_.Next(sequence);
}

void GroupTx::PutKey(KeySpace space, const Key& key, int64_t value) {
  pending_.ChangeKey(
      {.name = {.space = space, .key = key}, .state = {.value = value, .removed = false}});
}

void GroupTx::RemoveKeys(KeySpace space, absl::Span<const Key> keys) {
  for (const Key& key : keys) {
    pending_.ChangeKey(
        {.name = {.space = space, .key = key}, .state = {.value = 0, .removed = true}});
  }
}

absl::Status GroupTx::Undo() {
  if (lost()) return LostError();
  pending_.UndoFunction();
  // The savepoint stays open for what follows.
  return savepoint_ ? connection_.Control("ROLLBACK TO f") : absl::OkStatus();
}

}  // namespace samverkan::storage::sqlite
