#include "services/storage/sqlite/sqlite_database.h"

#include <algorithm>
#include <utility>

#include "services/base/status.h"
#include "services/storage/sqlite/file_lock.h"
#include "services/storage/sqlite/reader_pool.h"
#include "services/storage/sqlite/schema.h"
#include "services/storage/sqlite/writer.h"

namespace samverkan::storage::sqlite {
namespace {

// Opens the snapshot, and says up to where the key log reaches in it.
constexpr absl::string_view kOpenSnapshot =
    "SELECT value FROM storage_counters WHERE name = 'storage.key_log'";

class SnapshotTx final : public ReadTx {
 public:
  SnapshotTx(Connection& connection, const KeyIndex& keys, int64_t key_position, absl::Time now)
      : connection_(connection), keys_(keys), key_position_(key_position), now_(now) {}

  absl::StatusOr<Rows> Run(absl::string_view sql, absl::Span<const Value> parameters) override {
    return connection_.Run(sql, parameters);
  }
  absl::StatusOr<std::optional<int64_t>> FindKey(KeySpace space, const Key& key) override {
    return keys_.Find(connection_, {.space = space, .key = key}, key_position_);
  }
  absl::StatusOr<std::optional<Row>> Find(const AppendTable& table, int64_t key) override {
    return connection_.Find(table, key);
  }
  absl::Time now() const override { return now_; }

 private:
  Connection& connection_;
  const KeyIndex& keys_;
  const int64_t key_position_;
  const absl::Time now_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(SqliteOptions options, std::unique_ptr<FileLock> lock,
                 std::unique_ptr<ReaderPool> readers, std::unique_ptr<Connection> connection)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        connection_(*connection),
        readers_(std::move(readers)),
        writer_(std::make_unique<Writer>(options_, std::move(connection), *readers_)) {}

  ~SqliteDatabase() override {
    writer_->Stop();
    // The readers end first, so that nothing keeps the last checkpoint from emptying the log. What
    // fails here is in the log still, and done again at the next start.
    readers_->Close();
    connection_.RunCheckpoint(Connection::Checkpoint::kTruncate, absl::ZeroDuration())
        .IgnoreError();
  }

  absl::Status Start() { return writer_->Start(); }

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    int64_t seen = 0;
    absl::Status status = ReadSnapshot(deadline, fn, seen);
    writer_->AwaitDurable(seen);
    return status;
  }

  absl::Status ReadAhead(absl::Time deadline,
                         absl::FunctionRef<absl::Status(ReadTx&)> fn) override {
    int64_t seen = 0;
    return ReadSnapshot(deadline, fn, seen);
  }

  void Write(absl::Time deadline, WriteFunction fn, Done done) override {
    writer_->Write(deadline, std::move(fn), std::move(done));
  }

  void Purge(Done done) override { writer_->Purge(std::move(done)); }

  absl::Status Ready() override {
    SV_RETURN_IF_ERROR(ReadAhead(options_.clock->Now() + options_.read_max,
                                 [](ReadTx& tx) { return tx.Run("SELECT 1").status(); }));
    return writer_->Healthy();
  }

  DatabaseStats Stats() const override { return writer_->Stats(); }

  void Stop() override { writer_->Stop(); }

 private:
  // `seen` is the commit up to which the snapshot may reach.
  absl::Status ReadSnapshot(absl::Time deadline, absl::FunctionRef<absl::Status(ReadTx&)> fn,
                            int64_t& seen) {
    SV_ASSIGN_OR_RETURN(ReaderPool::Lease lease, readers_->Acquire(deadline));
    Connection& connection = lease.connection();
    connection.SetLimit(options_.clock,
                        std::min(deadline, options_.clock->Now() + options_.read_max));
    SV_RETURN_IF_ERROR(connection.Control("BEGIN"));
    absl::Status status = RunReader(connection, fn, seen);
    connection.SetLimit(nullptr, absl::InfiniteFuture());
    absl::Status ended = connection.Control("COMMIT");
    if (connection.InTransaction()) ended = connection.Control("ROLLBACK");
    return status.ok() ? ended : status;
  }

  absl::Status RunReader(Connection& connection, absl::FunctionRef<absl::Status(ReadTx&)> fn,
                         int64_t& seen) {
    SV_ASSIGN_OR_RETURN(Rows position, connection.Run(kOpenSnapshot));
    seen = writer_->committed();
    if (position.empty())
      return absl::DataLossError("storage: the position of the key log is missing");
    // After the snapshot was opened: its commits are not later than this.
    const absl::Time now = std::max(options_.clock->Now(), writer_->LastTime());
    SnapshotTx tx(connection, writer_->keys(), position[0].Int(0), now);
    return fn(tx);
  }

  const SqliteOptions options_;
  // Released last.
  const std::unique_ptr<FileLock> lock_;
  Connection& connection_;
  const std::unique_ptr<ReaderPool> readers_;
  const std::unique_ptr<Writer> writer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options) {
  SV_CHECK(options.clock != nullptr && options.readers > 0 && options.queue_max > 0 &&
               options.group_max > 0,
           "the options of a database name a clock and positive limits");
  SV_ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock, FileLock::Take(options.path));
  SV_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer,
                      Connection::Open({.path = options.path,
                                        .cache_bytes = options.writer_cache_bytes,
                                        .pages_max = options.pages_max,
                                        .trace = options.trace}));
  SV_RETURN_IF_ERROR(PrepareSchema(*writer));
  // What the last process left in the log.
  SV_RETURN_IF_ERROR(
      writer->RunCheckpoint(Connection::Checkpoint::kTruncate, absl::ZeroDuration()).status());
  SV_ASSIGN_OR_RETURN(std::unique_ptr<ReaderPool> readers,
                      ReaderPool::Create({.path = options.path,
                                          .read_only = true,
                                          .cache_bytes = options.reader_cache_bytes,
                                          .mmap_bytes = options.reader_mmap_bytes},
                                         options.readers, *options.clock));
  auto database = std::make_unique<SqliteDatabase>(std::move(options), std::move(lock),
                                                   std::move(readers), std::move(writer));
  SV_RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace samverkan::storage::sqlite
