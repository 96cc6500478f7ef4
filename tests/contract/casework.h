#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "tests/support/running_hub.h"

namespace samverkan::testing {

// What stands in the hub before a test looks: the central agreement and a local one in force, and
// objects in every state a call can ask for, each made when a request first names it:
//
//   received assessed shared                    items of Hägersten-Älvsjö
//   police.received police.assessed released    items of the police in Skärholmen, the last
//                                               released to Hägersten-Älvsjö
//   delivery sealed                             Hägersten-Älvsjö's copies of such, the second of a
//                                               retracted one
//   draft final inforce suspended               agreements between the two
class Casework {
 public:
  // An object as it was when it was made.
  struct Thing {
    std::string name;
    std::string etag;
    std::string hash;  // content hash of an agreement
  };

  static Casework& Get();

  const Thing& Object(const std::string& kind);

  // The text with its placeholders filled in: {uuid} (a new one each time), {begin} and {end} of
  // the agreements' validity, {kind}, {kind.etag}, {kind.hash} and {kind.signature}, which is made
  // with the key of the handle's unit.
  std::string Fill(const std::string& text, const std::string& handle = "hal-sddir");

  // A new request from requests.txt, filled in.
  std::unique_ptr<google::protobuf::Message> Request(const std::string& name,
                                                     const std::string& handle = "hal-sddir");

  // The objects that a request names were changed by it: the next request gets others.
  void Forget(const std::string& name);

 private:
  Casework();
  void BringIntoForce(const std::string& id, const std::string& drafter,
                      const std::vector<std::string>& signatories);
  std::string ValueOf(const std::string& placeholder, const std::string& handle);
  Thing Make(const std::string& kind);
  // Sends the request as each of the actors in turn; the name of what it made or changed.
  std::string Act(const std::string& request, const std::vector<std::string>& actors);

  absl::Time begin_;
  absl::Time end_;
  std::map<std::string, Thing> objects_;
};

// A UUID that no other call makes.
std::string NewRequestId();

}  // namespace samverkan::testing
