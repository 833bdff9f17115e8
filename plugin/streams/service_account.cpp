// SPDX-License-Identifier: Apache-2.0
// service_account: the organization's service accounts, archived ones too, GET
// /v1/organizations/service_accounts. Every poll is the full list, page by page; a document per
// account that changed, and one a day. Opt-in: an Admin key is refused there, only an OAuth token
// opens it.
//
// API: https://platform.claude.com/docs/en/api/admin-api/service-accounts/list-service-accounts
#include <string>
#include <utility>

#include "streams/list.hpp"
#include "streams/registry.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint = "/v1/organizations/service_accounts";

enum Column : std::size_t { id, name, description, role, state, created_at, archived_at };

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "name", .field = "name", .identity = false},
      {.name = "description", .field = "description", .identity = false},
      {.name = "organization_role", .field = "role", .identity = false},
      {.name = "state", .field = "state", .identity = false},
      {.name = "created_at", .field = "created_at", .identity = false},
      {.name = "archived_at", .field = "archived_at", .identity = false},
  };
  return layout;
}

bool read(ListEntry& entry) {
  if (!read_id(entry, id)) return false;
  entry.text(name, "name");
  entry.text(description, "description");
  entry.text(role, "organization_role");
  entry.time(created_at, "created_at");
  entry.time(archived_at, "archived_at");
  entry.keep(state, state_by(entry, "archived_at"));
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ListEndpoint list = list_of_things(endpoint, "service accounts", settings, api_version);
  list.paging = Paging::next_page;
  list.parameters = {{"include_archived", "true"}};
  list.reader = [] { return EntryReader(read); };
  return make_list_fetcher(std::move(list), make_layout());
}

const Registration registration({
    .name = "service_account",
    .title = "Service accounts",
    .description = "Names, roles and state of the service accounts: a document when one changed, "
                   "and one a day.",
    .category = "iam",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .opt_in = true,
    .entities = true,
    .opened_by = {"oauth"},
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
