#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/rpc/gate.h"

namespace samverkan::hub {

// A figure read when metrics are collected.
struct GaugeSource {
  std::string name;
  std::string help;
  std::function<double()> read;
};

// Tells of every call: one JSON log line and counters by method and code, never by name.
// Thread-safe.
class Observer final : public rpc::CallObserver, public prometheus::Collectable {
 public:
  Observer();

  // Before the first collection.
  void AddGauge(GaugeSource source) { gauges_.push_back(std::move(source)); }

  void OnCall(const rpc::CallReport& report) override;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // What a call with one outcome adds to. Found again without making labels anew.
  struct Series {
    prometheus::Counter& calls;
    prometheus::Histogram& latency;
  };
  Series SeriesOf(const std::string& method, absl::StatusCode code);

  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Counter>& refusals_;
  prometheus::Family<prometheus::Histogram>& latency_;
  std::vector<GaugeSource> gauges_;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::pair<std::string, absl::StatusCode>, Series> series_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace samverkan::hub
