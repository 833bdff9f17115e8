// SPDX-License-Identifier: Apache-2.0
// `type: elasticsearch`, which OpenSearch is meant by, too: what a policy says about it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "outputs/bulk_settings.hpp"
#include "policy/output.hpp"
#include "store/store_settings.hpp"

namespace anthropic_metrics::host {

class ElasticsearchOutput final : public Output {
 public:
  ElasticsearchOutput(std::string name, StoreSettings store, BulkSettings bulk);
  const StoreSettings& store() const { return store_; }
  const BulkSettings& bulk() const { return bulk_; }
  std::string_view type() const override { return "elasticsearch"; }

  std::unique_ptr<Sink> make_sink(Log& log) const override;
  bool same_as(const Output& other) const override;
  Result<std::vector<std::string>> test(const std::vector<StreamTarget>& targets,
                                        Log& log) const override;
  std::pair<std::chrono::milliseconds, std::chrono::milliseconds> backoff() const override {
    return {bulk_.backoff_init, bulk_.backoff_max};
  }

 private:
  const StoreSettings store_;
  const BulkSettings bulk_;
};

// The settings that say where a store is and how it is talked to. Records faults.
struct PolicyContext;
StoreSettings read_store(PolicyContext& context, const OutputSection& section);

}  // namespace anthropic_metrics::host
