#include "services/directory/bundle.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "services/base/crypto.h"
#include "services/base/status.h"

namespace samverkan::directory {
namespace {

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& path) : path_(path) {}
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(path_, ":", line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  const std::string& path_;
  std::string text_;
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<v1::DirectoryBundle> Parse(const std::string& path) {
  SV_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  v1::DirectoryBundle bundle;
  FirstError error(path);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &bundle)) return absl::InvalidArgumentError(error.text());
  return bundle;
}

// Units that stand in several files become one.
void UniteUnits(v1::DirectoryBundle& bundle) {
  google::protobuf::RepeatedPtrField<v1::Unit> united;
  absl::flat_hash_map<std::string, int> index;
  for (v1::Unit& unit : *bundle.mutable_units()) {
    const auto [entry, inserted] = index.emplace(unit.name(), united.size());
    if (inserted) {
      *united.Add() = std::move(unit);
    } else {
      united.Mutable(entry->second)->MergeFrom(unit);
    }
  }
  bundle.mutable_units()->Swap(&united);
}

std::string Deterministic(const v1::DirectoryBundle& bundle) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    bundle.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<LoadedBundle> LoadBundle(absl::Span<const std::string> files) {
  LoadedBundle loaded;
  for (const std::string& file : files) {
    SV_ASSIGN_OR_RETURN(v1::DirectoryBundle bundle, Parse(file));
    const std::filesystem::path base = std::filesystem::path(file).parent_path();
    for (const std::string& geometry : bundle.geometry_files()) {
      SV_ASSIGN_OR_RETURN(loaded.geojson.emplace_back(), ReadText((base / geometry).string()));
    }
    loaded.bundle.MergeFrom(bundle);
  }
  UniteUnits(loaded.bundle);
  return loaded;
}

absl::Status RecordVersion(storage::Database& database, const journal::AuditLog& log,
                           const v1::DirectoryBundle& bundle) {
  const std::string bytes = Deterministic(bundle);
  const std::string hash(AsBytes(Sha256(bytes)));
  return storage::WriteAndWait(database, [&](storage::WriteTx& tx) -> absl::Status {
    SV_ASSIGN_OR_RETURN(
        const storage::Rows last,
        tx.Run("SELECT hash FROM directory_versions ORDER BY version DESC LIMIT 1"));
    if (!last.empty() && last[0].Bytes(0) == hash) return absl::OkStatus();
    SV_ASSIGN_OR_RETURN(const int64_t version, tx.Next("directory_versions"));
    SV_RETURN_IF_ERROR(
        tx.Run("INSERT INTO directory_versions (version, time, hash, bundle) VALUES ($1, $2, $3, "
               "$4)",
               {version, absl::ToUnixMicros(tx.now()), storage::Blob{hash}, storage::Blob{bytes}})
            .status());
    audit::v1::Record record;
    record.set_kind(audit::v1::Record::KIND_DIRECTORY);
    record.set_hash(hash);
    record.set_revision(static_cast<int32_t>(version));
    return log.Append(tx, "", record);
  });
}

}  // namespace samverkan::directory
