#include "services/hub/observer.h"

#include <string>

#include "absl/time/time.h"
#include "services/base/error.h"
#include "services/base/log.h"

namespace samverkan::hub {
namespace {

const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  return *buckets;
}

}  // namespace

Observer::Observer()
    : registry_(std::make_shared<prometheus::Registry>()),
      calls_(prometheus::BuildCounter()
                 .Name("samverkan_calls_total")
                 .Help("Calls by method and status code.")
                 .Register(*registry_)),
      refusals_(prometheus::BuildCounter()
                    .Name("samverkan_refusals_total")
                    .Help("Refused calls by method and reason.")
                    .Register(*registry_)),
      latency_(prometheus::BuildHistogram()
                   .Name("samverkan_call_seconds")
                   .Help("Time from admission to answer, by method.")
                   .Register(*registry_)) {}

Observer::Series Observer::SeriesOf(const std::string& method, absl::StatusCode code) {
  absl::MutexLock lock(&mutex_);
  const std::pair<std::string, absl::StatusCode> key(method, code);
  const auto known = series_.find(key);
  if (known != series_.end()) return known->second;
  const Series added = {calls_.Add({{"method", method}, {"code", absl::StatusCodeToString(code)}}),
                        latency_.Add({{"method", method}}, LatencyBuckets())};
  series_.emplace(key, added);
  return added;
}

void Observer::OnCall(const rpc::CallReport& report) {
  const std::string& method = report.method.full_name;
  const std::string code = absl::StatusCodeToString(report.status.code());
  const std::string reason =
      report.status.ok() ? std::string() : ErrorInfoOf(report.status).reason();
  const Series series = SeriesOf(method, report.status.code());
  series.calls.Increment();
  series.latency.Observe(absl::ToDoubleSeconds(report.latency));
  if (!reason.empty()) refusals_.Add({{"method", method}, {"reason", reason}}).Increment();
  const LogLevel level = report.error_id.empty() ? LogLevel::kInfo : LogLevel::kError;
  Log(level, "call",
      {{"method", method},
       {"code", code},
       {"reason", reason},
       {"latency_us", absl::ToInt64Microseconds(report.latency)},
       {"party", report.party},
       {"internal", report.internal_reason},
       {"error_id", report.error_id}});
}

std::vector<prometheus::MetricFamily> Observer::Collect() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  for (const GaugeSource& source : gauges_) {
    prometheus::MetricFamily family;
    family.name = source.name;
    family.help = source.help;
    family.type = prometheus::MetricType::Gauge;
    family.metric.emplace_back().gauge.value = source.read();
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace samverkan::hub
