// SPDX-License-Identifier: Apache-2.0
// The sum over the documents equals the sum over the answer, as another JSON parser adds it up.
#include <array>
#include <boost/json.hpp>
#include <set>

#include "fuzz.hpp"
#include "ledger/document.hpp"
#include "settings/stream_config.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;
using Sums = std::array<std::int64_t, streams::Row::most_counts>;

/// Sums that wrap are not what this is about.
constexpr std::int64_t most = std::int64_t{1} << 50;

const json::value* at(const json::value& value, std::string_view path) {
  const auto dot = path.find('.');
  const json::object* object = value.if_object();
  const json::value* member =
      object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
  return member == nullptr || dot == path.npos ? member : at(*member, path.substr(dot + 1));
}

/// Colons outside of strings: members as they are written.
std::size_t members_written(std::string_view text) {
  std::size_t members = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ':' && !quoted) {
      ++members;
    }
  }
  return members;
}

std::size_t members_kept(const json::value& value) {
  std::size_t members = 0;
  if (const json::object* object = value.if_object()) {
    for (const json::key_value_pair& member : *object) members += 1 + members_kept(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) members += members_kept(element);
  }
  return members;
}

}  // namespace
}  // namespace anthropic_metrics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  const std::string_view text = fuzz::view(data, size);
  boost::system::error_code ec;
  const json::value whole = json::parse({text.data(), text.size()}, ec);
  if (ec) return 0;
  const streams::Descriptor& stream = *streams::find("usage");
  Faults faults;
  const auto settings = streams::read_stream_settings(stream, {}, "/usage", {}, faults);
  const auto fetcher = stream.make(settings, "2023-06-01");
  const streams::Layout& layout = fetcher->layout();
  const auto decoder = fetcher->decoder();
  if (!decoder->feed(text) || !decoder->finish()) return 0;

  DocumentWriter::Constants constants;
  constants.stream = "usage";
  constants.category = "configuration";
  constants.dataset = "anthropic_metrics.usage";
  constants.data_stream_namespace = "default";
  constants.organization_id = "o";
  DocumentWriter writer(layout, constants);
  Sums documents{};
  std::size_t odd = 0;
  for (const streams::Bucket& bucket : decoder->take()) {
    odd += bucket.odd.size() + bucket.more_odd;
    for (std::size_t i = 0; i < bucket.rows.size(); ++i)
      if (bucket.rows.overflowed(i)) return 0;
    for (const streams::Row& row : bucket.rows) {
      DocumentValues values;
      values.id = "0123456789012345678901";
      values.timestamp = values.start = bucket.start;
      values.end = bucket.end;
      values.text = &bucket.rows.text();
      values.row = &row;
      values.counts = row.counts.data();
      values.counts_present = row.counts_present;
      const std::string_view out = writer.write(values);
      const json::value document = json::parse(out, ec);
      fuzz::require(!ec, "a document is JSON");
      fuzz::require(out.find('\n') == out.npos, "a document is one line");
      const json::value& body = document.at("anthropic").at("usage");
      for (std::size_t i = 0; i < layout.counts.size(); ++i) {
        const json::value* count = at(body, layout.counts[i].field);
        if (count == nullptr) continue;
        const auto number = count->to_number<std::int64_t>();
        if (number > most || number < -most) return 0;
        documents[i] += number;
      }
    }
  }
  // As the other parser sees it.
  Sums answer{};
  const json::value* buckets = at(whole, "data");
  if (buckets == nullptr || !buckets->is_array()) return 0;
  for (const json::value& bucket : buckets->get_array()) {
    const json::value* list = at(bucket, "results");
    if (list == nullptr || !list->is_array()) return 0;
    for (const json::value& row : list->get_array()) {
      for (std::size_t i = 0; i < layout.counts.size(); ++i) {
        const json::value* count = at(row, layout.counts[i].path);
        if (count == nullptr || !count->is_number()) continue;
        const auto number = count->to_number<std::int64_t>(ec);
        if (ec) continue;
        // Rows may take back of each other what alone is out of reach.
        answer[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(answer[i]) +
                                              static_cast<std::uint64_t>(number));
      }
    }
  }
  // Parsers may differ about an object that names a member twice: this one keeps the last.
  if (members_kept(whole) != members_written(text) || odd > 0) return 0;
  fuzz::require(documents == answer, "documents add up to the answer");
  return 0;
}
