# How tests are declared. tests/run finds whatever is declared here through CTest's labels: nothing else keeps a list.
#
#   sv_suite(contract DEPENDS sv_hub)     makes the suite `contract` from the folder tests/contract
#   sv_bench(foundation DEPENDS sv_hub)   makes `bench foundation` from tests/bench/foundation/*.cc
#
# A test that is not GoogleTest or unittest is counted by its last line, `N passed, N failed`, or else by its exit code.

# Registers a GoogleTest binary under its labels; its cases are counted from the report it leaves in
# build/<preset>/results.
function(sv_gtest target)
  add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  sv_describe_test(${target} ${ARGN})
  set_property(TEST ${target} APPEND PROPERTY ENVIRONMENT GTEST_OUTPUT=json:${CMAKE_BINARY_DIR}/results/${target}.json)
  if(SAMVERKAN_SANITIZER STREQUAL "thread")
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/tsan/synchronization.cc)
  endif()
  foreach(label ${ARGN})
    sv_suite_needs(${label} ${target})
  endforeach()
endfunction()

function(sv_describe_test name)
  set_tests_properties(${name} PROPERTIES LABELS "${ARGN}" TIMEOUT 600
    ENVIRONMENT "SAMVERKAN_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
endfunction()

# tests/run builds only the targets suite_<label> of what it was asked for.
function(sv_suite_needs label)
  if(NOT TARGET suite_${label})
    add_custom_target(suite_${label})
  endif()
  if(ARGN)
    add_dependencies(suite_${label} ${ARGN})
  endif()
endfunction()

# sv_suite(<suite> [DEPENDS libraries...] [NEEDS targets...] [PROGRAMS sources...]
#          [SERIAL] [LONG] [TSAN] [RELEASE_ONLY] [TIMEOUT seconds])
#
# All *.cc in tests/<suite> become one binary <suite>_test that links DEPENDS; each *_test.py and *_test.sh is a test of
# its own that runs from the project's root, with the built binaries in $SAMVERKAN_BIN. NEEDS names binaries to build
# first, PROGRAMS sources that belong to such binaries instead. With --long the environment holds SAMVERKAN_LONG=1.
#   SERIAL       never beside another test (it measures time, or takes the whole machine)
#   LONG         only with --long
#   TSAN         also under --sanitizer thread
#   RELEASE_ONLY sanitizer builds skip it: it reads sources alone, or faults a process by a preloaded library, before
#                which a sanitizer's must stand
function(sv_suite suite)
  cmake_parse_arguments(SUITE "SERIAL;LONG;TSAN;RELEASE_ONLY" "TIMEOUT" "DEPENDS;NEEDS;PROGRAMS" ${ARGN})
  if(SUITE_RELEASE_ONLY AND SAMVERKAN_SANITIZER)
    return()
  endif()
  set(directory ${CMAKE_SOURCE_DIR}/tests/${suite})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${directory}/*.cc)
  list(TRANSFORM SUITE_PROGRAMS PREPEND ${directory}/)
  list(REMOVE_ITEM sources ${SUITE_PROGRAMS} "")
  file(GLOB scripts CONFIGURE_DEPENDS ${directory}/*_test.py ${directory}/*_test.sh)
  set(labels ${suite})
  if(SUITE_LONG)
    list(APPEND labels long)
  endif()
  if(SUITE_TSAN)
    list(APPEND labels tsan)
  endif()
  sv_suite_needs(${suite} ${SUITE_NEEDS})
  set(tests)
  if(sources)
    add_executable(${suite}_test ${sources})
    target_include_directories(${suite}_test PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${suite}_test PRIVATE ${SUITE_DEPENDS} GTest::gmock GTest::gtest_main)
    sv_compile_test(${suite}_test)
    sv_gtest(${suite}_test ${labels})
    list(APPEND tests ${suite}_test)
  endif()
  foreach(script ${scripts})
    get_filename_component(stem ${script} NAME_WE)
    if(script MATCHES "\\.py$")
      add_test(NAME ${suite}.${stem} COMMAND /usr/bin/python3 ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    else()
      add_test(NAME ${suite}.${stem} COMMAND bash ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    endif()
    sv_describe_test(${suite}.${stem} ${labels})
    list(APPEND tests ${suite}.${stem})
  endforeach()
  foreach(test ${tests})
    set_tests_properties(${test} PROPERTIES RUN_SERIAL "${SUITE_SERIAL}")
    if(SUITE_TIMEOUT)
      set_tests_properties(${test} PROPERTIES TIMEOUT ${SUITE_TIMEOUT})
    endif()
  endforeach()
endfunction()

# sv_bench(<name> [DEPENDS libraries...]): tests/bench/<name>/*.cc become bench_<name>, run by `tests/run bench <name>`.
# It prints its figures through tests/support/figures.h and fails on any error it did
# not ask for.
function(sv_bench name)
  if(SAMVERKAN_SANITIZER)
    return()  # A sanitizer's figures mean nothing.
  endif()
  cmake_parse_arguments(BENCH "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/${name}/*.cc)
  add_executable(bench_${name} ${sources})
  target_include_directories(bench_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(bench_${name} PRIVATE ${BENCH_DEPENDS})
  sv_precompile(bench_${name})
endfunction()
