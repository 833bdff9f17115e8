// SPDX-License-Identifier: Apache-2.0
// The host's account of itself as metrics. docs/operations.md lists them for people.
#include <array>
#include <charconv>
#include <cmath>

#include "base/time_text.hpp"
#include "endpoint/host_status.hpp"
#include "endpoint/prometheus.hpp"
#include "forecast/spending.hpp"
#include "json_access.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;
using Type = Family::Type;

// A number that the plugin tells of a stream, or of its outbox.
struct Told {
  const char* key;
  const char* name;
  Type type;
  const char* help;
};

constexpr std::array<Told, 12> told_of_streams{{
    {"polls", "stream_polls_total", Type::counter, "Polls of the stream."},
    {"pages", "stream_pages_total", Type::counter, "Pages of answers that were read."},
    {"retries", "stream_retries_total", Type::counter, "Requests that repeated a failed one."},
    {"received_bytes", "stream_received_bytes_total", Type::counter,
     "Octets of answers, as they are when unpacked."},
    {"documents", "stream_documents_total", Type::counter, "Documents made, corrections included."},
    {"corrections", "stream_corrections_total", Type::counter,
     "Documents that correct an earlier one by a difference."},
    {"gaps", "stream_gaps_total", Type::counter,
     "Answers in which buckets were missing or out of order."},
    {"lag_seconds", "stream_lag_seconds", Type::gauge,
     "Time by the service from the end of the newest final bucket to now."},
    {"set_aside", "stream_set_aside_rows", Type::gauge,
     "Rows that could not be read and are in no sum."},
    {"cursor", "stream_exact_until_timestamp_seconds", Type::gauge,
     "End of the last exact window: every bucket before it is collected as the service reports "
     "it."},
    {"last_success", "stream_last_success_timestamp_seconds", Type::gauge,
     "Time by the service of the last poll without a fault."},
    {"next_due", "stream_next_due_timestamp_seconds", Type::gauge,
     "Time by the service at which the stream is polled next."},
}};

constexpr std::array<Told, 7> told_of_outboxes{{
    {"pending_documents", "outbox_documents", Type::gauge,
     "Documents that no output has acknowledged yet."},
    {"pending_bytes", "outbox_bytes", Type::gauge, "Octets of those documents."},
    {"handed_out_batches", "outbox_handed_out_batches_total", Type::counter,
     "Batches given to the output, repeated ones included."},
    {"retried_batches", "outbox_retried_batches_total", Type::counter,
     "Batches that the output gave back to be tried again."},
    {"delivered_documents", "outbox_delivered_documents_total", Type::counter,
     "Documents that the output acknowledged."},
    {"dropped_documents", "outbox_dropped_documents_total", Type::counter,
     "Documents that were given up."},
    {"rejected_documents", "outbox_rejected_documents_total", Type::counter,
     "Documents that the output refused for good."},
}};

// Days and months of which totals are told.
constexpr std::array<const char*, 4> periods{"current_day", "previous_day", "current_month",
                                             "previous_month"};

// A number, a time as seconds since 1970, or the rows of what was set aside.
std::optional<double> measure(const json::object& of, std::string_view key) {
  if (const auto number = number_in(of, key)) return number;
  if (const json::object* inner = object_in(of, key)) return number_in(*inner, "rows");
  const auto time = parse_rfc3339(text_in(of, key));
  if (!time) return std::nullopt;
  return static_cast<double>(time->time_since_epoch().count());
}

template <class Visit>
void each_stream(const HostStatus& status, Visit visit) {
  for (const InputStatus& input : status.inputs) {
    const json::object* streams = object_in(input.details, "streams");
    if (streams == nullptr) continue;
    for (const auto& [name, value] : *streams)
      if (const json::object* stream = value.if_object())
        visit(Labels{{"input", input.id}, {"stream", std::string(name)}}, *stream);
  }
}

// One sample for each state, 1 for the one that holds.
void add_states(Family& family, const Labels& labels, HealthState now) {
  for (const HealthState state :
       {HealthState::healthy, HealthState::degraded, HealthState::failed, HealthState::starting}) {
    Labels with = labels;
    with.emplace_back("state", std::string(to_string(state)));
    family.add(with, std::uint64_t{state == now ? 1u : 0u});
  }
}

std::string of_host(const HostStatus& status) {
  Family build("build_info", Type::gauge, "Versions of host and plugin; always 1.");
  build.add({{"version", status.version},
             {"plugin", status.plugin},
             {"plugin_version", status.plugin_version},
             {"plugin_abi", status.plugin_abi}},
            std::uint64_t{1});
  Family uptime("uptime_seconds", Type::gauge, "Time since the host began.");
  uptime.add({}, static_cast<double>(status.uptime.count()) / 1000);
  Family health("health", Type::gauge,
                "State of the whole, as /health tells it: 1 for the one that holds.");
  add_states(health, {}, judge(status).state);
  return build.text() + uptime.text() + health.text();
}

std::string of_inputs(const HostStatus& status) {
  Family info("input_info", Type::gauge, "What an input belongs to and writes to; always 1.");
  Family health("input_health", Type::gauge, "State of an input: 1 for the one that holds.");
  for (const InputStatus& input : status.inputs) {
    const json::object* state = object_in(input.details, "state");
    const auto* durable = state == nullptr ? nullptr : value_in(*state, "durable");
    info.add({{"input", input.id},
              {"output", input.output},
              {"organization_id", text_in(input.details, "organization_id")},
              {"durable",
               durable != nullptr && durable->is_bool() && durable->get_bool() ? "true" : "false"}},
             std::uint64_t{1});
    add_states(health, {{"input", input.id}}, health_of(input.details));
  }
  return info.text() + health.text();
}

std::string of_streams(const HostStatus& status) {
  std::string text;
  Family health("stream_health", Type::gauge, "State of a stream: 1 for the one that holds.");
  Family requests("stream_requests_total", Type::counter,
                  "Requests that are over, by status of the answer; none: there was no answer.");
  Family history("stream_backfill_done_ratio", Type::gauge,
                 "Share of the history that was asked for and is collected.");
  each_stream(status, [&](const Labels& labels, const json::object& stream) {
    add_states(health, labels, health_of(stream));
    if (const json::object* answers = object_in(stream, "requests_by_status"))
      for (const auto& [code, count] : *answers) {
        Labels with = labels;
        with.emplace_back("status", std::string(code));
        requests.add(with, number_in(*answers, code).value_or(0));
      }
    if (const json::object* backfill = object_in(stream, "backfill"))
      history.add(labels, number_in(*backfill, "done_share").value_or(0));
  });
  text += health.text() + requests.text();
  for (const Told& told : told_of_streams) {
    Family family(told.name, told.type, told.help);
    each_stream(status, [&](const Labels& labels, const json::object& stream) {
      // Nothing is set aside while the plugin does not speak of it.
      const auto value = std::string_view(told.key) == "set_aside"
                             ? measure(stream, told.key).value_or(0)
                             : measure(stream, told.key);
      if (value) family.add(labels, *value);
    });
    text += family.text();
  }
  return text + history.text();
}

// A decimal of cents as dollars: two places to the left, so that its digits stay.
double dollars(const std::string& cents) {
  double value = 0;
  const auto [end, error] = std::from_chars(cents.data(), cents.data() + cents.size(), value);
  return error == std::errc() ? value / 100 : 0;
}

// Gauges, since corrections may lower them.
std::string of_totals(const HostStatus& status) {
  Family tokens("tokens", Type::gauge,
                "Tokens of a UTC day or month by kind, as the documents add up to.");
  Family cost("cost_dollars", Type::gauge,
              "Money of a UTC day or month, as the documents add up to.");
  for (const InputStatus& input : status.inputs) {
    const json::object* streams = object_in(input.details, "streams");
    if (streams == nullptr) continue;
    for (const auto& [name, value] : *streams) {
      const json::object* stream = value.if_object();
      const json::object* totals = stream == nullptr ? nullptr : object_in(*stream, "totals");
      if (totals == nullptr) continue;
      for (const char* period : periods) {
        const json::object* total = object_in(*totals, period);
        if (total == nullptr) continue;
        Labels labels{{"input", input.id},
                      {"organization_id", text_in(input.details, "organization_id")},
                      {"stream", std::string(name)},
                      {"period", period}};
        if (const std::string cents = text_in(*total, "cents"); !cents.empty())
          cost.add(labels, dollars(cents));
        const json::object* counts = object_in(*total, "counts");
        if (counts == nullptr) continue;
        for (const auto& [field, count] : *counts) {
          constexpr std::string_view ending = "_tokens";
          const std::string kind(field);
          if (!kind.ends_with(ending)) continue;
          Labels with = labels;
          with.emplace_back("kind", kind.substr(0, kind.size() - ending.size()));
          tokens.add(with, number_in(*counts, kind).value_or(0));
        }
      }
    }
  }
  return tokens.text() + cost.text();
}

// A gauge of its own: an estimate never stands among what was charged.
std::string of_estimates(const HostStatus& status) {
  Family family("month_end_estimate_dollars", Type::gauge,
                "Estimate, no bill, of what the UTC month will have cost at its end, and the "
                "interval that four months in five end within.");
  for (const InputStatus& input : status.inputs) {
    const MonthEnd month = spending_of(input.id, input.details).month;
    if (!month.unknown.empty()) continue;
    const std::array<std::pair<const char*, double>, 3> bounds{
        {{"estimate", month.estimate}, {"low", month.low}, {"high", month.high}}};
    for (const auto& [bound, cents] : bounds)
      family.add({{"input", input.id},
                  {"organization_id", text_in(input.details, "organization_id")},
                  {"bound", bound}},
                 std::round(cents) / 100);
  }
  return family.text();
}

// What the host's own audits found; nothing while it makes none.
std::string of_audits(const HostStatus& status) {
  Family exact("audit_exact_until_timestamp_seconds", Type::gauge,
               "End of the last window in which the store had what the service says, to the last "
               "digit.");
  Family complete("audit_complete", Type::gauge,
                  "Whether the newest audit could compare everything: 1 or 0.");
  Family differences("audit_differences", Type::gauge,
                     "Rows in which the newest audit found another sum.");
  Family repaired("audit_repaired_total", Type::counter,
                  "Rows that audits have corrected since the start.");
  for (const InputStatus& input : status.inputs) {
    const json::object* streams = object_in(input.details, "audit");
    if (streams == nullptr) continue;
    for (const auto& [name, value] : *streams) {
      const json::object* stream = value.if_object();
      if (stream == nullptr) continue;
      const Labels labels{{"input", input.id}, {"stream", std::string(name)}};
      const auto until = measure(*stream, "last_exact_to");
      if (until) exact.add(labels, *until);
      const auto* whole = value_in(*stream, "complete");
      complete.add(labels, std::uint64_t{whole != nullptr && *whole == true ? 1u : 0u});
      differences.add(labels, number_in(*stream, "differences").value_or(0));
      repaired.add(labels, number_in(*stream, "repaired_total").value_or(0));
    }
  }
  return exact.text() + complete.text() + differences.text() + repaired.text();
}

std::string of_outboxes(const HostStatus& status) {
  Family batches(
      "outbox_batches", Type::gauge,
      "Batches that wait for the output (ready) or for its acknowledgement (in_flight).");
  std::string text;
  for (const InputStatus& input : status.inputs)
    if (const json::object* delivery = object_in(input.details, "delivery"))
      for (const char* state : {"ready", "in_flight"})
        batches.add({{"input", input.id}, {"state", state}},
                    number_in(*delivery, state).value_or(0));
  text += batches.text();
  for (const Told& told : told_of_outboxes) {
    Family family(told.name, told.type, told.help);
    for (const InputStatus& input : status.inputs)
      if (const json::object* delivery = object_in(input.details, "delivery"))
        if (const auto value = number_in(*delivery, told.key))
          family.add({{"input", input.id}}, *value);
    text += family.text();
  }
  return text;
}

std::string of_written(const HostStatus& status) {
  Family documents(
      "written_documents_total", Type::counter,
      "Documents that the output has done with, by data stream: stored, or put aside.");
  Family bytes("written_bytes_total", Type::counter, "Octets of those documents.");
  for (const WrittenStatus& stream : status.written) {
    const Labels labels{{"dataset", stream.dataset}, {"namespace", stream.data_namespace}};
    documents.add(labels, stream.documents);
    bytes.add(labels, stream.bytes);
  }
  return documents.text() + bytes.text();
}

std::string of_outputs(const HostStatus& status) {
  Family health("output_health", Type::gauge, "State of an output: 1 for the one that holds.");
  Family items("output_items_total", Type::counter,
               "Documents by what became of them: created, present (there already, with equal "
               "content), retried, rejected.");
  Family requests("output_requests_total", Type::counter, "Requests of outputs that send.");
  Family failed("output_failed_requests_total", Type::counter,
                "Requests without an answer, or refused as a whole.");
  Family bytes("output_document_bytes_total", Type::counter,
               "Octets of documents that were accepted, before they are packed.");
  Family sent("output_sent_bytes_total", Type::counter, "Octets as they travelled.");
  Family dead("output_dead_letters", Type::gauge, "Documents put aside that wait for a person.");
  Family latency("output_request_duration_seconds", Type::histogram,
                 "Time until an output's request was answered.");
  std::vector<double> bounds;
  for (const std::uint32_t bound : SinkReport::latency_bounds_ms) bounds.push_back(bound / 1000.0);
  for (const OutputStatus& output : status.outputs) {
    const Labels labels{{"output", output.name}, {"type", output.type}};
    const SinkReport& report = output.report;
    add_states(health, labels, output.state);
    const auto item = [&](const char* outcome, std::uint64_t count) {
      Labels with = labels;
      with.emplace_back("outcome", outcome);
      items.add(with, count);
    };
    item("created", report.accepted);
    item("present", report.present);
    item("retried", report.retried);
    item("rejected", report.rejected);
    requests.add(labels, report.requests);
    failed.add(labels, report.failed);
    bytes.add(labels, report.bytes);
    sent.add(labels, report.sent_bytes);
    dead.add(labels, report.dead_letters);
    latency.add(labels, bounds, {report.latency.begin(), report.latency.end()},
                report.latency_sum_s);
  }
  return health.text() + items.text() + requests.text() + failed.text() + bytes.text() +
         sent.text() + dead.text() + latency.text();
}

}  // namespace

std::string metrics_text(const HostStatus& status) {
  return of_host(status) + of_inputs(status) + of_streams(status) + of_totals(status) +
         of_estimates(status) + of_audits(status) + of_outboxes(status) + of_written(status) +
         of_outputs(status);
}

}  // namespace anthropic_metrics::host
