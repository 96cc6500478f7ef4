#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"

namespace samverkan::fault {

// One act that was sent: its request's exact bytes, so that it can be sent again, and what was
// answered.
struct Act {
  std::string request_id;
  // create, assess, release, correct, retract; publish: a create over the stream.
  std::string verb;
  // Our own number of the item that it is about, `<who>-<run>-<n>`.
  std::string item;
  std::string request = {};
  bool acknowledged = false;
  // The name in the answer.
  std::string name = {};
};

// What a client was told, a line a fact, in a file that outlives it:
//   try REQUEST_ID VERB ITEM REQUEST    before it is sent
//   ack REQUEST_ID NAME                 after it was answered, before anything else is done
//   no REQUEST_ID REASON                refused
//   mark                                all before it was found right
// Thread-safe.
class Ledger {
 public:
  explicit Ledger(const std::string& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  ~Ledger() { ::close(descriptor_); }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  bool good() const { return descriptor_ >= 0; }

  void Try(const Act& act) {
    Write(absl::StrCat("try ", act.request_id, " ", act.verb, " ", act.item, " ",
                       absl::Base64Escape(act.request)));
  }
  void Acknowledged(const std::string& request_id, const std::string& name) {
    Write(absl::StrCat("ack ", request_id, " ", name));
  }
  void Refused(const std::string& request_id, const std::string& reason) {
    Write(absl::StrCat("no ", request_id, " ", reason));
  }
  void Mark() { Write("mark"); }

  // Everything so far in the order of sending, and how many acts stand before the last mark.
  std::pair<std::vector<Act>, size_t> Load() const {
    std::vector<Act> acts;
    absl::flat_hash_map<std::string, size_t> places;
    size_t marked = 0;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> fields = absl::StrSplit(line, ' ');
      if (fields[0] == "mark") marked = acts.size();
      if (fields[0] == "try") {
        Act act{.request_id = fields[1], .verb = fields[2], .item = fields[3]};
        absl::Base64Unescape(fields[4], &act.request);
        places[act.request_id] = acts.size();
        acts.push_back(std::move(act));
      }
      if (fields[0] == "ack") {
        Act& act = acts[places.at(fields[1])];
        act.acknowledged = true;
        act.name = fields[2];
      }
    }
    return {std::move(acts), marked};
  }

 private:
  void Write(const std::string& line) {
    const std::string whole = line + "\n";
    absl::MutexLock lock(&mutex_);
    // One call, so that a line is there or not.
    if (::write(descriptor_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) {
      std::_Exit(2);
    }
  }

  const std::string path_;
  int descriptor_ = -1;
  absl::Mutex mutex_;
};

}  // namespace samverkan::fault
