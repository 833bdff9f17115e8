// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <algorithm>
#include <charconv>

#include "paging.hpp"
#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr ==
            text.data() + i + 3) {
      out.push_back(static_cast<char>(code));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

/// The filters of the usage report by the dimension they restrict; note the singular of
/// context_window.
constexpr std::array<std::string_view, dimension_count> filter_names{
    "account_ids[]",         "api_key_ids[]",   "context_window[]", "inference_geos[]", "models[]",
    "service_account_ids[]", "service_tiers[]", "speeds[]",         "workspace_ids[]"};

/// Values that filters are restricted to, where the documentation lists them.
bool known_value(Dimension dimension, std::string_view value) {
  auto one_of = [&](std::initializer_list<std::string_view> values) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  switch (dimension) {
    case Dimension::context_window:
      return one_of({"0-200k", "200k-1M"});
    case Dimension::inference_geo:
      return one_of({"global", "us", "not_available"});
    case Dimension::service_tier:
      return one_of(
          {"standard", "batch", "priority", "priority_on_demand", "flex", "flex_discount"});
    case Dimension::speed:
      return one_of({"standard", "fast"});
    default:
      return true;
  }
}

bool has_fast_mode(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (find_header({{name, value}}, "anthropic-beta") &&
        value.find("fast-mode-2026-02-01") != std::string::npos) {
      return true;
    }
  }
  return false;
}

Instant round_down(FineInstant time, Width width) {
  switch (width) {
    case Width::minute:
      return floor<minutes>(time);
    case Width::hour:
      return floor<hours>(time);
    case Width::day:
      break;
  }
  return floor<days>(time);
}

Instant round_up(FineInstant time, Width width) {
  const Instant down = round_down(time, width);
  return down < time ? down + length(width) : down;
}

Result<FineInstant> parse_time(const Target& target, std::string_view name) {
  const auto time = parse_rfc3339(*target.find(name));
  if (!time)
    return invalid(std::string(name) + ": Input should be a valid datetime in RFC 3339 format");
  return *time;
}

Result<std::size_t> parse_limit(const Target& target, Limits range) {
  const auto text = target.find("limit");
  if (!text) return static_cast<std::size_t>(range.initial);
  int limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size()) {
    return invalid("limit: Input should be a valid integer");
  }
  if (limit < 1) return invalid("limit: Input should be greater than or equal to 1");
  if (limit > range.maximum) {
    return invalid("limit: Input should be less than or equal to " + std::to_string(range.maximum));
  }
  return static_cast<std::size_t>(limit);
}

Result<ReportWindow> parse_window(const Target& target, Width width, Instant now,
                                  const Scope& scope) {
  const bool open_bucket = scope.open_bucket || scope.future_buckets;
  if (!target.find("starting_at")) return invalid("starting_at: Field required");
  const auto starting_at = parse_time(target, "starting_at");
  if (!starting_at) return starting_at.error();
  Result<FineInstant> ending_at{FineInstant{now}};
  if (target.find("ending_at")) ending_at = parse_time(target, "ending_at");
  if (!ending_at) return ending_at.error();
  const auto limit = parse_limit(target, limits(width));
  if (!limit) return limit.error();

  ReportWindow window;
  window.binding = target.binding();
  window.start = round_up(*starting_at, width);
  // Without an open bucket, an end rounds down to where a bucket closed; with it, up to where one
  // will.
  const bool omitted = !target.find("ending_at");
  const Instant available =
      open_bucket ? round_up(FineInstant{now}, width) : round_down(FineInstant{now}, width);
  const Instant requested = omitted ? available : round_down(*ending_at, width);
  const bool inside_open_bucket =
      open_bucket && !omitted && round_up(*ending_at, width) == available;
  window.end = inside_open_bucket ? available : requested;
  if (window.end <= window.start) {
    return invalid("Invalid date range: ending date must be after starting date");
  }
  const Instant last = scope.future_buckets ? Instant::max() : available;
  if (scope.kept > std::chrono::seconds{0})
    window.start = std::max(window.start, round_up(FineInstant{now - scope.kept}, width));
  window.end = std::max(std::min(window.end, last), window.start);

  if (const auto page = target.find("page")) {
    const auto position = parse_page_token(*page, window.binding);
    if (!position)
      return invalid("page: Invalid page token, or the query changed since it was issued");
    window.start = position->start;
    window.end = position->end;
  }
  const int asked = static_cast<int>(*limit);
  const int buckets = scope.page_buckets > 0 ? std::min(asked, scope.page_buckets) : asked;
  window.page_end = std::min<Instant>(window.end, window.start + buckets * length(width));
  return window;
}

}  // namespace

ApiError invalid(std::string message) {
  return {400, "invalid_request_error", std::move(message)};
}

std::optional<std::string_view> Target::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::uint64_t Target::binding() const {
  auto hash_text = [](std::string_view text) {
    std::uint64_t value = text.size();
    for (const char c : text) value = mix(value ^ static_cast<unsigned char>(c));
    return value;
  };
  std::uint64_t sum = hash_text(path);
  for (const auto& [name, value] : parameters) {
    if (name != "page") sum += mix(hash_text(name) ^ (hash_text(value) << 1));
  }
  return sum;
}

Target parse_target(std::string_view target) {
  Target parsed;
  const auto question = target.find('?');
  parsed.path = target.substr(0, question);
  if (question == std::string_view::npos) return parsed;
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const auto ampersand = query.find('&');
    const auto pair = query.substr(0, ampersand);
    query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    parsed.parameters.emplace_back(
        decode(pair.substr(0, equals)),
        equals == std::string_view::npos ? "" : decode(pair.substr(equals + 1)));
  }
  return parsed;
}

Limits limits(Width width) {
  switch (width) {
    case Width::minute:
      return {60, 1440};
    case Width::hour:
      return {24, 168};
    case Width::day:
      break;
  }
  return {7, 31};
}

std::optional<ApiError> check_names(const Target& target,
                                    const std::vector<std::string_view>& known) {
  for (auto parameter = target.parameters.begin(); parameter != target.parameters.end();
       ++parameter) {
    const std::string& name = parameter->first;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return invalid(name + ": Extra inputs are not permitted");
    }
    const bool repeated = std::any_of(target.parameters.begin(), parameter,
                                      [&](const auto& p) { return p.first == name; });
    if (repeated && !name.ends_with("[]")) return invalid(name + ": Input should be given once");
  }
  return std::nullopt;
}

Result<std::size_t> parse_list_limit(const Target& target, std::size_t initial) {
  return parse_limit(target, {static_cast<int>(initial), 1000});
}

Result<UsageRequest> parse_usage_request(const Target& target, const Headers& headers, Instant now,
                                         const Scope& scope) {
  std::vector<std::string_view> known{"starting_at", "ending_at", "bucket_width",
                                      "limit",       "page",      "group_by[]"};
  known.insert(known.end(), filter_names.begin(), filter_names.end());
  if (auto error = check_names(target, known)) return *error;

  UsageRequest request;
  const auto width = target.find("bucket_width").value_or("1d");
  if (width == "1m")
    request.query.width = Width::minute;
  else if (width == "1h")
    request.query.width = Width::hour;
  else if (width == "1d")
    request.query.width = Width::day;
  else
    return invalid("bucket_width: Input should be '1d', '1h' or '1m'");

  for (const auto& [name, value] : target.parameters) {
    if (name == "group_by[]") {
      const auto dimension = dimension_by_name(value);
      if (!dimension) {
        return invalid(
            "group_by: Input should be 'account_id', 'api_key_id', 'context_window', "
            "'inference_geo', "
            "'model', 'service_account_id', 'service_tier', 'speed' or 'workspace_id'");
      }
      request.query.group_by.set(index(*dimension));
      continue;
    }
    const auto filter = std::find(filter_names.begin(), filter_names.end(), name);
    if (filter == filter_names.end()) continue;
    const auto d = static_cast<std::size_t>(filter - filter_names.begin());
    if (!known_value(static_cast<Dimension>(d), value))
      return invalid(name + ": Input is not an accepted value");
    request.query.filters[d].push_back(value);
  }
  const bool speed = request.query.group_by[index(Dimension::speed)] ||
                     !request.query.filters[index(Dimension::speed)].empty();
  if (speed && !has_fast_mode(headers)) {
    return invalid("speed: Requires the header anthropic-beta: fast-mode-2026-02-01");
  }

  auto window = parse_window(target, request.query.width, now, scope);
  if (!window) return window.error();
  request.window = *window;
  request.query.start = window->start;
  request.query.end = window->page_end;
  return request;
}

Result<CostRequest> parse_cost_request(const Target& target, Instant now, const Scope& scope) {
  if (auto error = check_names(
          target, {"starting_at", "ending_at", "bucket_width", "limit", "page", "group_by[]"})) {
    return *error;
  }
  CostRequest request;
  if (target.find("bucket_width").value_or("1d") != "1d")
    return invalid("bucket_width: Input should be '1d'");
  for (const auto& [name, value] : target.parameters) {
    if (name != "group_by[]") continue;
    if (value == "workspace_id")
      request.query.by_workspace = true;
    else if (value == "description")
      request.query.by_description = true;
    else
      return invalid("group_by: Input should be 'workspace_id' or 'description'");
  }
  auto window = parse_window(target, Width::day, now, scope);
  if (!window) return window.error();
  request.window = *window;
  request.query.start = window->start;
  request.query.end = window->page_end;
  return request;
}

}  // namespace anthropic_metrics::simulator
