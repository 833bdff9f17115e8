// SPDX-License-Identifier: Apache-2.0
#include "proof/store_search.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr int documents_at_a_time = 5000;

std::string field(const RowFields& fields, const char* name) {
  return fields.path() + '.' + name;
}

json::object range(const std::string& name, std::int64_t from, std::int64_t to) {
  return {{"range", {{name, {{"gte", time_text(from)}, {"lt", time_text(to)}}}}}};
}

json::object exists(const std::string& name) {
  return {{"exists", {{"field", name}}}};
}

json::object term(const std::string& name, const std::string& value) {
  return {{"term", {{name, value}}}};
}

json::object none_of(json::array clauses) {
  return {{"bool", {{"must_not", std::move(clauses)}}}};
}

json::object any_of(json::array clauses) {
  return {{"bool", {{"should", std::move(clauses)}, {"minimum_should_match", 1}}}};
}

json::object all_of(json::array clauses) {
  return {{"bool", {{"filter", std::move(clauses)}}}};
}

// As RowReader knows our documents.
json::object ours(const RowFields& fields) {
  return all_of({exists(field(fields, "revision")), exists("organization.id"),
                 term("input.type", "anthropic_metrics")});
}

// A name outside of these: what the engines call the complement of a regular expression.
std::string other_than(const std::vector<std::string>& names) {
  std::string pattern = "~(";
  for (std::size_t i = 0; i < names.size(); ++i) pattern += (i == 0 ? "" : "|") + names[i];
  return pattern + ")";
}

}  // namespace

json::object query_of(const RowFields& fields, std::int64_t from, std::int64_t to,
                      const std::string& organization) {
  json::array clauses{range(field(fields, "bucket_start_time"), from, to)};
  if (!organization.empty())
    clauses.push_back(
        any_of({term("organization.id", organization), none_of({exists("organization.id")})}));
  return all_of(std::move(clauses));
}

std::string scroll_body(const RowFields& fields, std::int64_t from, std::int64_t to,
                        const std::string& organization) {
  json::object body{{"size", documents_at_a_time},  // a scroll always counts all hits
                    {"query", query_of(fields, from, to, organization)},
                    {"sort", {{{field(fields, "bucket_start_time"), "asc"}}}},
                    {"_source",
                     {"organization.id", fields.path(), "event.id", "event.kind", "event.dataset",
                      "data_stream.dataset", "input.type"}}};
  return json::serialize(body);
}

std::string other_grains_body(const RowFields& fields, const Grain& grain, std::int64_t from,
                              std::int64_t to) {
  const std::string width = field(fields, "bucket_width");
  const std::string group_by = field(fields, "group_by");
  json::array differs{all_of({exists(width), none_of({term(width, grain.width)})})};
  if (grain.group_by.empty()) {
    differs.push_back(exists(group_by));
  } else {
    // Ours say what they are split by, also if that is nothing.
    json::array lacks_one;
    for (const std::string& name : grain.group_by)
      lacks_one.push_back(none_of({term(group_by, name)}));
    differs.push_back(
        all_of({any_of({exists(group_by), ours(fields)}), any_of(std::move(lacks_one))}));
    differs.push_back(
        json::object{{"regexp", {{group_by, {{"value", other_than(grain.group_by)}}}}}});
  }
  json::object body{{"size", 0},
                    {"track_total_hits", false},
                    {"query", all_of({range(field(fields, "bucket_start_time"), from, to),
                                      any_of(std::move(differs))})},
                    {"aggs",
                     {{"from", {{"min", {{"field", field(fields, "bucket_start_time")}}}}},
                      {"to", {{"max", {{"field", field(fields, "bucket_end_time")}}}}}}}};
  return json::serialize(body);
}

std::string pipeline_errors_body(const RowFields& fields, std::int64_t from, std::int64_t to) {
  json::object body{{"size", 1},
                    {"track_total_hits", true},
                    {"_source", false},
                    {"query", all_of({range("@timestamp", from, to),
                                      none_of({exists(field(fields, "bucket_start_time"))}),
                                      term("event.kind", "pipeline_error")})}};
  return json::serialize(body);
}

std::string foreign_body(const RowFields& fields, std::int64_t from, std::int64_t to) {
  json::object body{{"query", all_of({range("@timestamp", from, to),
                                      none_of({exists(field(fields, "bucket_start_time")),
                                               term("event.kind", "pipeline_error")})})}};
  return json::serialize(body);
}

}  // namespace anthropic_metrics::host
