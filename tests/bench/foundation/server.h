#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "samverkan/hub/v1/config.pb.h"
#include "tests/support/hub_folder.h"

namespace samverkan::bench {

// What a server of a benchmark tells of itself.
struct ServerCounts {
  // Since start: times the disk was waited for, events rendered.
  int64_t fsyncs = 0;
  int64_t rendered = 0;
  // Now: open watch streams, bytes allocated, bytes in memory.
  int64_t watchers = 0;
  int64_t heap = 0;
  int64_t resident = 0;
};

// A server in a process of its own, so that its processor time and memory are nobody else's.
class Server {
 public:
  enum class Kind {
    kHub,
    // Answers GetIncident with the name it was asked for, over the same TLS with the same buffers,
    // and does nothing else.
    kEcho,
  };
  Server(Kind kind, const testing::HubFolder& folder, const hub::v1::HubConfig& config);
  // Stops it, and ends this process where it did not end well.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  pid_t process() const { return process_; }
  ServerCounts Counts();

 private:
  std::string ReadLine();

  pid_t process_ = 0;
  std::FILE* orders_ = nullptr;
  std::FILE* answers_ = nullptr;
  int port_ = 0;
};

// The other side: serves until standard input ends. `role` and `config` are what Server gave the
// process.
int Serve(const std::string& role, const std::string& config);
// Whether an argument is such a role.
bool IsRole(const std::string& argument);

}  // namespace samverkan::bench
