#pragma once

#include <string>

#include "services/access/decide.h"
#include "services/access/snapshot.h"

namespace samverkan::access {

// A decision and what would change it, one or two sentences in each language; empty where it
// allows. For the object's owner and nobody else: it names the clause that came nearest. Where the
// request names none and one would allow it were it in force, that is the one, and the reason
// NO_CLAUSE_IN_FORCE; otherwise the nearest is one that covers the category, and where none in
// force does, none is named and the reason is CATEGORY_NOT_COVERED. The same input gives the same
// bytes.
struct Explanation {
  Decision decision;
  std::string remedy;     // Swedish
  std::string remedy_en;  // English
};

Explanation Explain(const Snapshot& policy, const DisclosureRequest& request, const Label& label);

}  // namespace samverkan::access
