// SPDX-License-Identifier: Apache-2.0
#include "reports.hpp"

#include <array>
#include <charconv>

#include "paging.hpp"

namespace anthropic_metrics::simulator {
namespace {

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":";
  append_json(out, value);
}

/// Writes the envelope around buckets, and applies page faults, which are all about the envelope.
class PageWriter {
 public:
  PageWriter(const ReportWindow& window, std::chrono::seconds width, PageFault fault)
      : window_(window), width_(width), fault_(fault) {
    text_ = "{\"data\":[";
  }

  /// `write_results` appends rows, each followed by a comma.
  void bucket(Instant start, const std::function<void(std::string&)>& write_results) {
    // The bucket that is missing or repeated is the second, or the only one.
    const bool chosen =
        start == window_.start +
                     (window_.page_end - window_.start > width_ ? width_ : std::chrono::seconds{0});
    if (chosen && fault_ == PageFault::missing_bucket) return;
    const std::size_t begin = text_.size();
    append_member(text_, "starting_at", format_rfc3339(start));
    text_.insert(begin, 1, '{');
    text_ += ',';
    append_member(text_, "ending_at", format_rfc3339(start + width_));
    text_ += ",\"results\":[";
    write_results(text_);
    drop_comma();
    text_ += "]},";
    if (chosen && fault_ == PageFault::repeated_bucket) text_ += text_.substr(begin);
  }

  std::string finish() {
    drop_comma();
    const bool more = window_.page_end < window_.end || fault_ == PageFault::page_loop ||
                      fault_ == PageFault::missing_page_token;
    text_ += more ? "],\"has_more\":true,\"next_page\":" : "],\"has_more\":false,\"next_page\":";
    if (!more || fault_ == PageFault::missing_page_token) {
      text_ += "null}";
    } else {
      const Instant next = fault_ == PageFault::page_loop ? window_.start : window_.page_end;
      append_json(text_, make_page_token({next, window_.end}, window_.binding));
      text_ += '}';
    }
    return std::move(text_);
  }

 private:
  void drop_comma() {
    if (text_.back() == ',') text_.pop_back();
  }

  const ReportWindow& window_;
  const std::chrono::seconds width_;
  const PageFault fault_;
  std::string text_;
};

/// The parts of a usage row that do not change from bucket to bucket, between its numbers.
struct RowText {
  std::string to_cache_1h, to_output, to_web_search, to_uncached, to_end;
};

RowText make_row_text(const Tuple& tuple, const Organization& organization, bool speed) {
  auto value = [&](Dimension d) { return organization.value(d, tuple[index(d)]); };
  RowText row;
  row.to_cache_1h = "{";
  append_member(row.to_cache_1h, "account_id", value(Dimension::account_id));
  row.to_cache_1h += ',';
  append_member(row.to_cache_1h, "api_key_id", value(Dimension::api_key_id));
  row.to_cache_1h += ",\"cache_creation\":{\"ephemeral_1h_input_tokens\":";
  row.to_output = ',';
  append_member(row.to_output, "context_window", value(Dimension::context_window));
  row.to_output += ',';
  append_member(row.to_output, "inference_geo", value(Dimension::inference_geo));
  row.to_output += ',';
  append_member(row.to_output, "model", value(Dimension::model));
  row.to_output += ",\"output_tokens\":";
  row.to_web_search = ",\"server_tool_use\":{\"web_search_requests\":";
  row.to_uncached = "},";
  append_member(row.to_uncached, "service_account_id", value(Dimension::service_account_id));
  row.to_uncached += ',';
  append_member(row.to_uncached, "service_tier", value(Dimension::service_tier));
  if (speed) {
    row.to_uncached += ',';
    append_member(row.to_uncached, "speed", value(Dimension::speed));
  }
  row.to_uncached += ",\"uncached_input_tokens\":";
  row.to_end = ',';
  append_member(row.to_end, "workspace_id", value(Dimension::workspace_id));
  row.to_end += "},";
  return row;
}

void append_usage_row(std::string& out, const RowText& row, const Counters& counters) {
  out += row.to_cache_1h;
  append_number(out, counters[cache_write_1h]);
  out += ",\"ephemeral_5m_input_tokens\":";
  append_number(out, counters[cache_write_5m]);
  out += "},\"cache_read_input_tokens\":";
  append_number(out, counters[cache_read]);
  out += row.to_output;
  append_number(out, counters[output]);
  out += row.to_web_search;
  append_number(out, counters[web_searches]);
  out += row.to_uncached;
  append_number(out, counters[uncached_input]);
  out += row.to_end;
}

void append_cost_row(std::string& out, const CostKey& key, const Amount& amount) {
  out += '{';
  append_member(out, "amount", format_amount(amount));
  const std::array<std::pair<std::string_view, std::string_view>, 9> members{
      {{"context_window", key.context_window},
       {"cost_type", key.cost_type},
       {"currency", "USD"},
       {"description", key.description},
       {"inference_geo", key.inference_geo},
       {"model", key.model},
       {"service_tier", key.service_tier},
       {"token_type", key.token_type},
       {"workspace_id", key.workspace_id}}};
  for (const auto& [name, value] : members) {
    out += ',';
    append_member(out, name, value);
  }
  out += "},";
}

}  // namespace

std::string usage_page(const UsageRequest& request, const Organization& organization,
                       const UsageData& data, Instant as_of, PageFault fault) {
  PageWriter page(request.window, length(request.query.width), fault);
  std::vector<RowText> texts;
  const bool speed = request.query.group_by[index(Dimension::speed)];
  data.visit(request.query, as_of,
             {[&](std::span<const Tuple> rows) {
                for (const Tuple& tuple : rows)
                  texts.push_back(make_row_text(tuple, organization, speed));
              },
              [&](Instant start, std::span<const Counters> sums) {
                page.bucket(start, [&](std::string& out) {
                  for (std::size_t i = 0; i < sums.size(); ++i) {
                    if (!empty(sums[i])) append_usage_row(out, texts[i], sums[i]);
                  }
                });
              }});
  return page.finish();
}

std::string cost_page(const CostRequest& request, const CostData& data, Instant as_of,
                      PageFault fault) {
  PageWriter page(request.window, std::chrono::days{1}, fault);
  for (Instant day = request.query.start; day < request.query.end; day += std::chrono::days{1}) {
    page.bucket(day, [&](std::string& out) {
      for (const auto& [key, amount] : data.day(request.query, day, as_of))
        append_cost_row(out, key, amount);
    });
  }
  return page.finish();
}

void append_rate_limit(std::string& out, const RateLimit& limit, std::string_view workspace_id,
                       const LimitForm& form) {
  const bool organization = workspace_id.empty();
  out += '{';
  if (organization) {
    if (!limit.id.empty()) append_member(out, "id", limit.id), out += ',';
    out += "\"type\":\"rate_limit\",";
  } else {
    out += "\"type\":\"workspace_rate_limit\",";
    append_member(out, "workspace_id", workspace_id);
    out += ',';
    if (!limit.id.empty()) append_member(out, "rate_limit_id", limit.id), out += ',';
  }
  if (form.group_type || limit.group_id.empty())
    append_member(out, "group_type", limit.group_type), out += ',';
  if (!limit.group_id.empty()) {
    out += "\"group\":{";
    append_member(out, "id", limit.group_id);
    out += ',';
    append_member(out, "type", limit.group_type);
    if (!limit.display_name.empty())
      out += ',', append_member(out, "display_name", limit.display_name);
    out += "},";
  }
  out += "\"models\":";
  if (limit.models.empty()) {
    out += "null";
  } else {
    char separator = '[';
    for (const std::string& model : limit.models) {
      out += separator;
      append_json(out, model);
      separator = ',';
    }
    out += ']';
  }
  out += ",\"limits\":[";
  for (const Limiter& limiter : limit.limits) {
    out += '{';
    append_member(out, "type", limiter.type);
    out += ",\"value\":";
    append_number(out, limiter.value);
    if (!organization) {
      out += ",\"org_limit\":";
      if (limiter.organization_value)
        append_number(out, *limiter.organization_value);
      else
        out += "null";
      if (form.source)
        out += limiter.inherited ? R"(,"source":{"type":"organization"})"
                                 : R"(,"source":{"type":"workspace"})";
    }
    out += "},";
  }
  if (out.back() == ',') out.pop_back();
  out += "]}";
}

}  // namespace anthropic_metrics::simulator
