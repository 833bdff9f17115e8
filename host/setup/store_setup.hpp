// SPDX-License-Identifier: Apache-2.0
// What has to be done so that a store, or Kibana, has what is to be installed. Looking only reads;
// carrying out sends what the plan holds and nothing else.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "setup/assets.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

enum class Effect { created, updated, rolled_over, removed, unchanged, left };

// One thing that is installed, and how it gets there.
struct Step {
  std::string kind;  // "pipeline"
  std::string name;
  Effect effect = Effect::unchanged;
  std::string why{};                       // of what is left as it is, or of a rollover
  std::vector<StoreRequest> requests{};    // in their order; none: nothing is sent
  std::optional<StoreRequest> or_this{};   // if the last of them is refused with 400: this
  Effect or_effect = Effect::rolled_over;  // what that is
};

struct SetupPlan {
  std::string engine{};  // of a store: the word of the assets
  std::string place;     // "OpenSearch 2.19.1 at http://localhost:9200"
  std::vector<Step> steps;
  bool managed_by_fleet = false;  // of Elasticsearch: templates and pipelines are Fleet's
};

struct SetupWishes {
  std::string retention;        // "400d"; empty: documents are kept for ever
  bool replace_policy = false;  // put our lifecycle in place of another of its name
  bool replace_rules = false;   // likewise alert rules that were changed in Kibana
};

// Nothing is installed if anything under a name of ours is not ours, or the engine is too old.
Result<SetupPlan> plan_store(StoreClient& client, const Assets& assets, const SetupWishes& wishes);

// managed: Fleet has installed the package, dashboards included.
Result<SetupPlan> plan_kibana(StoreClient& client, const Assets& assets, const SetupWishes& wishes,
                              bool managed);

// Sends what the steps hold; done hears of each when it is over. Ends at the first refusal.
Result<void> carry_out(StoreClient& client, std::vector<Step> steps,
                       const std::function<void(const Step&)>& done);

}  // namespace anthropic_metrics::host
