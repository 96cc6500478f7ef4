#include "services/storage/database.h"

#include "absl/synchronization/notification.h"

namespace samverkan::storage {

int64_t Row::Int(size_t column) const {
  const int64_t* value = std::get_if<int64_t>(&values_[column]);
  return value == nullptr ? 0 : *value;
}

absl::string_view Row::Text(size_t column) const {
  const std::string* value = std::get_if<std::string>(&values_[column]);
  return value == nullptr ? absl::string_view() : absl::string_view(*value);
}

absl::string_view Row::Bytes(size_t column) const {
  const Blob* value = std::get_if<Blob>(&values_[column]);
  return value == nullptr ? absl::string_view() : absl::string_view(value->bytes);
}

absl::Status WriteAndWait(Database& database, Database::WriteFunction fn) {
  absl::Status result;
  absl::Notification answered;
  database.Write(absl::InfiniteFuture(), std::move(fn), [&](absl::Status status) {
    result = std::move(status);
    answered.Notify();
  });
  answered.WaitForNotification();
  return result;
}

absl::Status PurgeAndWait(Database& database) {
  absl::Status result;
  absl::Notification answered;
  database.Purge([&](absl::Status status) {
    result = std::move(status);
    answered.Notify();
  });
  answered.WaitForNotification();
  return result;
}

}  // namespace samverkan::storage
