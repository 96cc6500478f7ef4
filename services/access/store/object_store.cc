#include "services/access/store/object_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/access/snapshot.h"
#include "services/base/crypto.h"
#include "services/base/names.h"
#include "services/base/status.h"
#include "services/base/uuid.h"

namespace samverkan::access {
namespace {

using storage::Row;
using storage::Rows;
using storage::Value;

constexpr absl::string_view kInsert =
    "INSERT INTO objects (id, name, kind, owner_unit, category, cells, tlp, confidentiality, "
    "parties, state, revision, head, change, change_time) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
constexpr absl::string_view kUpdate =
    "UPDATE objects SET category = $2, cells = $3, tlp = $4, confidentiality = $5, parties = $6, "
    "state = $7, revision = $8, head = $9, change = $10, change_time = $11 WHERE id = $1";
constexpr absl::string_view kSelect =
    "SELECT id, name, kind, owner_unit, category, cells, tlp, confidentiality, parties, state, "
    "revision, head, change, change_time FROM objects WHERE id = $1";
// What the index does not cover yet. Short: the indexer is never far behind.
constexpr absl::string_view kSelectRecent =
    "SELECT id, name, kind, owner_unit, category, cells, tlp, confidentiality, parties, state, "
    "revision, head, change, change_time FROM objects "
    "WHERE id > (SELECT id FROM object_progress WHERE one = 1) AND id < $3 AND kind = $1 AND "
    "owner_unit = $2 ORDER BY id DESC LIMIT $4";
constexpr absl::string_view kSelectIndexed =
    "SELECT o.id, o.name, o.kind, o.owner_unit, o.category, o.cells, o.tlp, o.confidentiality, "
    "o.parties, o.state, o.revision, o.head, o.change, o.change_time "
    "FROM objects_by_owner i JOIN objects o ON o.id = i.id "
    "WHERE i.kind = $1 AND i.owner_unit = $2 AND i.id < $3 ORDER BY i.id DESC LIMIT $4";

// Names hold no spaces.
std::string Joined(const std::vector<std::string>& names) {
  return absl::StrJoin(names, " ");
}

std::vector<std::string> Split(absl::string_view joined) {
  return absl::StrSplit(joined, ' ', absl::SkipEmpty());
}

Object FromRow(const Row& row) {
  Object object;
  object.id = row.Int(0);
  object.name = std::string(row.Text(1));
  object.kind = static_cast<ObjectKind>(row.Int(2));
  object.owner_unit = std::string(row.Text(3));
  object.owner_party = std::string(PartyOfName(object.owner_unit));
  object.category = std::string(row.Text(4));
  object.cells = Split(row.Text(5));
  object.tlp = static_cast<types::v1::Tlp>(row.Int(6));
  object.confidentiality = static_cast<int32_t>(row.Int(7));
  object.parties = Split(row.Text(8));
  object.state = static_cast<int32_t>(row.Int(9));
  object.revision = static_cast<int32_t>(row.Int(10));
  object.head = row.Int(11);
  object.change = row.Int(12);
  object.change_time = row.Time(13);
  return object;
}

}  // namespace

absl::Status ObjectStore::Insert(storage::WriteTx& tx, Object& object) const {
  SV_CHECK(object.id > 0, "an object has its id, from NextId, before it is inserted");
  object.change_time = tx.now();
  object.owner_party = std::string(PartyOfName(object.owner_unit));
  tx.PutKey(storage::KeySpace::kName, KeyOfName(object.name), object.id);
  return tx
      .Run(kInsert, {Value(object.id), Value(object.name), Value(static_cast<int64_t>(object.kind)),
                     Value(object.owner_unit), Value(object.category), Value(Joined(object.cells)),
                     Value(int64_t{object.tlp}), Value(int64_t{object.confidentiality}),
                     Value(Joined(object.parties)), Value(int64_t{object.state}),
                     Value(int64_t{object.revision}), Value(object.head), Value(object.change),
                     Value(absl::ToUnixMicros(object.change_time))})
      .status();
}

absl::Status ObjectStore::Update(storage::WriteTx& tx, Object& object) const {
  ++object.change;
  object.change_time = tx.now();
  return tx
      .Run(kUpdate, {Value(object.id), Value(object.category), Value(Joined(object.cells)),
                     Value(int64_t{object.tlp}), Value(int64_t{object.confidentiality}),
                     Value(Joined(object.parties)), Value(int64_t{object.state}),
                     Value(int64_t{object.revision}), Value(object.head), Value(object.change),
                     Value(absl::ToUnixMicros(object.change_time))})
      .status();
}

absl::StatusOr<std::optional<Object>> ObjectStore::Find(storage::ReadTx& tx,
                                                        absl::string_view name) const {
  SV_ASSIGN_OR_RETURN(const std::optional<int64_t> id,
                      tx.FindKey(storage::KeySpace::kName, KeyOfName(name)));
  if (!id.has_value()) return std::optional<Object>();
  SV_ASSIGN_OR_RETURN(std::optional<Object> object, FindById(tx, *id));
  // Another party's name may end in the same UUID.
  if (object.has_value() && object->name != name) object.reset();
  return object;
}

absl::StatusOr<std::optional<Object>> ObjectStore::FindById(storage::ReadTx& tx, int64_t id) const {
  SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run(kSelect, {Value(id)}));
  if (rows.empty()) return std::optional<Object>();
  return std::optional<Object>(FromRow(rows.front()));
}

absl::StatusOr<std::vector<Object>> ObjectStore::ListByOwner(storage::ReadTx& tx, ObjectKind kind,
                                                             absl::string_view owner_unit,
                                                             int64_t before_id,
                                                             int64_t limit) const {
  std::vector<Object> objects;
  // All that is recent is newer than all that is indexed.
  for (absl::string_view sql : {kSelectRecent, kSelectIndexed}) {
    const int64_t missing = limit - static_cast<int64_t>(objects.size());
    if (missing <= 0) break;
    SV_ASSIGN_OR_RETURN(const Rows rows, tx.Run(sql, {Value(static_cast<int64_t>(kind)),
                                                      Value(std::string(owner_unit)),
                                                      Value(before_id), Value(missing)}));
    for (const Row& row : rows) objects.push_back(FromRow(row));
  }
  return objects;
}

Label LabelOf(const Object& object, const Snapshot& policy) {
  Label label;
  label.owner_unit = policy.FindUnit(object.owner_unit);
  label.owner_party = policy.FindParty(object.owner_party);
  label.category = policy.FindInformationCategory(object.category);
  for (const std::string& name : object.cells) {
    const std::optional<size_t> cell = policy.areas().CellOf(name);
    if (cell.has_value()) label.cells.set(*cell);
  }
  label.tlp = object.tlp;
  label.confidentiality = static_cast<uint8_t>(std::clamp(object.confidentiality, 0, 0xff));
  return label;
}

std::vector<std::string> CellNames(const CellSet& cells, const Snapshot& policy) {
  std::vector<std::string> names;
  for (size_t cell = 0; cell < policy.areas().cell_count(); ++cell) {
    if (cells.test(cell)) names.push_back(policy.areas().CellName(cell));
  }
  return names;
}

storage::Key KeyOfName(absl::string_view name) {
  const size_t slash = name.rfind('/');
  const absl::string_view last = slash == absl::string_view::npos ? name : name.substr(slash + 1);
  const std::optional<Uuid> uuid = Uuid::Parse(last);
  if (uuid.has_value() && uuid->version() == 4) return uuid->bytes();
  const Hash hash = Sha256(name);
  storage::Key key;
  std::copy_n(hash.begin(), key.size(), key.begin());
  return key;
}

}  // namespace samverkan::access
