#pragma once

#include <utility>

#include "services/access/store/object_store.h"
#include "services/journal/feed.h"

namespace samverkan::rpc {

// The label of an event about an object: what a watcher's mandate is judged against, so that one
// limited to an area sees of its unit's feed what it could read.
class ObjectLabel final : public journal::EventLabel {
 public:
  explicit ObjectLabel(access::Object object) : object_(std::move(object)) {}
  const access::Object& object() const { return object_; }

 private:
  const access::Object object_;
};

}  // namespace samverkan::rpc
