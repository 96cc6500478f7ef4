#pragma once

#include <grpcpp/server_builder.h>

namespace samverkan::hub {

// Makes the connections of the server that `builder` builds hold little memory while nothing is
// said on them, as a watcher's for most of its life. Call it before BuildAndStart. Part of it is
// OpenSSL's and counts for whatever this process makes of TLS from then on.
void KeepConnectionsSmall(grpc::ServerBuilder& builder);

}  // namespace samverkan::hub
