// SPDX-License-Identifier: Apache-2.0
#include "simulator.hpp"

namespace anthropic_metrics::simulator {
namespace {

constexpr std::string_view control_root = "/_simulator/";
constexpr std::size_t log_size = 100'000;

}  // namespace

Simulator::Simulator(Options options)
    : options_(std::move(options)), clock_(options_.epoch, options_.speed), api_(options_) {}

Reply Simulator::handle(const Request& request) {
  const Instant now = clock_.now();
  Reply reply;
  {
    const std::scoped_lock lock(mutex_);
    if (request.target.starts_with(control_root)) {
      reply = control(request, now);
    } else {
      const std::uint64_t number = ++handled_;
      std::string_view fault_name;
      if (const auto fault = faults_.next(request, options_, number)) {
        SpoiledResponse spoiled = spoil(*fault, api_, request, now, number);
        reply = {std::move(spoiled.response), spoiled.delivery, fault->duration};
        fault_name = name(fault->kind);
      } else {
        reply.response = api_.handle(request, now, number);
      }
      log(request, reply, now, fault_name);
    }
  }
  compress(reply.response, request.headers);
  return reply;
}

void Simulator::log(const Request& request, const Reply& reply, Instant at,
                    std::string_view fault) {
  if (log_.size() >= log_size) log_.erase(log_.begin(), log_.begin() + log_size / 2);
  const auto elapsed =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  log_.push_back(
      {request.method, request.target, reply.response.status, at, elapsed, std::string(fault)});
}

std::string Simulator::log_body() const {
  std::string body = "{\"requests\":[";
  for (const LoggedRequest& entry : log_) {
    body += "{\"method\":";
    append_json(body, entry.method);
    body += ",\"target\":";
    append_json(body, entry.target);
    body += ",\"status\":" + std::to_string(entry.status) + ",\"at\":\"" +
            format_rfc3339(entry.at) +
            "\",\"elapsed_ms\":" + std::to_string(entry.elapsed.count()) + ",\"fault\":";
    append_json(body, entry.fault);
    body += "},";
  }
  if (body.back() == ',') body.pop_back();
  return body + "]}";
}

Result<std::string> Simulator::control_body(const Request& request, Instant& now) {
  const Target target = parse_target(request.target);
  const std::string_view path = std::string_view(target.path).substr(control_root.size());
  const std::string& method = request.method;
  if (path == "truth" && method == "GET") return truth_body(api_, target, now);
  if (path == "requests" && method == "GET") return log_body();
  if (path == "advance" && method == "POST") {
    const auto step = parse_duration(target.find("by").value_or(""));
    if (!step) return invalid("by: Input should be a duration such as 90s, 5m, 24h or 7d");
    clock_.advance(*step);
    now = clock_.now();
  } else if (path == "faults" && method == "POST") {
    if (auto problem = faults_.add_script(request.body)) return invalid(std::move(*problem));
  } else if (path == "faults" && method == "DELETE") {
    faults_.clear();
  } else if (path != "state" || method != "GET") {
    return ApiError{404, "not_found_error", "Not Found"};
  }
  return "{\"now\":\"" + format_rfc3339(now) + "\",\"organization_id\":\"" +
         api_.organization().id + "\",\"seed\":" + std::to_string(options_.seed) + "}";
}

Reply Simulator::control(const Request& request, Instant now) {
  auto body = control_body(request, now);
  Reply reply;
  reply.response =
      body ? api_.answer(200, std::move(*body), now, 0) : api_.error(body.error(), now, 0);
  return reply;
}

std::optional<std::string> Simulator::add_faults(std::string_view script) {
  const std::scoped_lock lock(mutex_);
  return faults_.add_script(script);
}

void Simulator::clear_faults() {
  const std::scoped_lock lock(mutex_);
  faults_.clear();
}

std::vector<LoggedRequest> Simulator::requests() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

void Simulator::clear_requests() {
  const std::scoped_lock lock(mutex_);
  log_.clear();
}

std::vector<UsageSum> Simulator::usage(const UsageQuery& query, Instant as_of) const {
  const std::scoped_lock lock(mutex_);
  return usage_truth(api_, query, as_of);
}

std::vector<CostSum> Simulator::cost(const CostQuery& query, Instant as_of) const {
  const std::scoped_lock lock(mutex_);
  return cost_truth(api_, query, as_of);
}

}  // namespace anthropic_metrics::simulator
