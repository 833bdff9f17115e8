// SPDX-License-Identifier: Apache-2.0
#include "streams/registry.hpp"

#include <algorithm>
#include <set>

#include "net/http_settings.hpp"
#include "streams/report.hpp"
#include "support.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;

/// Each registered stream in turn.
const Descriptor& each() {
  const auto index = GENERATE(range(std::size_t{0}, all().size()));
  return all()[index];
}

StreamSettings defaults(const Descriptor& stream, std::string_view width) {
  StreamSettings settings;
  settings.bucket_width = width;
  settings.group_by.assign(stream.default_group_by.begin(), stream.default_group_by.end());
  settings.interval = stream.interval;
  return settings;
}

TEST_CASE("streams are sorted by name and none is there twice") {
  REQUIRE(all().size() >= 3);
  CHECK(std::is_sorted(all().begin(), all().end(),
                       [](const Descriptor& a, const Descriptor& b) { return a.name < b.name; }));
  CHECK(duplicate().empty());
}

TEST_CASE("usage, cost and rate limits are streams") {
  const auto name = GENERATE(as<std::string>{}, "usage", "cost", "rate_limit");

  REQUIRE(find(name) != nullptr);
  CHECK(find(name)->name == name);
}

TEST_CASE("a name that is no stream is not found") {
  CHECK(find("usages") == nullptr);
  CHECK(find("") == nullptr);
}

TEST_CASE("these paths may be asked for, and no other") {
  const std::set<std::string> listed{"/v1/organizations/analytics/cost",
                                     "/v1/organizations/analytics/summaries",
                                     "/v1/organizations/analytics/usage",
                                     "/v1/organizations/analytics/users",
                                     "/v1/organizations/api_keys",
                                     "/v1/organizations/cost_report",
                                     "/v1/organizations/me",
                                     "/v1/organizations/rate_limits",
                                     "/v1/organizations/service_accounts",
                                     "/v1/organizations/spend_limits",
                                     "/v1/organizations/usage_report/claude_code",
                                     "/v1/organizations/usage_report/messages",
                                     "/v1/organizations/users",
                                     "/v1/organizations/workspaces",
                                     "/v1/organizations/workspaces/{id}/rate_limits"};
  const auto paths = allowed_paths();
  for (const auto& path : paths) {
    CAPTURE(path);
    CHECK(listed.contains(path));
  }
  const auto allows = net::allow_paths(paths);
  CHECK(allows("/v1/organizations/workspaces/wrkspc_01Aa/rate_limits"));
  for (const char* path :
       {"/v1/organizations", "/v1/organizations/me/", "/v1/organizations/invites",
        "/v1/organizations/workspaces/wrkspc_01Aa", "/v1/organizations/workspaces/../rate_limits",
        "/v1/organizations/workspaces//rate_limits", "/v1/organizations/workspaces/a/b/rate_limits",
        "/v1/organizations/workspaces/a/members", "/v1/organizations/workspaces/{id}/rate_limits",
        "/v1/organizations/spend_limits/effective", "/v1/organizations/spend_limits/spl_1",
        "/v1/organizations/api_keys/apikey_1", "/v1/messages", "/v1/compliance/activities"}) {
    CAPTURE(path);
    CHECK_FALSE(allows(path));
  }
}

TEST_CASE("a stream says who it is") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);

  CHECK_FALSE(stream.name.empty());
  CHECK(stream.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
        std::string_view::npos);
  CHECK_FALSE(stream.title.empty());
  CHECK(stream.description.ends_with('.'));
  CHECK_FALSE(stream.category.empty());
  // A stream asks an endpoint, or observes the others.
  CHECK((stream.make != nullptr) != stream.observing());
  CHECK(stream.path.empty() == stream.observing());
  if (!stream.observing()) CHECK(stream.path.starts_with("/v1/organizations/"));
  for (const auto path : stream.more_paths) CHECK(path.starts_with("/v1/organizations/"));
  if (stream.entities) CHECK(stream.snapshot());
  for (const auto kind : stream.opened_by)
    CHECK((kind == "admin" || kind == "oauth" || kind == "enterprise"));
  CHECK_FALSE(stream.opened_by.empty());
}

TEST_CASE("a stream's default interval is within its own bounds") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);

  CHECK(stream.shortest_interval >= 1min);  // The API supports one poll a minute.
  CHECK(stream.interval >= stream.shortest_interval);
  CHECK(stream.interval <= 24h);
}

TEST_CASE("a stream's default groupings are sorted, unique and known") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);

  for (const auto* list : {&stream.group_by, &stream.default_group_by}) {
    CHECK(std::is_sorted(list->begin(), list->end()));
    CHECK(std::adjacent_find(list->begin(), list->end()) == list->end());
  }
  CHECK(std::includes(stream.group_by.begin(), stream.group_by.end(),
                      stream.default_group_by.begin(), stream.default_group_by.end()));
}

TEST_CASE("a bucketed stream has widths, history and tiers, a snapshot stream has none") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);

  if (stream.snapshot()) {
    CHECK(stream.widths.empty());
    CHECK(stream.group_by.empty());
    CHECK(stream.tiers.empty());
    return;
  }
  CHECK_FALSE(stream.widths.empty());
  for (const auto width : stream.widths) CHECK(width_of(width) > 0s);
  CHECK(*stream.initial_interval >= width_of(stream.widths.front()));
  CHECK(*stream.initial_interval <= 365 * 24h);
  CHECK(stream.settle >= 0s);
  CHECK(stream.settle <= 168h);
  REQUIRE_FALSE(stream.tiers.empty());
  for (std::size_t i = 1; i < stream.tiers.size(); ++i) {
    CHECK(stream.tiers[i].look_back > stream.tiers[i - 1].look_back);
    CHECK(stream.tiers[i].every > stream.tiers[i - 1].every);
  }
  CHECK(stream.tiers.front().every <= 6h);
}

TEST_CASE("a stream's fetcher fits its descriptor at every width") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);
  if (stream.observing()) return;
  std::vector<std::string_view> widths = stream.widths;
  if (widths.empty()) widths.emplace_back();
  for (const auto width : widths) {
    CAPTURE(width);

    const auto fetcher = stream.make(defaults(stream, width), "2023-06-01");

    REQUIRE(fetcher != nullptr);
    CHECK((fetcher->width() == 0s) == stream.snapshot());
    if (!stream.snapshot()) CHECK(fetcher->width() == width_of(width));
    if (!stream.snapshot()) CHECK(fetcher->most_buckets() > 0);
    const Window window{test::at("2026-09-01T00:00:00Z"), test::at("2026-09-02T00:00:00Z")};
    const net::Request request = fetcher->request(window, "");
    CHECK(request.target.substr(0, request.target.find('?')) == stream.path);
    CHECK(fetcher->request(window, "").target == request.target);
    if (fetcher->shape() == Shape::rows)
      CHECK(test::contains(request.target, "limit=" + std::to_string(fetcher->most_per_page())));
    if (fetcher->shape() == Shape::buckets) {
      CHECK(test::contains(request.target, "starting_at="));
      CHECK(test::contains(request.target, "ending_at="));
      CHECK(test::contains(request.target,
                           "limit=" + std::to_string(std::min<std::int64_t>(
                                          fetcher->most_buckets(),
                                          (window.end - window.start) / fetcher->width()))));
    }
    // Some ask by `page`, others by `after_id`.
    CHECK(fetcher->request(window, "a&b=c").target.ends_with("=a%26b%3Dc"));
  }
}

TEST_CASE("a stream's documents have no field twice and its columns fit a row") {
  const Descriptor& stream = each();
  CAPTURE(stream.name);
  std::unique_ptr<Fetcher> fetcher;
  if (!stream.observing())
    fetcher =
        stream.make(defaults(stream, stream.snapshot() ? "" : stream.widths.front()), "2023-06-01");
  const Layout& layout = fetcher ? fetcher->layout() : stream.observed_layout();

  std::multiset<std::string> fields;
  for (const auto& column : layout.texts) {
    if (!column.field.empty()) fields.insert(column.field);
    if (!column.null_field.empty() && column.null_field != column.field)
      fields.insert(column.null_field);
  }
  for (const auto& column : layout.counts) fields.insert(column.field);
  for (const auto& column : layout.sums) {
    fields.insert(column.field);
    for (const std::size_t index : column.of) CHECK(index < layout.counts.size());
  }

  for (const auto& field : fields) {
    CAPTURE(field);
    CHECK(fields.count(field) == 1);
  }
  CHECK(layout.texts.size() <= Row::most_texts);
  CHECK(layout.counts.size() <= Row::most_counts);
}

TEST_CASE("a width is read as the API writes it") {
  CHECK(width_of("1m") == 60s);
  CHECK(width_of("1h") == 1h);
  CHECK(width_of("1d") == 24h);
  CHECK(width_of("2h") == 0s);
  CHECK(width_of("") == 0s);
}

}  // namespace
}  // namespace anthropic_metrics::streams
