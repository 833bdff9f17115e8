// SPDX-License-Identifier: Apache-2.0
#include "document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "streams/json_echo.hpp"
#include "time_text.hpp"

namespace anthropic_metrics {
namespace {

using streams::append_json_string;
using streams::Text;

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_strings(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + ']';
}

void append_number(std::string& out, std::int64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

bool all_present(std::uint32_t present, const std::vector<std::size_t>& of) {
  return std::all_of(of.begin(), of.end(), [&](std::size_t i) { return (present >> i & 1u) != 0; });
}

template <class Counts>
std::int64_t add_up(const Counts& counts, const std::vector<std::size_t>& of) {
  // Each count came from the API as a non-negative 64-bit number; the decoder has no bound on their
  // sum, so it is taken modulo 2^64 instead of being undefined.
  std::uint64_t sum = 0;
  for (const std::size_t i : of) sum += static_cast<std::uint64_t>(counts[i]);
  return static_cast<std::int64_t>(sum);
}

}  // namespace

DocumentWriter::DocumentWriter(const streams::Layout& layout, const Constants& constants)
    : layout_(layout), keep_original_(constants.keep_original) {
  for (std::size_t i = 0; i < layout.texts.size(); ++i) {
    const auto& column = layout.texts[i];
    if (!column.field.empty()) add(Kind::text, column.field, i);
    if (!column.null_field.empty())
      add(Kind::text_null, column.null_field, i, json_string(column.null_text));
  }
  for (std::size_t i = 0; i < layout.counts.size(); ++i)
    add(Kind::count, layout.counts[i].field, i);
  for (std::size_t i = 0; i < layout.sums.size(); ++i) add(Kind::sum, layout.sums[i].field, i);
  if (layout.money) {
    add(Kind::amount, "amount");
    add(Kind::amount_exact, "amount_exact");
  }
  if (!constants.snapshot) {
    add(Kind::bucket_start, "bucket_start_time");
    add(Kind::bucket_end, "bucket_end_time");
    if (!layout.bucket_width.empty())
      add(Kind::constant, "bucket_width", 0, json_string(layout.bucket_width));
    add(Kind::constant, "group_by", 0, json_strings(layout.group_by));
    add(Kind::revision, "revision");
    add(Kind::total, layout.money ? "total_exact" : "total");
  }
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const Part& a, const Part& b) { return a.field < b.field; });
  for (const Part& part : parts_)
    if (part.kind == Kind::count || part.kind == Kind::sum) total_parts_.push_back(part);

  const std::string dataset = "anthropic_metrics." + constants.stream;
  std::vector<std::string> tags = constants.tags;
  if (constants.keep_original &&
      std::find(tags.begin(), tags.end(), "preserve_original_event") == tags.end())
    tags.emplace_back("preserve_original_event");

  head_ = R"(,"anthropic":{)" + json_string(constants.stream) + ":{";
  before_id_ = R"(}},"data_stream":{"dataset":)" + json_string(dataset) + R"(,"namespace":)" +
               json_string(constants.data_stream_namespace) +
               R"(,"type":"metrics"},"ecs":{"version":"9.3.0"},"event":{"category":[)" +
               json_string(constants.category) + R"(],"dataset":)" + json_string(dataset) +
               R"(,"id":")";
  after_id_ = R"(","kind":"metric","module":"anthropic_metrics")";
  after_original_ =
      R"(,"type":["info"]},"input":{"type":"anthropic_metrics"},"organization":{"id":)" +
      json_string(constants.organization_id) + "}";
  if (!tags.empty()) after_original_ += R"(,"tags":)" + json_strings(tags);
  after_original_ += '}';
}

void DocumentWriter::add(Kind kind, std::string field, std::size_t index, std::string value) {
  Part part{std::move(field), kind, index, {}, std::move(value)};
  part.key = json_string(part.field) + ":";
  parts_.push_back(std::move(part));
}

bool DocumentWriter::write_part(std::string& out, const Part& part, const DocumentValues& values,
                                bool comma) const {
  const auto key = [&] {
    if (comma) out += ',';
    out += part.key;
  };
  switch (part.kind) {
    case Kind::constant:
      key();
      out += part.value;
      return true;
    case Kind::text: {
      const Text& place = values.row->texts[part.index];
      if (place.state != Text::State::present) return false;
      const std::string_view text(values.text->data() + place.offset, place.size);
      key();
      if (layout_.texts[part.index].json)
        out += text;
      else
        append_json_string(out, text);
      return true;
    }
    case Kind::text_null:
      // Absent counts as null: the dimension was asked for, so the answer means its null member.
      if (values.row->texts[part.index].state == Text::State::present) return false;
      key();
      out += part.value;
      return true;
    case Kind::bucket_start:
    case Kind::bucket_end:
      key();
      out += '"';
      append_rfc3339(out, part.kind == Kind::bucket_start ? values.start : values.end);
      out += '"';
      return true;
    case Kind::count:
      if ((values.counts_present >> part.index & 1u) == 0) return false;
      key();
      append_number(out, values.counts[part.index]);
      return true;
    case Kind::sum:
      if (!all_present(values.counts_present, layout_.sums[part.index].of)) return false;
      key();
      append_number(out, add_up(values.counts, layout_.sums[part.index].of));
      return true;
    case Kind::amount:
      key();
      out += values.amount;
      return true;
    case Kind::amount_exact:
      key();
      out += '"';
      out += values.amount;
      out += '"';
      return true;
    case Kind::revision:
      key();
      append_number(out, values.revision);
      return true;
    case Kind::total:
      if (values.revision == 0) return false;
      key();
      write_total(out, values);
      return true;
  }
  return false;
}

void DocumentWriter::write_total(std::string& out, const DocumentValues& values) const {
  if (layout_.money) {
    out += '"';
    out += values.total_amount;
    out += '"';
    return;
  }
  out += '{';
  DocumentValues total = values;
  if (values.total_counts) total.counts = *values.total_counts;
  bool comma = false;
  for (const Part& part : total_parts_) comma = write_part(out, part, total, comma) || comma;
  out += '}';
}

void DocumentWriter::write(std::string& out, const DocumentValues& values) const {
  out += R"({"@timestamp":")";
  append_rfc3339(out, values.timestamp);
  out += '"';
  out += head_;
  bool comma = false;
  for (const Part& part : parts_) comma = write_part(out, part, values, comma) || comma;
  out += before_id_;
  out += values.id;
  out += after_id_;
  if (keep_original_ && values.row->original.state == Text::State::present) {
    out += R"(,"original":)";
    append_json_string(out, std::string_view(values.text->data() + values.row->original.offset,
                                             values.row->original.size));
  }
  out += after_original_;
}

}  // namespace anthropic_metrics
