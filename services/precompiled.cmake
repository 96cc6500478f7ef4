# What most sources include, parsed once: a clean build takes half the time with it. Sources still include what they
# use, so SAMVERKAN_PRECOMPILE=OFF builds as well. gRPC stays out: its headers cost every source more to load than the
# few that need them gain.
option(SAMVERKAN_PRECOMPILE "Parses common headers once" ON)

set(precompiled
  <algorithm> <array> <atomic> <cstdint> <deque> <filesystem> <fstream> <functional> <map> <memory> <optional> <set>
  <string> <thread> <utility> <variant> <vector>
  <absl/container/btree_set.h> <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h>
  <absl/functional/any_invocable.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h>
  <absl/strings/str_split.h> <absl/synchronization/mutex.h> <absl/time/time.h> <absl/types/span.h>
  <samverkan/agreements/v1/agreements.pb.h> <samverkan/audit/v1/record.pb.h> <samverkan/directory/v1/bundle.pb.h>
  <samverkan/incidents/v1/incidents.pb.h>)

# A library that exists for its precompiled header; the others reuse it.
function(sv_precompiled_header name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE sv_protos absl::statusor absl::btree absl::flat_hash_map)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

# What tests do themselves needs no speed, and their macros are what the optimiser spends most time on.
set(test_options $<$<CONFIG:RelWithDebInfo>:-O1>)

if(SAMVERKAN_PRECOMPILE)
  sv_precompiled_header(precompiled ${precompiled})
  sv_precompiled_header(precompiled_tests ${precompiled} <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(precompiled_tests PRIVATE GTest::gmock)
  target_compile_options(precompiled_tests PRIVATE ${test_options})
endif()

# For a library or program of the product, and for what tests are made of, with GoogleTest or without.
function(sv_precompile target)
  if(SAMVERKAN_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM precompiled)
  endif()
endfunction()

function(sv_compile_test target)
  target_compile_options(${target} PRIVATE ${test_options})
  # As GTest::gtest says it: the compiler takes a precompiled header only where the same is defined.
  target_compile_definitions(${target} PRIVATE GTEST_HAS_PTHREAD=1)
  if(SAMVERKAN_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM precompiled_tests)
  endif()
endfunction()
