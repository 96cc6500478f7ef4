# sv_migrations(room [DIR services/room]) builds the SQL files of DIR/migrations/sqlite/ into sv_<room>, which it gives
#
#   #include "services/<room>/migrations.h"
#   const std::vector<storage::Migration>& samverkan::<room>::<Room>Migrations();
#
# in the order of their numbers: 0001_tables.sql, 0002_more.sql. With DIR services/a/b the header is
# services/a/b/migrations.h and the function samverkan::a::BMigrations(). Called after sv_room(room). A file is never
# changed once it has been released.
#
# Run as a script (cmake -P) this file writes the sources.

if(CMAKE_SCRIPT_MODE_FILE)
  set(entries "")
  string(REPLACE "|" ";" FILES "${FILES}")
  foreach(file IN LISTS FILES)
    get_filename_component(base "${file}" NAME_WE)
    if(NOT base MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: a migration is named 0001_what_it_does.sql")
    endif()
    set(number "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "^0+" "" number "${number}")
    file(READ "${file}" sql)
    string(APPEND entries "      {.room = \"${ROOM}\", .number = ${number}, .name = \"${name}\",\n"
      "       .sql = R\"sql(${sql})sql\"},\n")
  endforeach()
  file(WRITE "${OUTPUT}.h" "#pragma once

#include <vector>

#include \"services/storage/migrations.h\"

namespace samverkan::${NAMESPACE} {

const std::vector<storage::Migration>& ${FUNCTION}();

}  // namespace samverkan::${NAMESPACE}
")
  file(WRITE "${OUTPUT}.cc" "#include \"${HEADER}\"

namespace samverkan::${NAMESPACE} {

const std::vector<storage::Migration>& ${FUNCTION}() {
  static const auto* const migrations = new std::vector<storage::Migration>{
${entries}  };
  return *migrations;
}

}  // namespace samverkan::${NAMESPACE}
")
  return()
endif()

set(SV_MIGRATIONS_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(sv_migrations room)
  cmake_parse_arguments(MIGRATIONS "" "DIR" "" ${ARGN})
  if(NOT MIGRATIONS_DIR)
    set(MIGRATIONS_DIR services/${room})
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${MIGRATIONS_DIR}/migrations/sqlite/*.sql)
  if(NOT files)
    message(FATAL_ERROR "no migrations in ${MIGRATIONS_DIR}/migrations/sqlite")
  endif()
  list(SORT files)
  list(JOIN files "|" joined)
  string(REGEX REPLACE "^services/([a-z_]+).*" "\\1" namespace ${MIGRATIONS_DIR})
  get_filename_component(leaf ${MIGRATIONS_DIR} NAME)
  set(function "")
  string(REPLACE "_" ";" words ${leaf})
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND function ${first}${rest})
  endforeach()
  set(generated ${CMAKE_BINARY_DIR}/generated)
  set(output ${generated}/${MIGRATIONS_DIR}/migrations)
  string(REPLACE "services/" "" label ${MIGRATIONS_DIR})
  add_custom_command(
    OUTPUT ${output}.cc ${output}.h
    COMMAND ${CMAKE_COMMAND} -DFILES=${joined} -DROOM=${label} -DNAMESPACE=${namespace} -DFUNCTION=${function}Migrations
            -DHEADER=${MIGRATIONS_DIR}/migrations.h -DOUTPUT=${output} -P ${SV_MIGRATIONS_SCRIPT}
    DEPENDS ${files} ${SV_MIGRATIONS_SCRIPT}
    VERBATIM)
  target_sources(sv_${room} PRIVATE ${output}.cc ${output}.h)
  target_include_directories(sv_${room} PUBLIC ${generated})
endfunction()
