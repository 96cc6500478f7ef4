#include "services/storage/sqlite/flush.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/base/status.h"

namespace samverkan::storage::sqlite {
namespace {

constexpr absl::string_view kSetCounter =
    "INSERT INTO storage_counters (name, value) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value";

std::string InsertInto(const AppendTable& table) {
  std::vector<std::string> parameters;
  for (size_t i = 1; i <= table.columns.size(); ++i) parameters.push_back(absl::StrCat("$", i));
  return absl::StrCat("INSERT INTO ", table.name, " (", absl::StrJoin(table.columns, ", "),
                      ") VALUES (", absl::StrJoin(parameters, ", "), ")");
}

}  // namespace

absl::Status Flusher::Flush(const PendingGroup& pending) {
  for (size_t i = 0; i < pending.tables().size(); ++i) {
    if (!pending.tables()[i].rows.empty()) SV_RETURN_IF_ERROR(FlushTable(i, pending.tables()[i]));
  }
  SV_ASSIGN_OR_RETURN(Statement * set, connection_.Prepare(kSetCounter));
  for (const PendingGroup::Counter& counter : pending.counters()) {
    if (counter.value == counter.committed) continue;
    SV_RETURN_IF_ERROR(connection_.Execute(*set, {counter.name, counter.value}));
  }
  return absl::OkStatus();
}

absl::Status Flusher::FlushTable(size_t index, const PendingGroup::Table& table) {
  if (inserts_.size() <= index) inserts_.resize(index + 1);
  if (inserts_[index] == nullptr) {
    SV_ASSIGN_OR_RETURN(inserts_[index], connection_.Prepare(InsertInto(table.definition)));
  }
  for (const std::vector<Value>& row : table.rows) {
    SV_RETURN_IF_ERROR(connection_.Execute(*inserts_[index], row));
  }
  return absl::OkStatus();
}

}  // namespace samverkan::storage::sqlite
