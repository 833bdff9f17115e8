// SPDX-License-Identifier: Apache-2.0
#include "ledger/document.hpp"

#include <algorithm>
#include <cstring>

#include "base/byte_scan.hpp"
#include "base/decimal_digits.hpp"
#include "base/json_writer.hpp"
#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

using streams::Text;

/// A number, or a time with its quotes, and what separates it from the next.
constexpr std::size_t most_value_bytes = 32;

/// A key and its colon are copied as so many bytes, whatever their size: one move instead of a
/// call.
constexpr std::size_t key_bytes = 32;

/// Tells the pipeline to keep event.original.
constexpr const char* keep_tag = "preserve_original_event";

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

bool all_present(std::uint32_t present, const std::vector<std::size_t>& of) {
  return std::all_of(of.begin(), of.end(), [&](std::size_t i) { return (present >> i & 1u) != 0; });
}

}  // namespace

/// Writes into memory that is known to be large enough. Every part ends with a comma, which the end
/// of the object takes back: so no part must know whether it is the first.
class DocumentWriter::Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  const char* at() const { return at_; }

  [[gnu::always_inline]] void put(char c) { *at_++ = c; }
  [[gnu::always_inline]] void put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  /// Says where it ends.
  [[gnu::always_inline]] const char* put_value(std::string_view text) {
    if (!text.empty()) put(text);
    return at_;
  }
  [[gnu::always_inline]] void key(const Part& part) {
    if (part.key_size <= key_bytes)
      std::memcpy(at_, part.key.data(), key_bytes);
    else
      std::memcpy(at_, part.key.data(), part.key_size);
    at_ += part.key_size;
  }
  [[gnu::always_inline]] void number(std::int64_t number) { at_ = put_number(at_, number); }
  [[gnu::always_inline]] void string(std::string_view text) {
    const std::size_t plain = copy_plain(at_ + 1, text);
    if (plain < text.size()) {
      at_ = put_json_string(at_, text);
      return;
    }
    *at_ = '"';
    at_ += plain + 1;
    put('"');
  }
  void time(Instant instant) {
    put('"');
    put(format_rfc3339(instant));
    put('"');
  }
  void take_back_comma() {
    if (at_[-1] == ',') --at_;
  }

 private:
  char* at_;
};

DocumentWriter::DocumentWriter(const streams::Layout& layout, const Constants& constants,
                               const Names* names)
    : layout_(layout),
      keep_original_(constants.keep_original),
      constants_(constants),
      names_(names),
      row_names_(layout, constants.stream, constants.names_others ? nullptr : names) {
  for (std::size_t i = 0; i < layout.texts.size(); ++i) {
    const auto& column = layout.texts[i];
    if (!column.field.empty()) add(Kind::text, column.field, i);
    if (!column.null_field.empty())
      add(Kind::text_null, column.null_field, i, json_string(column.null_text));
  }
  for (std::size_t i = 0; i < layout.counts.size(); ++i)
    add(Kind::count, layout.counts[i].field, i);
  for (std::size_t i = 0; i < layout.sums.size(); ++i) add(Kind::sum, layout.sums[i].field, i);
  for (std::size_t which = 0; which < layout.amounts(); ++which) {
    const std::string name = which == 0 ? layout.amount : "list_amount";
    add(Kind::amount, name, which);
    add(Kind::amount_exact, name + "_exact", which);
  }
  if (!constants.snapshot) {
    add(Kind::bucket_start, "bucket_start_time");
    add(Kind::bucket_end, "bucket_end_time");
    if (!layout.bucket_width.empty())
      add(Kind::constant, "bucket_width", 0, json_string(layout.bucket_width));
    add(Kind::constant, "group_by", 0, json_strings(layout.group_by));
    add(Kind::revision, "revision");
    if (!layout.gauges && (!layout.money || !layout.counts.empty())) add(Kind::total, "total");
    for (std::size_t which = 0; which < layout.amounts(); ++which)
      add(Kind::total_exact, which == 0 ? "total_exact" : "total_list_exact", which);
  }
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const Part& a, const Part& b) { return a.field < b.field; });
  for (const Part& part : parts_)
    if (part.kind == Kind::count || part.kind == Kind::sum) total_parts_.push_back(part);
  const auto differs = [](const Part& part) {
    return part.kind != Kind::constant && part.kind != Kind::bucket_start &&
           part.kind != Kind::bucket_end;
  };
  begin_parts_ = static_cast<std::size_t>(std::find_if(parts_.begin(), parts_.end(), differs) -
                                          parts_.begin());

  head_ = R"(,"anthropic":{)";
  own_ = json_string(constants.stream) + ":{";
  before_error_ = R"(},"data_stream":{"dataset":)" + json_string(constants.dataset) +
                  R"(,"namespace":)" + json_string(constants.data_stream_namespace) +
                  R"(,"type":"metrics"},"ecs":{"version":"9.3.0"})";
  event_ = R"(,"event":{"category":[)" + json_string(constants.category) + R"(],"dataset":)" +
           json_string(constants.dataset) + R"(,"id":")";
  before_id_ = before_error_ + event_;
  after_id_ = R"(","kind":"metric","module":"anthropic_metrics")";
  finish();
}

void DocumentWriter::finish() {
  const Constants& constants = constants_;
  std::vector<std::string> keeping = constants.tags;
  if (std::find(keeping.begin(), keeping.end(), keep_tag) == keeping.end())
    keeping.emplace_back(keep_tag);
  const std::vector<std::string>& tags = constants.keep_original ? keeping : constants.tags;
  std::string organization = R"({"id":)" + json_string(constants.organization_id);
  if (names_ != nullptr && !names_->organization().empty())
    organization += R"(,"name":)" + json_string(names_->organization());
  const auto end = [&](const char* type, const std::vector<std::string>& tags_of) {
    std::string out = std::string(R"(,"type":[")") + type +
                      R"("]},"input":{"type":"anthropic_metrics"},"organization":)" + organization +
                      "}";
    if (!tags_of.empty()) out += R"(,"tags":)" + json_strings(tags_of);
    return out + '}';
  };
  after_original_ = end("info", tags);
  after_set_aside_ = end("error", keeping);

  // Generous: braces and names that stand in write() are in it.
  fixed_bytes_ = 256 + key_bytes + head_.size() + own_.size() + before_id_.size() +
                 after_id_.size() + after_original_.size();
  for (const auto* parts : {&parts_, &total_parts_})
    for (const Part& part : *parts)
      fixed_bytes_ += part.key.size() + part.value.size() + most_value_bytes;
  if (names_ != nullptr) names_version_ = names_->version();

  // Names before and behind, the id, the original: beside the parts.
  places_.resize(2 * (parts_.size() + 4));
  ends_.resize(first_part + parts_.size());
  begun_anew_ = true;
}

void DocumentWriter::add(Kind kind, std::string field, std::size_t index, std::string value) {
  Part part{std::move(field), kind, index, {}, std::move(value)};
  part.key = json_string(part.field) + ":";
  if (kind == Kind::constant) part.key += part.value + ',';
  part.key_size = part.key.size();
  part.value_at = part.key_size - (kind == Kind::constant ? 1 : 0);
  part.key.resize(std::max(part.key_size, key_bytes));
  parts_.push_back(std::move(part));
}

// Inlined where documents are written: the pen stays in a register then.
[[gnu::always_inline]] inline void DocumentWriter::write_part(Pen& pen, const Part& part,
                                                              const DocumentValues& values) const {
  switch (part.kind) {
    case Kind::constant:
      pen.key(part);
      return;
    case Kind::text: {
      const Text& place = values.row->texts[part.index];
      if (place.state != Text::State::present) return;
      const std::string_view text(values.text->data() + place.offset, place.size);
      pen.key(part);
      if (layout_.texts[part.index].json)
        pen.put(text);
      else
        pen.string(text);
      break;
    }
    case Kind::text_null:
      // Absent counts as null: the dimension was asked for, so the answer means its null member.
      if (values.row->texts[part.index].state == Text::State::present) return;
      pen.key(part);
      pen.put(part.value);
      break;
    case Kind::bucket_start:
    case Kind::bucket_end:
      pen.key(part);
      pen.time(part.kind == Kind::bucket_start ? values.start : values.end);
      break;
    case Kind::count:
      if ((values.counts_present >> part.index & 1u) == 0) return;
      if (layout_.counts[part.index].skip_zero && values.counts[part.index] == 0) return;
      pen.key(part);
      pen.number(values.counts[part.index]);
      break;
    case Kind::sum:
      if (!all_present(values.counts_present, layout_.sums[part.index].of)) return;
      pen.key(part);
      pen.number(values.sums != nullptr ? values.sums[part.index]
                                        : layout_.sums[part.index].in(values.counts));
      break;
    case Kind::amount:
      if (!has_amount(values, part.index)) return;
      pen.key(part);
      pen.put(values.amounts[part.index]);
      break;
    case Kind::amount_exact:
      if (!has_amount(values, part.index)) return;
      pen.key(part);
      pen.string(values.amounts[part.index]);
      break;
    case Kind::revision:
      pen.key(part);
      pen.number(values.revision);
      break;
    case Kind::total:
      if (values.revision == 0) return;
      pen.key(part);
      write_total(pen, values);
      break;
    case Kind::total_exact:
      if (values.revision == 0 || !has_amount(values, part.index)) return;
      pen.key(part);
      pen.string(values.total_amounts[part.index]);
      break;
  }
  pen.put(',');
}

bool DocumentWriter::has_amount(const DocumentValues& values, std::size_t which) const {
  if (!layout_.money_skip_zero) return true;
  const auto none = [](std::string_view text) { return text.empty() || text == "0"; };
  return !none(values.amounts[which]) || !none(values.total_amounts[which]);
}

[[gnu::noinline]] void DocumentWriter::write_total(Pen& pen, const DocumentValues& values) const {
  DocumentValues total = values;
  total.sums = nullptr;
  if (values.total_counts != nullptr) total.counts = values.total_counts;
  pen.put('{');
  for (const Part& part : total_parts_) write_part(pen, part, total);
  pen.take_back_comma();
  pen.put('}');
}

void DocumentWriter::begin(const DocumentValues& values) {
  begin_.resize(most_bytes(values));
  begun_anew_ = true;
  Pen pen(begin_.data());
  pen.put(R"({"@timestamp":)");
  pen.time(values.timestamp);
  pen.put(head_);
  begin_anthropic_ = static_cast<std::size_t>(pen.at() - begin_.data());
  pen.put(own_);
  for (std::size_t i = 0; i < begin_parts_; ++i) write_part(pen, parts_[i], values);
  begin_.resize(static_cast<std::size_t>(pen.at() - begin_.data()));
  begin_timestamp_ = values.timestamp;
  begin_start_ = values.start;
  begin_end_ = values.end;
}

std::size_t DocumentWriter::most_bytes(const DocumentValues& values) const {
  std::size_t texts = values.row->original.size + values.id.size();
  for (std::size_t which = 0; which < layout_.amounts(); ++which)
    texts += 2 * values.amounts[which].size() + values.total_amounts[which].size();
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) texts += values.row->texts[i].size;
  const std::size_t names = row_names_.before().size() + row_names_.behind().size();
  return fixed_bytes_ + names + most_escaped_size * texts;
}

std::string_view DocumentWriter::write(const DocumentValues& values) {
  if (names_ != nullptr && names_version_ != names_->version()) finish();
  row_names_.take(*values.text, *values.row);
  if (begin_.empty() || values.timestamp != begin_timestamp_ || values.start != begin_start_ ||
      values.end != begin_end_)
    begin(values);
  const std::size_t most = most_bytes(values);
  if (document_.size() < most) document_.resize(most);
  const char** const ends = ends_.data();
  Pen pen(document_.data());
  pen.put(std::string_view(begin_).substr(0, begin_anthropic_));
  ends[names_before] = pen.put_value(row_names_.before());
  pen.put(std::string_view(begin_).substr(begin_anthropic_));
  ends[parts_begin] = pen.at();
  const char** part_end = ends + first_part;
  const Part* const parts_end = parts_.data() + parts_.size();
  for (const Part* part = parts_.data() + begin_parts_; part != parts_end; ++part) {
    write_part(pen, *part, values);
    *part_end++ = pen.at();
  }
  pen.take_back_comma();
  pen.put('}');
  ends[names_behind] = pen.put_value(row_names_.behind());
  pen.put(before_id_);
  ends[id_end] = pen.put_value(values.id);
  pen.put(after_id_);
  ends[original_begin] = pen.at();
  if (keep_original_ && values.row->original.state == Text::State::present) {
    pen.put(R"(,"original":)");
    pen.string({values.text->data() + values.row->original.offset, values.row->original.size});
  }
  ends[original_end] = pen.at();
  pen.put(after_original_);
  const auto size = static_cast<std::size_t>(pen.at() - document_.data());
  note_places(values.id.size(), size);
  return {document_.data(), size};
}

void DocumentWriter::note_places(std::size_t id_size, std::size_t size) {
  const char* const from = document_.data();
  const char* const* const ends = ends_.data();
  std::uint16_t* place = places_.data();
  const auto value = [&](const char* begin, const char* end) {
    place[0] = static_cast<std::uint16_t>(begin - from);
    place[1] = static_cast<std::uint16_t>(end - from);
  };
  const auto last = [&](End which, std::size_t bytes) {
    value(ends[which] - bytes, ends[which]);
    place += 2;
  };
  last(names_before, row_names_.before().size());
  std::uint64_t written = 0;
  const char* begin = ends[parts_begin];
  const char* const* part_end = ends + first_part;
  const Part* const parts_end = parts_.data() + parts_.size();
  for (const Part* part = parts_.data() + begin_parts_; part != parts_end; ++part, ++part_end) {
    const bool there = *part_end != begin;
    value(begin + part->value_at, *part_end - 1);
    place += there ? 2 : 0;
    written = written << 1 | std::uint64_t{there};
    begin = *part_end;
  }
  last(names_behind, row_names_.behind().size());
  last(id_end, id_size);
  last(original_end, static_cast<std::size_t>(ends[original_end] - ends[original_begin]));
  places_size_ = static_cast<std::size_t>(place - places_.data());

  if (begun_anew_ || written != parts_written_) ++newest_form_;
  begun_anew_ = false;
  parts_written_ = written;
  const bool known = parts_.size() - begin_parts_ <= 64 && size <= ValuePlaces::most_bytes;
  form_ = known ? newest_form_ : ValuePlaces::unknown_form;
}

std::string_view DocumentWriter::write_set_aside(const DocumentValues& values,
                                                 std::string_view reason,
                                                 std::string_view original) {
  if (names_ != nullptr && names_version_ != names_->version()) finish();
  document_.resize(most_bytes(values) + after_set_aside_.size() +
                   most_escaped_size * (reason.size() + original.size()));
  form_ = ValuePlaces::unknown_form;
  Pen pen(document_.data());
  pen.put(R"({"@timestamp":)");
  pen.time(values.timestamp);
  pen.put(head_);
  pen.put(own_);
  for (const Part& part : parts_) {
    const bool of_bucket = part.kind == Kind::constant || part.kind == Kind::bucket_start ||
                           part.kind == Kind::bucket_end;
    // What is absent may be what could not be read, so it does not mean the null member here.
    const bool null =
        part.kind == Kind::text_null && values.row->texts[part.index].state == Text::State::null;
    if (of_bucket || part.kind == Kind::text || null) write_part(pen, part, values);
  }
  pen.take_back_comma();
  pen.put('}');
  pen.put(before_error_);
  pen.put(R"(,"error":{"message":)");
  pen.string(reason);
  pen.put('}');
  pen.put(event_);
  pen.put(values.id);
  pen.put(R"(","kind":"pipeline_error","module":"anthropic_metrics")");
  if (!original.empty()) {
    pen.put(R"(,"original":)");
    pen.string(original);
  }
  pen.put(after_set_aside_);
  return {document_.data(), static_cast<std::size_t>(pen.at() - document_.data())};
}

}  // namespace anthropic_metrics
