#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "samverkan/types/v1/types.pb.h"
#include "services/access/decide.h"
#include "services/storage/database.h"

namespace samverkan::access {

// Kinds of objects; numbers are stored for ever.
enum class ObjectKind : int64_t { kIncident = 1, kDelivery = 2, kAgreement = 3 };

// One row of `objects`: all that gate, explain and search may know of a thing, in stored form. Noun
// tables share its id.
struct Object {
  int64_t id = 0;
  std::string name;
  ObjectKind kind = ObjectKind::kIncident;
  std::string owner_unit;          // parties/{party}/units/{unit}; empty for agreements
  std::string owner_party;         // parties/{party}; empty for agreements
  std::string category;            // an information category, IKA_…; empty where none
  std::vector<std::string> cells;  // "areas/stadsdel-…", and "areas/city" for the city itself
  types::v1::Tlp tlp = types::v1::TLP_UNSPECIFIED;
  int32_t confidentiality = 0;
  // For objects that concern several parties alike (agreements): their names. Empty otherwise.
  std::vector<std::string> parties;
  int32_t state = 0;  // the noun's own enum
  int32_t revision = 1;
  // The noun's own row that holds the current version.
  int64_t head = 0;
  // Grows with every write of the object; the etag is made of it.
  int64_t change = 1;
  // When it was last written; set by the store.
  absl::Time change_time;
};

// The table `objects`. One row per create, inserted by a statement and not deferred, so that a
// later function of the same group may change it; no secondary index. What lists need is made
// beside the path of the acknowledgement (OwnerIndexer).
class ObjectStore {
 public:
  // The id of an object about to be inserted, for the rows of its noun that go before it.
  absl::StatusOr<int64_t> NextId(storage::WriteTx& tx) const { return tx.Next("objects"); }
  // Inserts under object.id (from NextId) and puts the name's key.
  absl::Status Insert(storage::WriteTx& tx, Object& object) const;
  // Writes label, state, revision and head of an existing object and raises `change`. Name, kind
  // and owner never change.
  absl::Status Update(storage::WriteTx& tx, Object& object) const;
  // By full name: exactly this one, nothing for a name that only shares its last part.
  absl::StatusOr<std::optional<Object>> Find(storage::ReadTx& tx, absl::string_view name) const;
  absl::StatusOr<std::optional<Object>> FindById(storage::ReadTx& tx, int64_t id) const;
  // Objects of one kind that a unit owns, newest first, with ids below `before_id`; at most
  // `limit`.
  absl::StatusOr<std::vector<Object>> ListByOwner(storage::ReadTx& tx, ObjectKind kind,
                                                  absl::string_view owner_unit, int64_t before_id,
                                                  int64_t limit) const;
};

// The opaque etag of an object as it is now; every write changes it.
inline std::string EtagOf(const Object& object) {
  return absl::StrCat("e", object.change);
}

// The label as one snapshot understands it.
Label LabelOf(const Object& object, const Snapshot& policy);

// The names under which cells are stored.
std::vector<std::string> CellNames(const CellSet& cells, const Snapshot& policy);

// The key of a resource name: the bytes of a UUIDv4 last segment, else the first 16 bytes of the
// name's SHA-256.
storage::Key KeyOfName(absl::string_view name);

}  // namespace samverkan::access
