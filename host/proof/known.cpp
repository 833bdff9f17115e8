// SPDX-License-Identifier: Apache-2.0
#include "proof/known.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// Sets a member whose name may have dots: an object in an object.
void set(json::object& object, std::string_view name, json::value value) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) {
    object[name] = std::move(value);
    return;
  }
  json::value& within = object[name.substr(0, dot)];
  if (!within.is_object()) within.emplace_object();
  set(within.get_object(), name.substr(dot + 1), std::move(value));
}

json::object measures_of(const RowFields& fields, const Measures& measures) {
  json::object object;
  for (std::size_t i = 0; i < fields.counts.size(); ++i)
    set(object, fields.counts[i], static_cast<std::int64_t>(measures.counts[i]));
  for (std::size_t i = 0; i < fields.amounts.size(); ++i)
    object[fields.amounts[i] + "_exact"] = measures.amounts[i].text();
  return object;
}

}  // namespace

void append_known(std::string& ndjson, const RowFields& fields, const std::string& organization,
                  const Grain& grain, const Bucket& bucket) {
  for (const auto& [dimensions, row] : bucket.rows) {
    json::object object = measures_of(fields, row.measures);
    const json::value said = json::parse("{" + dimensions + "}");
    for (const auto& member : said.get_object()) set(object, member.key(), member.value());
    object["bucket_start_time"] = time_text(bucket.start);
    object["bucket_end_time"] = time_text(bucket.end);
    object["bucket_width"] = grain.width;
    object["group_by"] = json::array(grain.group_by.begin(), grain.group_by.end());
    object["revision"] = row.newest_revision();
    ndjson += json::serialize(json::object{{"organization", {{"id", organization}}},
                                           {"anthropic", {{fields.object, std::move(object)}}}});
    ndjson += '\n';
  }
}

}  // namespace anthropic_metrics::host
