#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "clients/cli/home.h"
#include "clients/cpp/call_error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/hub/hub.h"
#include "tests/support/hub_folder.h"

namespace samverkan::testing {

// Who calls: a certificate and, for people, whose token and mandate.
struct Caller {
  // Base path of certificate (.pem) and key (.key) below the keys' folder; empty for none.
  std::string key_path;
  // Handle of the directory whose token is brought; empty for none.
  std::string handle = {};
  // samverkan-mandate and samverkan-purpose.
  std::string mandate = {};
  std::string purpose = {};
  // Brought instead of the handle's token.
  std::string token = {};
};

// What goes over the wire in one call.
struct Sent {
  // "/{service}/{method}", which need not exist.
  std::string path;
  std::string bytes;
  // From now; far above what a loaded machine needs.
  absl::Duration deadline = absl::Seconds(30);
  // The answer is a stream, of which the first message is enough.
  bool streams = false;
};

// All that a caller can see of an answer but its message.
struct Outcome {
  grpc::Status status;
  std::multimap<std::string, std::string> trailers;

  client::CallError error() const { return client::ErrorOf(client::ToStatus(status)); }
  // "OK", the reason without prefix, or the status code's number where the answer is not the hub's.
  std::string reason() const;
  // The path of the first field at fault; empty without one.
  std::string field() const;
  bool replayed() const { return trailers.contains("samverkan-replayed"); }
};

// A hub in this process as `samverkan-hub --demo` would run it: mutual TLS on a port of its own,
// Stockholm's directory, demo issuers, keys and data in a temporary folder. One a process, made at
// the first use.
class RunningHub {
 public:
  static RunningHub& Get();
  ~RunningHub();

  // A person or system of the directory by handle, e.g. hal-tryggsam.
  Caller As(const std::string& handle, const std::string& purpose = "") const;
  // The key that signs agreements for the handle's unit.
  std::string SigningKeyOf(const std::string& handle) const;

  // Calls a unary method, or exchanges one message of a stream and ends it, through its descriptor
  // alone.
  Outcome Call(const Caller& caller, const google::protobuf::MethodDescriptor* method,
               const google::protobuf::Message& request,
               google::protobuf::Message* response = nullptr);

  // Calls the one method that takes this request.
  Outcome Call(const Caller& caller, const google::protobuf::Message& request,
               google::protobuf::Message* response = nullptr);

  // The same without a descriptor: any bytes to any path. `response` gets the answer's bytes.
  Outcome Send(const Caller& caller, const Sent& sent, std::string* response = nullptr);

  // Sends all of these over one stream, ends it, and reads what is answered until its end.
  Outcome SendAll(const Caller& caller, const std::string& path,
                  const std::vector<std::string>& messages, std::vector<std::string>* responses);

  // The folder of keys, the directory and what else callers have of their own.
  const cli::Home& home() const { return *home_; }
  // The token that a usual caller brings.
  std::string TokenOf(const std::string& handle);

 private:
  RunningHub();
  void Identify(const Caller& caller, grpc::ClientContext& context);
  std::shared_ptr<grpc::Channel> ChannelOf(const Caller& caller);

  HubFolder folder_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<cli::Home> home_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, client::TokenSource> tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::testing
