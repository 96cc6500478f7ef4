#pragma once

#include "absl/time/time.h"
#include "samverkan/agreements/v1/agreements.pb.h"
#include "services/access/explain.h"
#include "services/access/store/object_store.h"
#include "services/agreements/agreement.h"

namespace samverkan::agreements {

// An agreement as its parties see it at an instant.
v1::Agreement ToProto(const access::Object& object, const Agreement& agreement, absl::Time now);

v1::ExplainReleaseResponse ToProto(const access::Snapshot& policy,
                                   const access::Explanation& explanation);

}  // namespace samverkan::agreements
