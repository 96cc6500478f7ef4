#include "services/storage/pending_group.h"

#include <algorithm>
#include <utility>

#include "services/base/status.h"

namespace samverkan::storage {
namespace {

constexpr int64_t kNoPrevious = -1;

int64_t SizeOf(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return static_cast<int64_t>(text->size());
  if (const auto* blob = std::get_if<Blob>(&value)) return static_cast<int64_t>(blob->bytes.size());
  return sizeof(int64_t);
}

int64_t KeyOf(const std::vector<Value>& row) {
  return std::get<int64_t>(row[0]);
}

}  // namespace

void PendingGroup::LoadCounter(absl::string_view name, int64_t value) {
  Counter& counter = counters_[CounterIndex(name)];
  counter.value = value;
  counter.committed = value;
}

void PendingGroup::StartFunction() {
  steps_.clear();
  hooks_before_ = hooks_.size();
  bytes_before_ = bytes_;
}

void PendingGroup::UndoFunction() {
  for (; !steps_.empty(); steps_.pop_back()) {
    const Step& step = steps_.back();
    switch (step.kind) {
      case Kind::kAppend:
        tables_[step.index].rows.pop_back();
        break;
      case Kind::kCounter:
        counters_[step.index].value = step.previous;
        break;
      case Kind::kKey: {
        const KeyName name = key_changes_.back().name;
        key_changes_.pop_back();
        if (step.previous == kNoPrevious) {
          key_index_.erase(name);
        } else {
          key_index_[name] = static_cast<int32_t>(step.previous);
        }
        break;
      }
    }
  }
  hooks_.erase(hooks_.begin() + static_cast<std::ptrdiff_t>(hooks_before_), hooks_.end());
  bytes_ = bytes_before_;
}

size_t PendingGroup::TableIndex(const AppendTable& table) {
  if (auto known = table_index_.find(table.name); known != table_index_.end()) return known->second;
  tables_.push_back({.definition = table, .rows = {}});
  return table_index_[table.name] = tables_.size() - 1;
}

size_t PendingGroup::CounterIndex(absl::string_view name) {
  if (auto known = counter_index_.find(name); known != counter_index_.end()) return known->second;
  counters_.push_back({.name = std::string(name)});
  return counter_index_[std::string(name)] = counters_.size() - 1;
}

void PendingGroup::Append(const AppendTable& table, std::vector<Value> row) {
  const size_t index = TableIndex(table);
  std::vector<std::vector<Value>>& rows = tables_[index].rows;
  SV_CHECK(row.size() == table.columns.size() && !row.empty(),
           "an appended row has a value for every column");
  SV_CHECK(std::holds_alternative<int64_t>(row[0]), "an appended row starts with its integer key");
  SV_CHECK(rows.empty() || KeyOf(rows.back()) < KeyOf(row),
           "rows are appended in ascending order of their keys");
  for (const Value& value : row) bytes_ += SizeOf(value);
  rows.push_back(std::move(row));
  steps_.push_back({.kind = Kind::kAppend, .index = static_cast<int32_t>(index), .previous = 0});
}

const std::vector<Value>* PendingGroup::Find(const AppendTable& table, int64_t key) const {
  const auto known = table_index_.find(table.name);
  if (known == table_index_.end()) return nullptr;
  const std::vector<std::vector<Value>>& rows = tables_[known->second].rows;
  const auto row = std::lower_bound(
      rows.begin(), rows.end(), key,
      [](const std::vector<Value>& left, int64_t right) { return KeyOf(left) < right; });
  return row == rows.end() || KeyOf(*row) != key ? nullptr : &*row;
}

int64_t PendingGroup::Next(absl::string_view counter) {
  const size_t index = CounterIndex(counter);
  steps_.push_back({.kind = Kind::kCounter,
                    .index = static_cast<int32_t>(index),
                    .previous = counters_[index].value});
  return ++counters_[index].value;
}

void PendingGroup::SetCounter(absl::string_view counter, int64_t value) {
  counters_[CounterIndex(counter)].value = value;
}

void PendingGroup::ChangeKey(const KeyChange& change) {
  const auto index = static_cast<int32_t>(key_changes_.size());
  key_changes_.push_back(change);
  const auto [place, fresh] = key_index_.try_emplace(change.name, index);
  steps_.push_back(
      {.kind = Kind::kKey, .index = index, .previous = fresh ? kNoPrevious : place->second});
  place->second = index;
}

const KeyState* PendingGroup::FindKey(const KeyName& name) const {
  const auto known = key_index_.find(name);
  return known == key_index_.end() ? nullptr : &key_changes_[known->second].state;
}

bool PendingGroup::empty() const {
  return key_changes_.empty() &&
         std::all_of(tables_.begin(), tables_.end(),
                     [](const Table& table) { return table.rows.empty(); }) &&
         std::all_of(counters_.begin(), counters_.end(),
                     [](const Counter& counter) { return counter.value == counter.committed; });
}

std::vector<absl::AnyInvocable<void()>> PendingGroup::Committed() {
  for (Counter& counter : counters_) counter.committed = counter.value;
  std::vector<absl::AnyInvocable<void()>> hooks = std::move(hooks_);
  Clear();
  return hooks;
}

void PendingGroup::Discard() {
  for (Counter& counter : counters_) counter.value = counter.committed;
  Clear();
}

void PendingGroup::Clear() {
  for (Table& table : tables_) table.rows.clear();
  key_changes_.clear();
  key_index_.clear();
  hooks_.clear();
  steps_.clear();
  bytes_ = 0;
  hooks_before_ = 0;
  bytes_before_ = 0;
}

}  // namespace samverkan::storage
