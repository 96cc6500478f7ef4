#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/access/store/object_store.h"
#include "services/agreements/agreement.h"
#include "services/storage/database.h"

namespace samverkan::agreements {

// Agreements as stored. Their content is no secret between the parties and is not encrypted.
class AgreementStore {
 public:
  explicit AgreementStore(const access::ObjectStore& objects) : objects_(objects) {}

  absl::Status Insert(storage::WriteTx& tx, access::Object& object,
                      const Agreement& agreement) const;
  // Writes the record and raises the label's etag.
  absl::Status Save(storage::WriteTx& tx, access::Object& object, const Agreement& agreement) const;
  absl::StatusOr<Agreement> Load(storage::ReadTx& tx, int64_t id) const;
  // Ids of agreements by name, after a name.
  absl::StatusOr<std::vector<int64_t>> List(storage::ReadTx& tx,
                                            absl::string_view after_name) const;

 private:
  const access::ObjectStore& objects_;
};

}  // namespace samverkan::agreements
