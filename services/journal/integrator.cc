#include "services/journal/integrator.h"

#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "samverkan/audit/v1/record.pb.h"
#include "services/base/status.h"
#include "services/base/thread.h"

namespace samverkan::journal {
namespace {

using audit::v1::Record;

// Small enough that the writer's other work hardly notices the batch.
constexpr int64_t kBatchSize = 256;
// A backlog must not keep what is integrated from being signed.
constexpr int kBatchesMax = 64;
constexpr absl::Duration kReadTime = absl::Seconds(10);
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

std::string OriginOf(absl::string_view prefix, absl::string_view party) {
  return absl::StrCat(prefix, "/", party.empty() ? "hub" : party);
}

// The resources that a record concerns.
absl::Status AddMentions(const Leaf& leaf, std::vector<TreeBatch::Mention>& mentions) {
  Record record;
  if (!record.ParseFromString(leaf.record)) {
    return absl::DataLossError(absl::StrCat("audit log row ", leaf.seq, " is no record"));
  }
  if (!record.resource().empty()) {
    mentions.push_back({leaf.tree, RefOfName(record.resource()), leaf.seq});
  }
  for (const std::string& bytes : record.related_refs()) {
    if (const auto ref = ArrayFrom<16>(bytes)) mentions.push_back({leaf.tree, *ref, leaf.seq});
  }
  return absl::OkStatus();
}

Record PartyHead(const SignedTree& tree, const TreeHead& head) {
  Record record;
  record.set_kind(Record::KIND_PARTY_HEAD);
  record.set_origin(tree.origin());
  record.set_size(head.size);
  record.set_hash(std::string(AsBytes(head.root)));
  return record;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Guard>> OpenGuard(const std::string& path,
                                                 storage::Database& database) {
  bool any_checkpoint = false;
  SV_RETURN_IF_ERROR(
      database.Read(absl::InfiniteFuture(), [&](storage::ReadTx& tx) -> absl::Status {
        SV_ASSIGN_OR_RETURN(any_checkpoint, AnyCheckpoint(tx));
        return absl::OkStatus();
      }));
  absl::StatusOr<std::unique_ptr<Guard>> guard = Guard::Open(path, !any_checkpoint);
  if (absl::IsNotFound(guard.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the guard file ", path,
                     " is missing although checkpoints were signed; without it nobody can tell "
                     "whether this database is a restored backup"));
  }
  return guard;
}

Integrator::Integrator(Options options, const AuditLog& log, storage::Database& database,
                       Guard& guard, Clock& clock)
    : options_(std::move(options)),
      log_(log),
      database_(database),
      guard_(guard),
      clock_(clock),
      last_good_(absl::ToUnixNanos(clock.Now())) {}

Integrator::~Integrator() {
  Stop();
}

absl::StatusOr<std::unique_ptr<Integrator>> Integrator::Create(Options options, const AuditLog& log,
                                                               storage::Database& database,
                                                               Guard& guard, Clock& clock) {
  std::unique_ptr<Integrator> made(new Integrator(std::move(options), log, database, guard, clock));
  absl::MutexLock lock(&made->round_mutex_);
  for (const AuditLog::Tree& tree : log.trees()) {
    SV_CHECK(tree.id == static_cast<int64_t>(made->trees_.size()), "tree ids have no gaps");
    SV_ASSIGN_OR_RETURN(
        NoteSigner signer,
        NoteSigner::Create(OriginOf(made->options_.origin, tree.party), made->options_.key));
    made->trees_.emplace_back(tree.id, tree.party, std::move(signer));
  }
  if (made->options_.restored) SV_RETURN_IF_ERROR(made->AcceptRestored());
  SV_RETURN_IF_ERROR(made->Load());
  SV_RETURN_IF_ERROR(made->AnnounceKey());
  return made;
}

absl::Status Integrator::Read(absl::FunctionRef<absl::Status(storage::ReadTx&)> fn) {
  return database_.Read(clock_.Now() + kReadTime, fn);
}

absl::Status Integrator::AcceptRestored() {
  std::vector<RestoredTree> restored;
  SV_RETURN_IF_ERROR(Read([&](storage::ReadTx& tx) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    SV_ASSIGN_OR_RETURN(const std::vector<TreeProgress> progress, LoadTreeProgress(tx));
    for (const TreeProgress& tree : progress) {
      if (tree.tree >= static_cast<int64_t>(trees_.size())) break;
      SV_ASSIGN_OR_RETURN(const std::optional<RestoredTree> lost,
                          trees_[tree.tree].LoadRestored(tx, tree.size, guard_.Head(tree.tree)));
      if (lost) restored.push_back(*lost);
    }
    return absl::OkStatus();
  }));
  if (restored.empty()) return absl::OkStatus();
  // First what tells of it: should this process end before the guard file knows, it is done again.
  SV_RETURN_IF_ERROR(storage::WriteAndWait(
      database_, [&](storage::WriteTx& tx) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
        for (const RestoredTree& tree : restored) {
          Record record;
          record.set_kind(Record::KIND_ADMIN);
          record.set_origin(tree.origin);
          record.set_size(tree.lost.size);
          record.set_hash(std::string(AsBytes(tree.lost.root)));
          SV_RETURN_IF_ERROR(log_.Append(tx, trees_[tree.tree].party(), record));
        }
        return absl::OkStatus();
      }));
  Guard::TreeHeads heads;
  for (const RestoredTree& tree : restored) heads.emplace_back(tree.tree, tree.kept);
  return guard_.AppendRestored(heads);
}

absl::Status Integrator::Load() {
  for (const auto& [tree, head] : guard_.Heads()) {
    if (tree < 0 || tree >= static_cast<int64_t>(trees_.size())) {
      return absl::DataLossError(
          absl::StrCat("the guard file knows audit tree ", tree,
                       ", the database does not: it is another database or a restored backup"));
    }
  }
  SV_RETURN_IF_ERROR(Read([&](storage::ReadTx& tx) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    SV_ASSIGN_OR_RETURN(seq_, LoadProgress(tx));
    SV_ASSIGN_OR_RETURN(const std::vector<TreeProgress> progress, LoadTreeProgress(tx));
    if (progress.size() != trees_.size()) return absl::DataLossError("audit trees came or went");
    for (const TreeProgress& tree : progress) {
      SV_RETURN_IF_ERROR(trees_[tree.tree].Load(tx, tree.size, guard_.Head(tree.tree),
                                                options_.accept_new_key || options_.restored));
    }
    return absl::OkStatus();
  }));
  loaded_ = true;
  return absl::OkStatus();
}

absl::Status Integrator::AnnounceKey() {
  if (!trees_[kHubTree].key_changed()) return absl::OkStatus();
  Record record;
  record.set_kind(Record::KIND_KEY);
  record.set_origin(trees_[kHubTree].verifier().ToString());
  return storage::WriteAndWait(database_,
                               [&](storage::WriteTx& tx) { return log_.Append(tx, "", record); });
}

absl::Status Integrator::RunOnce() {
  absl::MutexLock round_lock(&round_mutex_);
  if (absl::Status health = Health(); absl::IsDataLoss(health)) return health;
  absl::Status status = Round();
  SetHealth(status);
  return status;
}

absl::Status Integrator::Round() {
  if (!loaded_) SV_RETURN_IF_ERROR(Load());
  SV_RETURN_IF_ERROR(Integrate());
  std::vector<SignedTree*> changed;
  for (SignedTree& tree : trees_) {
    if (tree.id() != kHubTree && tree.NeedsCheckpoint()) changed.push_back(&tree);
  }
  SV_RETURN_IF_ERROR(SignAndStore(changed));
  // The hub's tree last, with the heads just pinned: when the round ends nothing is left unsigned
  // that it wrote itself.
  if (!changed.empty()) SV_RETURN_IF_ERROR(Integrate());
  if (!trees_[kHubTree].NeedsCheckpoint()) return absl::OkStatus();
  return SignAndStore({&trees_[kHubTree]});
}

absl::Status Integrator::Integrate() {
  for (int i = 0; i < kBatchesMax; ++i) {
    SV_ASSIGN_OR_RETURN(const bool more, IntegrateBatch());
    if (!more) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Integrator::IntegrateBatch() {
  std::vector<Leaf> leaves;
  SV_RETURN_IF_ERROR(Read([&](storage::ReadTx& tx) ABSL_NO_THREAD_SAFETY_ANALYSIS -> absl::Status {
    SV_ASSIGN_OR_RETURN(leaves, LoadLeavesAfter(tx, seq_, kBatchSize));
    return absl::OkStatus();
  }));
  if (leaves.empty()) return false;
  TreeBatch batch;
  batch.seq = seq_;
  absl::flat_hash_map<int64_t, CompactTree> grown;
  for (const Leaf& leaf : leaves) {
    if (leaf.seq != ++batch.seq) {
      return absl::DataLossError(absl::StrCat("audit log row ", batch.seq, " is missing"));
    }
    if (leaf.tree < 0 || leaf.tree >= static_cast<int64_t>(trees_.size())) {
      return absl::DataLossError(absl::StrCat("audit log row ", leaf.seq, " has no tree"));
    }
    CompactTree& tree = grown.try_emplace(leaf.tree, trees_[leaf.tree].integrated()).first->second;
    if (leaf.index != tree.size()) {
      return absl::DataLossError(
          absl::StrCat("audit log row ", leaf.seq, " has not the next index of its tree"));
    }
    tree.Append(leaf.hash, [&](NodeId id, const Hash& hash) {
      batch.nodes.push_back({leaf.tree, id, hash});
    });
    batch.places.push_back({leaf.tree, leaf.index, leaf.seq});
    SV_RETURN_IF_ERROR(AddMentions(leaf, batch.mentions));
  }
  for (const auto& [id, tree] : grown) batch.trees.push_back({id, tree.size()});
  // After a failure the batch may have been stored all the same.
  loaded_ = false;
  SV_RETURN_IF_ERROR(storage::WriteAndWait(
      database_, [&](storage::WriteTx& tx) { return StoreBatch(tx, batch); }));
  loaded_ = true;
  seq_ = batch.seq;
  for (auto& [id, tree] : grown) trees_[id].set_integrated(std::move(tree));
  return static_cast<int64_t>(leaves.size()) == kBatchSize;
}

absl::Status Integrator::SignAndStore(const std::vector<SignedTree*>& trees) {
  if (trees.empty()) return absl::OkStatus();
  Guard::TreeHeads heads;
  for (SignedTree* tree : trees) {
    SV_ASSIGN_OR_RETURN(TreeHead head, tree->Recheck([this](auto fn) { return Read(fn); }));
    heads.emplace_back(tree->id(), head);
  }
  absl::Status guarded = guard_.AppendHeads(heads);
  if (absl::IsFailedPrecondition(guarded)) return absl::DataLossError(guarded.message());
  SV_RETURN_IF_ERROR(guarded);
  const absl::Time now = clock_.Now();
  std::vector<StoredCheckpoint> checkpoints;
  for (SignedTree* tree : trees) {
    tree->SetGuarded();
    checkpoints.push_back(tree->Sign(now));
  }
  SV_RETURN_IF_ERROR(storage::WriteAndWait(database_, [&](storage::WriteTx& tx) -> absl::Status {
    for (size_t i = 0; i < trees.size(); ++i) {
      SV_RETURN_IF_ERROR(StoreCheckpoint(tx, trees[i]->id(), checkpoints[i]));
      if (trees[i]->id() == kHubTree) continue;
      SV_RETURN_IF_ERROR(log_.Append(tx, "", PartyHead(*trees[i], checkpoints[i].head)));
    }
    return absl::OkStatus();
  }));
  for (SignedTree* tree : trees) tree->SetPublished();
  return absl::OkStatus();
}

absl::Status Integrator::VerifyAll() {
  absl::MutexLock round_lock(&round_mutex_);
  for (const SignedTree& tree : trees_) {
    absl::Status status = tree.RecheckAll([this](auto fn) { return Read(fn); });
    if (status.ok()) continue;
    if (absl::IsDataLoss(status)) SetHealth(status);
    return status;
  }
  return absl::OkStatus();
}

void Integrator::SetHealth(absl::Status health) {
  if (health.ok()) last_good_ = absl::ToUnixNanos(clock_.Now());
  if (absl::IsDataLoss(health)) last_good_ = kNever;
  absl::MutexLock lock(&mutex_);
  health_ = std::move(health);
}

absl::Status Integrator::Health() const {
  absl::MutexLock lock(&mutex_);
  return health_;
}

absl::Status Integrator::MayServe() const {
  const int64_t last_good = last_good_;
  // A clock that was set back says nothing of how long it is.
  if (last_good != kNever &&
      absl::AbsDuration(clock_.Now() - absl::FromUnixNanos(last_good)) <= kServeUnsigned)
    return absl::OkStatus();
  return absl::UnavailableError("the audit log cannot be signed");
}

std::string Integrator::VerifierKey(absl::string_view party) const {
  if (!log_.TreeOf(party)) return "";
  const auto verifier = NoteVerifier::Create(OriginOf(options_.origin, party),
                                             NoteKeyType::kEd25519, options_.key.public_key());
  return verifier.ok() ? verifier->ToString() : "";
}

void Integrator::Start() {
  SV_CHECK(!thread_.joinable(), "an integrator is started once");
  thread_ = StartThread("sv-integrator", [this] { Loop(); });
}

void Integrator::Stop() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Integrator::Loop() {
  bool stopping = false;
  while (!stopping) {
    {
      absl::MutexLock lock(&mutex_);
      stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.interval);
    }
    // Health keeps the outcome.
    RunOnce().IgnoreError();
  }
}

}  // namespace samverkan::journal
