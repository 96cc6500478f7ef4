#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace samverkan::access {

enum class PrincipalKind { kSystem, kPerson, kOperator };

// Who calls, as authentication established it. A value.
struct Principal {
  PrincipalKind kind = PrincipalKind::kSystem;
  // parties/{party}; empty for the hub's operator, who has no party.
  std::string party;
  // As in Mandate.holder: "{issuer} {subject}" for a person, the SPIFFE id for a system.
  std::string holder;
  // Level of assurance of the sign-in, 0 to 4; systems count as 3.
  int assurance = 0;
  // When the person signed in; for systems the infinite past.
  absl::Time authenticated_at = absl::InfinitePast();
  // When token or certificate end, whichever is first.
  absl::Time expires_at = absl::InfinitePast();
};

}  // namespace samverkan::access
