// SPDX-License-Identifier: Apache-2.0
// toy: the organization's API keys, GET /v1/organizations/api_keys. Every poll is the full current
// list; after_id names the page behind.
//
// API: https://platform.claude.com/docs/en/api/admin-api/apikeys/list-api-keys
#include <string>
#include <utility>

#include "streams/list.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint = "/v1/organizations/api_keys";

std::unique_ptr<Fetcher> make(const StreamSettings&, std::string_view api_version) {
  Layout layout;
  layout.texts.push_back({.name = "id", .field = "id"});
  for (const char* name : {"created_at", "name", "status", "workspace_id"})
    layout.texts.push_back({.name = name, .field = name, .identity = false});
  ListEndpoint list;
  list.path = endpoint;
  list.headers = {{"anthropic-version", std::string(api_version)}};
  list.paging = Paging::after_id;
  list.entries = "API keys";
  list.most_entries = 5;  // Few, so that the simulated organization has several pages.
  return make_list_fetcher(std::move(list), std::move(layout));
}

const Registration registration({
    .name = "toy",
    .title = "API keys",
    .description = "The organization's API keys, one document per key and poll.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
