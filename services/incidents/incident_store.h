#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "samverkan/incidents/v1/record.pb.h"
#include "services/access/store/object_store.h"
#include "services/base/record_cipher.h"
#include "services/storage/database.h"

namespace samverkan::incidents {

// Items as stored: the label in `objects`, every version as an encrypted row of its own.
class IncidentStore {
 public:
  IncidentStore(const access::ObjectStore& objects, const RecordCipher& cipher)
      : objects_(objects), cipher_(cipher) {}

  // A version, encrypted. It opens only as the one that follows `object.head` in this item.
  struct SealedVersion {
    std::string wrapped_key;
    std::string ciphertext;
  };
  SealedVersion Seal(const access::Object& object, const v1::IncidentRecord& record) const;

  // Writes a new item's label and first version.
  absl::Status Insert(storage::WriteTx& tx, access::Object& object, SealedVersion version) const;
  // Writes a further version and the label as changed.
  absl::Status Save(storage::WriteTx& tx, access::Object& object,
                    const v1::IncidentRecord& record) const;
  // The current version.
  absl::StatusOr<v1::IncidentRecord> Load(storage::ReadTx& tx, const access::Object& object) const;
  // Destroys the content of every version up to and including the current one: keys and
  // ciphertexts. What a later Save writes stands. UNAVAILABLE while a version is only being
  // written: a retraction that was sent before the act before it was answered comes again.
  absl::Status Destroy(storage::WriteTx& tx, const access::Object& object) const;

  // The first item that a party handed in under its own id; nothing where there is none.
  absl::StatusOr<std::optional<int64_t>> FindForeignId(storage::ReadTx& tx, absl::string_view party,
                                                       absl::string_view foreign_id) const;
  void PutForeignId(storage::WriteTx& tx, absl::string_view party, absl::string_view foreign_id,
                    int64_t object_id) const;

 private:
  static absl::Status AppendVersion(storage::WriteTx& tx, access::Object& object,
                                    SealedVersion version);

  const access::ObjectStore& objects_;
  const RecordCipher& cipher_;
};

// One disclosed projection, before it is stored.
struct NewContent {
  int64_t incident_id = 0;
  int32_t revision = 0;
  v1::ReleasedRecord record;
  std::string hash;
};

// A stored one: its key stays in memory only as long as the act that wraps it for the holders.
struct StoredContent {
  int64_t id = 0;
  Secret key;
};

struct ReleaseRow {
  int64_t id = 0;
  std::string name;
  int64_t incident_id = 0;
  int32_t revision = 0;
  int64_t content_id = 0;
  std::string clause;
  int32_t clause_version = 0;
  std::string purpose;
  std::string legal_code;
  std::string decided_by;
  absl::Time time;
  std::string hash;
  // Empty once retracted.
  v1::ReleaseReasons reasons;
  v1::ReleasedRecord content;
};

struct DeliveryRow {
  int64_t id = 0;
  int64_t incident_id = 0;
  int64_t release_id = 0;
  int64_t content_id = 0;
  std::string unit;
  std::string originator_unit;
  std::string clause;
  int32_t clause_version = 0;
  std::string purpose;
  types::v1::Onward onward = types::v1::ONWARD_UNSPECIFIED;
  absl::Time deliver_time;
  std::optional<absl::Time> first_open_time;
  std::optional<absl::Time> acknowledge_time;
  bool correction_withheld = false;
  int64_t supersedes = 0;
  int64_t superseded_by = 0;
  // Empty where the retraction was lost with a database and only its seal was kept.
  std::string tombstone_reason;
  // The epoch where it is not sealed.
  absl::Time tombstone_time;
};

// Releases, what they disclosed, and the received copies.
class ReleaseStore {
 public:
  explicit ReleaseStore(const RecordCipher& cipher) : cipher_(cipher) {}

  absl::StatusOr<StoredContent> InsertContent(storage::WriteTx& tx,
                                              const NewContent& content) const;
  // Gives row.id. `originator_party` can read content and reasons.
  absl::Status InsertRelease(storage::WriteTx& tx, ReleaseRow& row, const StoredContent& content,
                             absl::string_view originator_party) const;
  absl::Status InsertDelivery(storage::WriteTx& tx, const DeliveryRow& row,
                              const StoredContent& content, absl::string_view holder_party) const;

  absl::StatusOr<std::vector<ReleaseRow>> ListReleases(storage::ReadTx& tx, int64_t incident_id,
                                                       absl::string_view originator_party,
                                                       int64_t before_id, int64_t limit) const;
  absl::StatusOr<ReleaseRow> LoadRelease(storage::ReadTx& tx, int64_t id,
                                         absl::string_view originator_party) const;
  absl::StatusOr<std::vector<DeliveryRow>> ListDeliveries(storage::ReadTx& tx,
                                                          int64_t incident_id) const;
  absl::StatusOr<DeliveryRow> LoadDelivery(storage::ReadTx& tx, int64_t id) const;
  // The copy's content as its holder may read it; NOT_FOUND in storage terms is DATA_LOSS: the
  // caller knows that it is not sealed.
  absl::StatusOr<v1::ReleasedRecord> LoadContent(storage::ReadTx& tx, const DeliveryRow& row,
                                                 absl::string_view holder_party) const;

  // Each returns whether it changed anything.
  absl::StatusOr<bool> NoteOpened(storage::WriteTx& tx, int64_t delivery_id) const;
  absl::StatusOr<bool> Acknowledge(storage::WriteTx& tx, int64_t delivery_id) const;
  absl::Status Supersede(storage::WriteTx& tx, int64_t older, int64_t newer) const;
  absl::Status WithholdCorrection(storage::WriteTx& tx, int64_t delivery_id) const;

  // Destroys all disclosed content of an item: keys, ciphertexts, reasons; every copy keeps the
  // tombstone.
  absl::Status Seal(storage::WriteTx& tx, int64_t incident_id, absl::string_view reason) const;

 private:
  const RecordCipher& cipher_;
};

}  // namespace samverkan::incidents
