# All wire types in one library. A file that declares a service also gets its gRPC code.
file(GLOB_RECURSE proto_files RELATIVE ${CMAKE_SOURCE_DIR}/protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/protos/*.proto)
set(proto_out ${CMAKE_BINARY_DIR}/protos)
file(MAKE_DIRECTORY ${proto_out})
get_target_property(grpc_cpp_plugin gRPC::grpc_cpp_plugin LOCATION)

set(message_sources)
set(service_sources)
foreach(proto ${proto_files})
  string(REGEX REPLACE "\\.proto$" "" stem ${proto})
  add_custom_command(
    OUTPUT ${proto_out}/${stem}.pb.cc ${proto_out}/${stem}.pb.h
    COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/protos --cpp_out=${proto_out} ${proto}
    DEPENDS ${CMAKE_SOURCE_DIR}/protos/${proto} VERBATIM)
  list(APPEND message_sources ${proto_out}/${stem}.pb.cc)
  file(STRINGS ${CMAKE_SOURCE_DIR}/protos/${proto} declares_service REGEX "^service ")
  if(declares_service)
    add_custom_command(
      OUTPUT ${proto_out}/${stem}.grpc.pb.cc ${proto_out}/${stem}.grpc.pb.h
      COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/protos --grpc_out=${proto_out}
              --plugin=protoc-gen-grpc=${grpc_cpp_plugin} ${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/protos/${proto} VERBATIM)
    list(APPEND service_sources ${proto_out}/${stem}.grpc.pb.cc)
  endif()
endforeach()

add_library(sv_protos STATIC ${message_sources})
target_include_directories(sv_protos SYSTEM PUBLIC ${proto_out})
target_link_libraries(sv_protos PUBLIC protobuf::libprotobuf)
if(service_sources)
  add_library(sv_grpc_protos STATIC ${service_sources})
  target_link_libraries(sv_grpc_protos PUBLIC sv_protos gRPC::grpc++)
endif()
