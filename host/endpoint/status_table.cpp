// SPDX-License-Identifier: Apache-2.0
#include "endpoint/status_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <vector>

#include "base/printable.hpp"
#include "json_access.hpp"
#include "table.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::vector<const json::object*> objects_in(const json::object& map, std::string_view key) {
  std::vector<const json::object*> found;
  const auto* value = value_in(map, key);
  if (value == nullptr || !value->is_array()) return found;
  for (const json::value& item : value->get_array())
    if (item.is_object()) found.push_back(&item.get_object());
  return found;
}

std::string count_in(const json::object& map, std::string_view key) {
  const auto number = number_in(map, key);
  return number ? grouped(fmt::format("{:.0f}", *number)) : "-";
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

Row stream_row(const std::string& input, std::string_view name, const json::object& stream) {
  const auto lag = number_in(stream, "lag_seconds");
  return {fmt::format("{}/{}", input, name), or_dash(text_in(stream, "health")),
          lag ? spoken(*lag) : "-",          or_dash(text_in(stream, "cursor")),
          count_in(stream, "documents"),     count_in(stream, "corrections"),
          count_in(stream, "requests"),      count_in(stream, "retries")};
}

// What is not as it should be, a line each.
std::string complaints(const std::string& input, std::string_view name,
                       const json::object& stream) {
  std::string lines;
  const std::string message = text_in(stream, "message");
  if (!message.empty()) lines += fmt::format("{}/{}: {}\n", input, name, message);
  if (const json::object* aside = object_in(stream, "set_aside"))
    lines += fmt::format("{}/{}: {} rows could not be read and are in no sum\n", input, name,
                         count_in(*aside, "rows"));
  return lines;
}

struct Told {
  std::string tables;
  std::string complaints;
};

void tell_inputs(const json::object& status, Told& told) {
  std::vector<Row> streams{{"stream", "health", "lag", "exact until", "documents", "corrections",
                            "requests", "retries"}};
  std::vector<Row> outboxes{{"input", "health", "output", "waiting documents", "bytes", "batches",
                             "under way", "delivered"}};
  for (const json::object* input : objects_in(status, "inputs")) {
    const std::string id = text_in(*input, "id");
    if (const json::object* all = object_in(*input, "streams"))
      for (const auto& [name, value] : *all)
        if (const json::object* stream = value.if_object()) {
          streams.push_back(stream_row(id, std::string_view(name), *stream));
          told.complaints += complaints(id, std::string_view(name), *stream);
        }
    for (const char* concern : {"state", "time"})
      if (const json::object* of = object_in(*input, concern))
        if (const std::string message = text_in(*of, "message"); !message.empty())
          told.complaints += fmt::format("{}: {}\n", id, message);
    if (const std::string error = text_in(*input, "last_error"); !error.empty())
      told.complaints += fmt::format("{}: last error: {}\n", id, error);
    const json::object none;
    const json::object* delivery = object_in(*input, "delivery");
    const json::object& of = delivery == nullptr ? none : *delivery;
    outboxes.push_back({id, or_dash(text_in(*input, "health")), or_dash(text_in(*input, "output")),
                        count_in(of, "pending_documents"), count_in(of, "pending_bytes"),
                        count_in(of, "ready"), count_in(of, "in_flight"),
                        count_in(of, "delivered_documents")});
  }
  if (streams.size() > 1) told.tables += "\n" + table(std::move(streams));
  if (outboxes.size() > 1) told.tables += "\n" + table(std::move(outboxes));
}

// What inputs found that audit themselves.
void tell_audits(const json::object& status, Told& told) {
  std::vector<Row> rows{{"audit", "equal until", "differences", "repaired", "of day"}};
  for (const json::object* input : objects_in(status, "inputs")) {
    const json::object* streams = object_in(*input, "audit");
    if (streams == nullptr) continue;
    for (const auto& [name, value] : *streams) {
      const json::object* stream = value.if_object();
      if (stream == nullptr) continue;
      const std::string place = fmt::format("{}/{}", text_in(*input, "id"), std::string_view(name));
      rows.push_back({place, or_dash(text_in(*stream, "last_exact_to")),
                      count_in(*stream, "differences"), count_in(*stream, "repaired"),
                      or_dash(text_in(*stream, "from").substr(0, 10))});
      if (const std::string problem = text_in(*stream, "problem"); !problem.empty())
        told.complaints += fmt::format("{}: not audited: {}\n", place, problem);
    }
  }
  if (rows.size() > 1) told.tables += "\n" + table(std::move(rows));
}

void tell_outputs(const json::object& status, Told& told) {
  std::vector<Row> rows{{"output", "type", "health", "created", "present", "retried", "rejected",
                         "requests", "failed", "dead letters"}};
  for (const json::object* output : objects_in(status, "outputs")) {
    const json::object none;
    const json::object* counters = object_in(*output, "counters");
    const json::object& of = counters == nullptr ? none : *counters;
    const std::string name = text_in(*output, "name");
    rows.push_back({name, or_dash(text_in(*output, "type")), or_dash(text_in(*output, "health")),
                    count_in(of, "created"), count_in(of, "present"), count_in(of, "retried"),
                    count_in(of, "rejected"), count_in(of, "requests"),
                    count_in(of, "failed_requests"), count_in(of, "dead_letters")});
    if (const std::string message = text_in(*output, "message"); !message.empty())
      told.complaints += fmt::format("output {}: {}\n", name, message);
  }
  if (rows.size() > 1) told.tables += "\n" + table(std::move(rows));
}

}  // namespace

std::string spoken(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "0 s";
  const auto all = static_cast<std::uint64_t>(std::min(seconds, 1e15));
  const std::uint64_t minutes = all / 60, hours = all / 3600, days = all / 86'400;
  if (all < 60) return fmt::format("{} s", all);
  if (hours < 1) return fmt::format("{} min", minutes);
  if (days < 1) return fmt::format("{} h {:02} min", hours, minutes % 60);
  return fmt::format("{} d {} h", days, hours % 24);
}

Result<StatusText> status_table(std::string_view status_json) {
  boost::system::error_code error;
  const json::value value =
      json::parse(json::string_view(status_json.data(), status_json.size()), error);
  const json::object* status = error ? nullptr : value.if_object();
  if (status == nullptr || text_in(*status, "health").empty() ||
      value_in(*status, "inputs") == nullptr)
    return Failure{ExitCode::not_running,
                   {"what answers there is no anthropic-metrics; name its endpoint with --url, or "
                    "its policy with -c"}};
  StatusText result;
  result.failed = text_in(*status, "health") == "failed";
  result.text = fmt::format("anthropic-metrics {}, up {}\n{}: {}\n", text_in(*status, "version"),
                            spoken(number_in(*status, "uptime_seconds").value_or(0)),
                            text_in(*status, "health"), text_in(*status, "message"));
  Told told;
  tell_inputs(*status, told);
  tell_audits(*status, told);
  tell_outputs(*status, told);
  result.text += told.tables;
  if (!told.complaints.empty()) result.text += "\n" + told.complaints;
  result.text = printable_lines(result.text);
  return result;
}

}  // namespace anthropic_metrics::host
