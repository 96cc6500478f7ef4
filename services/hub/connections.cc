#include "services/hub/connections.h"

#include <openssl/ssl.h>

#include "services/base/status.h"

namespace samverkan::hub {
namespace {

// What gRPC gathers of an answer before it makes a TLS record of it, in a buffer that stays as long
// as the connection. Left alone it is 16 KiB; but what it makes it hands on in pieces of 8 KiB, so
// that larger records are no faster. Smaller ones cost long pages more than they spare.
constexpr int kTlsRecordBytes = 8 * 1024;

// OpenSSL keeps 16 KiB for the record it reads and as much for the one it writes, unless this mode
// lets it give them back between records. To take them again costs an allocation a record.
void ReleaseBuffers(void* context, void* /*data*/, CRYPTO_EX_DATA* /*all*/, int /*place*/,
                    long /*number*/,  // NOLINT(google-runtime-int): OpenSSL's signature.
                    void* /*pointer*/) {
  SSL_CTX_set_mode(static_cast<SSL_CTX*>(context), SSL_MODE_RELEASE_BUFFERS);
}

}  // namespace

void KeepConnectionsSmall(grpc::ServerBuilder& builder) {
  // gRPC neither sets the mode nor hands out its contexts. But whoever asks OpenSSL for a place for
  // data of his own in every context is told when one is made, after OpenSSL has set its own modes.
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, ReleaseBuffers, nullptr, nullptr);
  SV_CHECK(place >= 0, "OpenSSL has a place in its contexts");
  builder.AddChannelArgument(GRPC_ARG_TSI_MAX_FRAME_SIZE, kTlsRecordBytes);
}

}  // namespace samverkan::hub
