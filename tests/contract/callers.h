#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/support/running_hub.h"

namespace samverkan::testing {

// A kind of caller, a row of callers.csv.
struct CallerKind {
  std::string id;
  std::string handle;
  std::string identity;  // what is unusual about how it calls; "usual" where nothing is
  std::string who;
};

// In the file's order.
const std::vector<CallerKind>& CallerKinds();

// Every way to call that is not usual.
std::set<std::string> UnusualIdentities();

// The caller as it is now: tokens run out.
Caller CallerOf(const CallerKind& kind);

// matrix.csv: its header, then a row for each request of requests.txt.
const std::vector<std::vector<std::string>>& Matrix();

// Who may send this request: the first usual caller whom the matrix lets.
std::string AllowedHandle(const std::string& request);

// The same, ready to call, with the purpose PUR_LAGESBILD.
Caller AllowedCaller(const std::string& request);

}  // namespace samverkan::testing
