// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <variant>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 14> kind_names{"status",
                                                      "spend_cap",
                                                      "html",
                                                      "truncate",
                                                      "reset",
                                                      "stall",
                                                      "trickle",
                                                      "malformed",
                                                      "wrong_types",
                                                      "missing_bucket",
                                                      "repeated_bucket",
                                                      "page_loop",
                                                      "missing_page_token",
                                                      "wrong_date"};

constexpr std::string_view spend_cap_message =
    "The organization reached its monthly usage threshold. Access resumes at the start of next "
    "month, 00:00 UTC.";

/// Reads one rule; a sentence on failure.
std::variant<FaultRule, std::string> read_rule(const json::value& value) {
  if (!value.is_object()) return "expected an object";
  FaultRule rule;
  int status = 0;
  std::int64_t duration = -1;
  for (const json::key_value_pair& entry : value.as_object()) {
    const json::string_view key = entry.key();
    const json::value& member = entry.value();  // a binding could not be captured by Clang 14
    auto text = [&](std::string& to) {
      if (!member.is_string()) return false;
      to = std::string(member.as_string());
      return true;
    };
    auto number = [&](auto& to) {
      if (!member.is_int64() || member.as_int64() < 0 || member.as_int64() > 86'400'000)
        return false;
      to = static_cast<std::remove_reference_t<decltype(to)>>(member.as_int64());
      return true;
    };
    bool good = false;
    if (key == "path")
      good = text(rule.path);
    else if (key == "contains")
      good = text(rule.contains);
    else if (key == "nth")
      good = number(rule.nth);
    else if (key == "count")
      good = number(rule.count);
    else if (key == "status")
      good = number(status);
    else if (key == "retry_after")
      good = text(rule.fault.retry_after);
    else if (key == "should_retry")
      good = text(rule.fault.should_retry);
    else if (key == "message")
      good = text(rule.fault.message);
    else if (key == "offset_s") {
      good = member.is_int64();
      if (good) rule.fault.offset = std::chrono::seconds{member.as_int64()};
    } else if (key == "duration_ms")
      good = number(duration);
    else if (key == "kind") {
      std::string kind;
      const auto found =
          text(kind) ? std::find(kind_names.begin(), kind_names.end(), kind) : kind_names.end();
      good = found != kind_names.end();
      if (good) rule.fault.kind = static_cast<FaultKind>(found - kind_names.begin());
    } else {
      return "unknown member '" + std::string(key) + "'";
    }
    if (!good) return "member '" + std::string(key) + "' has a value that is not accepted";
  }
  if (status != 0 && (status < 200 || status > 599))
    return std::string("member 'status' should be between 200 and 599");
  rule.fault.status = status != 0 ? status : (rule.fault.kind == FaultKind::html ? 502 : 500);
  const std::int64_t usual = rule.fault.kind == FaultKind::trickle ? 50 : 0;
  rule.fault.duration = std::chrono::milliseconds{duration >= 0 ? duration : usual};
  return rule;
}

/// Faults of the kind that pass: a client that retries, or polls again, gets through.
Fault passing_fault(std::uint64_t random) {
  Fault fault;
  switch (pick(random, 9)) {
    case 0:
      fault.status = 429, fault.retry_after = "1";
      break;
    case 1:
      fault.status = 500;
      break;
    case 2:
      fault.status = 529;
      break;
    case 3:
      fault.status = 409;
      break;
    case 4:
      fault.kind = FaultKind::reset;
      break;
    case 5:
      fault.kind = FaultKind::truncate;
      break;
    case 6:
      fault.kind = FaultKind::malformed;
      break;
    case 7:
      fault.kind = FaultKind::html, fault.status = 503;
      break;
    default:
      fault.kind = FaultKind::missing_bucket;
      break;
  }
  return fault;
}

Response status_response(const Fault& fault, const Api& api, Instant now, std::uint64_t number) {
  const std::string message = fault.message.empty()
                                  ? "Simulated fault with status " + std::to_string(fault.status)
                                  : fault.message;
  Response response =
      api.error({fault.status, std::string(error_type(fault.status)), message}, now, number);
  std::string_view after = fault.retry_after;
  if (after.starts_with("date:")) {
    const auto seconds =
        parse_duration(std::string(after.substr(5)) + "s").value_or(std::chrono::seconds{0});
    response.headers.emplace_back("retry-after", format_http_date(now + seconds));
  } else if (after.starts_with("ms:")) {
    response.headers.emplace_back("retry-after-ms", after.substr(3));
  } else if (!after.empty()) {
    response.headers.emplace_back("retry-after", after);
  }
  if (!fault.should_retry.empty())
    response.headers.emplace_back("x-should-retry", fault.should_retry);
  return response;
}

/// Puts a value of another type where the endpoint's main measure is; the body stays valid JSON.
void confuse_types(std::string& body) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> changes{
      {{"\"output_tokens\":", "\"output_tokens\":\"many\",\"before_the_fault\":"},
       {"\"amount\":", "\"amount\":[],\"before_the_fault\":"},
       {"\"limits\":", "\"limits\":\"none\",\"before_the_fault\":"},
       {"\"data\":", "\"data\":{},\"before_the_fault\":"}}};
  for (const auto& [from, to] : changes) {
    if (const auto at = body.find(from); at != std::string::npos) {
      body.replace(at, from.size(), to);
      return;
    }
  }
}

PageFault page_fault(FaultKind kind) {
  switch (kind) {
    case FaultKind::missing_bucket:
      return PageFault::missing_bucket;
    case FaultKind::repeated_bucket:
      return PageFault::repeated_bucket;
    case FaultKind::page_loop:
      return PageFault::page_loop;
    case FaultKind::missing_page_token:
      return PageFault::missing_page_token;
    default:
      return PageFault::none;
  }
}

}  // namespace

std::string_view name(FaultKind kind) {
  return kind_names.at(static_cast<std::size_t>(kind));
}

std::optional<std::string> Faults::add_script(std::string_view text) {
  boost::system::error_code error;
  const json::value script = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return "fault script: not JSON: " + error.message();
  const auto* object = script.if_object();
  const auto* list = object != nullptr ? object->if_contains("faults") : nullptr;
  if (list == nullptr || !list->is_array()) return "fault script: expected {\"faults\": [...]}";
  std::vector<FaultRule> rules;
  for (const json::value& value : list->as_array()) {
    auto rule = read_rule(value);
    if (const auto* problem = std::get_if<std::string>(&rule)) {
      return "fault script: faults[" + std::to_string(rules.size()) + "]: " + *problem;
    }
    rules.push_back(std::get<FaultRule>(std::move(rule)));
  }
  rules_.insert(rules_.end(), rules.begin(), rules.end());
  return std::nullopt;
}

std::optional<Fault> Faults::next(const Request& request, const Options& options,
                                  std::uint64_t number) {
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  std::optional<Fault> chosen;
  for (FaultRule& rule : rules_) {
    if (!rule.path.empty() && rule.path != path) continue;
    if (request.target.find(rule.contains) == std::string::npos) continue;
    ++rule.seen;
    const bool applies =
        rule.seen >= rule.nth && (rule.count == 0 || rule.seen < rule.nth + rule.count);
    if (applies && !chosen) chosen = rule.fault;
  }
  if (chosen) return chosen;
  const std::uint64_t random = hash(options.seed, Purpose::fault, number);
  if (random < threshold(options.fault_rate)) return passing_fault(mix(random));
  return std::nullopt;
}

SpoiledResponse spoil(const Fault& fault, const Api& api, const Request& request, Instant now,
                      std::uint64_t number) {
  switch (fault.kind) {
    case FaultKind::status:
      return {status_response(fault, api, now, number), Delivery::whole};
    case FaultKind::spend_cap:
      return {api.error({429, "rate_limit_error", std::string(spend_cap_message),
                         "enforced_spend_limit_reached"},
                        now, number),
              Delivery::whole};
    case FaultKind::html:
      return {api.answer(
                  fault.status,
                  "<html><head><title>Bad gateway</title></head><body>Try again.</body></html>\n",
                  now, number, "text/html"),
              Delivery::whole};
    default:
      break;
  }
  SpoiledResponse spoiled{api.handle(request, now, number, page_fault(fault.kind)),
                          Delivery::whole};
  std::string& body = spoiled.response.body;
  switch (fault.kind) {
    case FaultKind::truncate:
      spoiled.delivery = Delivery::truncate;
      break;
    case FaultKind::reset:
      spoiled.delivery = Delivery::reset;
      break;
    case FaultKind::stall:
      spoiled.delivery = Delivery::stall;
      break;
    case FaultKind::trickle:
      spoiled.delivery = Delivery::trickle;
      break;
    case FaultKind::malformed:
      body.insert(body.size() / 2, "\x01<garbage>");
      break;
    case FaultKind::wrong_types:
      confuse_types(body);
      break;
    case FaultKind::wrong_date:
      for (auto& [header, value] : spoiled.response.headers)
        if (header == "date") value = format_http_date(now + fault.offset);
      break;
    default:
      break;
  }
  return spoiled;
}

}  // namespace anthropic_metrics::simulator
