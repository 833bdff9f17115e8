// SPDX-License-Identifier: Apache-2.0
// user: the members of the organization, GET /v1/organizations/users. Every poll is the full list,
// paged by id; a document per member that changed, and one a day. Opt-in: name and e-mail say who a
// person is, and reach no row unless personal_data lets them.
//
// API: https://platform.claude.com/docs/en/api/admin-api/users/list-users
#include <string>
#include <utility>

#include "streams/list.hpp"
#include "streams/registry.hpp"
#include "streams/things.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view endpoint = "/v1/organizations/users";

enum Column : std::size_t { id, email, name, role, added_at, state };

Layout make_layout(const StreamSettings& settings) {
  Layout layout;
  layout.texts = {
      {.name = "id", .field = "id"},
      {.name = "email", .field = "email", .identity = false, .personal = true},
      {.name = "name", .field = "name", .identity = false, .personal = true},
      {.name = "role", .field = "role", .identity = false},
      {.name = "added_at", .field = "added_at", .identity = false},
      {.name = "state", .field = "state", .identity = false},
  };
  layout.personal = settings.personal;
  return layout;
}

bool read(ListEntry& entry) {
  if (!read_id(entry, id)) return false;
  entry.text(email, "email");
  entry.text(name, "name");
  entry.text(role, "role");
  entry.time(added_at, "added_at");
  entry.keep(state, "live");
  return true;
}

std::unique_ptr<Fetcher> make(const StreamSettings& settings, std::string_view api_version) {
  ListEndpoint list = list_of_things(endpoint, "users", settings, api_version);
  list.reader = [] { return EntryReader(read); };
  return make_list_fetcher(std::move(list), make_layout(settings));
}

const Registration registration({
    .name = "user",
    .title = "Users",
    .description = "The members of the organization and their roles: a document when one changed, "
                   "and one a day.",
    .category = "iam",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .opt_in = true,
    .entities = true,
    .personal = true,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
