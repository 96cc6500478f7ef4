#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "tests/support/running_hub.h"

namespace samverkan::testing {

// One call that is ready to go, and what came of it.
struct Attempt {
  Caller caller;
  std::unique_ptr<google::protobuf::Message> request;
  Outcome outcome = {};
  std::unique_ptr<google::protobuf::Message> response = nullptr;
};

// The request of requests.txt by a caller whom the matrix lets send it.
Attempt Allowed(const std::string& request);

// Makes the call; `response` is there whatever came of it.
void Try(Attempt& attempt);

// Makes them all at once.
void TryAtOnce(std::vector<Attempt>& attempts);

// Whether the method changes something: only such have a request_id.
bool Writes(const google::protobuf::MethodDescriptor& method);

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type);
std::unique_ptr<google::protobuf::Message> CopyOf(const google::protobuf::Message& message);

// A string field of the message itself, which exists.
std::string TextOf(const google::protobuf::Message& message, const std::string& field);
void SetText(google::protobuf::Message& message, const std::string& field,
             const std::string& value);

// All that calls on behalf of the district and its police could change, as it stands: names, states
// and etags of items, copies and agreements. Two equal ones say that nothing happened in between.
std::string WhatStands();

}  // namespace samverkan::testing
