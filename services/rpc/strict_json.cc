#include "services/rpc/strict_json.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

namespace samverkan::rpc {
namespace {

using Json = nlohmann::json;

// Builds the value from the parser's events and stops it at the first thing that is not strict.
// nlohmann's own builder lets the last of two members win.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(int depth_max) : depth_max_(depth_max) {}

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return Stop("syntax"); }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) return Stop("duplicate-member");
    name_ = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return Stop("syntax");
  }

  absl::string_view fault() const { return fault_; }
  Json Take() { return std::move(root_); }

 private:
  bool Stop(absl::string_view fault) {
    fault_ = fault;
    return false;
  }

  // Where the next value belongs.
  Json* Place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[name_] = std::move(value));
  }

  bool Add(Json value) {
    if (open_.empty()) return Stop("not-an-object");
    Place(std::move(value));
    return true;
  }

  bool Open(Json value) {
    if (open_.empty() && !value.is_object()) return Stop("not-an-object");
    if (static_cast<int>(open_.size()) == depth_max_) return Stop("too-deep");
    open_.push_back(Place(std::move(value)));
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  const int depth_max_;
  Json root_;
  // The containers around the next value. A parent's storage does not move while a child is open.
  std::vector<Json*> open_;
  std::string name_;
  absl::string_view fault_ = "syntax";
};

}  // namespace

absl::StatusOr<Json> ParseStrictJson(absl::string_view text, int depth_max) {
  // The parser skips a byte order mark; RFC 8259 forbids to send one.
  if (absl::StartsWith(text, "\xef\xbb\xbf")) return absl::InvalidArgumentError("syntax");
  Builder builder(depth_max);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return absl::InvalidArgumentError(builder.fault());
  }
  return builder.Take();
}

}  // namespace samverkan::rpc
