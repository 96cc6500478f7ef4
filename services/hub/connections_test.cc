#include "services/hub/connections.h"

#include <openssl/ssl.h>

#include <memory>

#include "gtest/gtest.h"

namespace samverkan::hub {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

// As gRPC makes them.
Context NewContext() {
  return {SSL_CTX_new(TLS_method()), SSL_CTX_free};
}

TEST(ConnectionsTest, OpenSslKeepsNoBuffersBetweenRecords) {
  grpc::ServerBuilder builder;
  KeepConnectionsSmall(builder);
  EXPECT_NE(SSL_CTX_get_mode(NewContext().get()) & SSL_MODE_RELEASE_BUFFERS, 0);
}

TEST(ConnectionsTest, TheOtherModesAreLeftAsOpenSslSetsThem) {
  grpc::ServerBuilder builder;
  KeepConnectionsSmall(builder);
  KeepConnectionsSmall(builder);  // A process may build more servers.
  EXPECT_EQ(SSL_CTX_get_mode(NewContext().get()), SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace
}  // namespace samverkan::hub
