// SPDX-License-Identifier: Apache-2.0
#include "ledger/read_document.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "base/octets.hpp"
#include "base/time_text.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;
using streams::Row;
using streams::Text;

/// Revisions beyond it have no room in the ledger.
constexpr std::int64_t most_revisions = std::numeric_limits<std::int32_t>::max();

std::string text_at(const json::object& object, std::string_view member) {
  const json::value* const value = object.if_contains(member);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

const json::object* object_at(const json::object& object, std::string_view member) {
  const json::value* const value = object.if_contains(member);
  return value == nullptr ? nullptr : value->if_object();
}

/// The text at "group.member".
std::string text_at(const json::value& document, std::string_view group, std::string_view member) {
  const json::object* const object = object_at(document.get_object(), group);
  return object == nullptr ? std::string() : text_at(*object, member);
}

/// Texts beside those of the columns.
bool is_no_dimension(std::string_view member) {
  constexpr std::string_view others[] = {"bucket_start_time", "bucket_end_time", "bucket_width",
                                         "total_exact", "total_list_exact"};
  return std::find(std::begin(others), std::end(others), member) != std::end(others);
}

std::string amount_name(const streams::Layout& layout, std::size_t which) {
  return which == 0 ? layout.amount : "list_amount";
}

bool has_column(const streams::Layout& layout, std::string_view member) {
  for (const auto& column : layout.texts)
    if (member == column.field || member == column.null_field) return true;
  for (std::size_t which = 0; which < layout.amounts(); ++which)
    if (member == amount_name(layout, which) + "_exact") return true;
  return false;
}

}  // namespace

Result<ReadDocument> ReadDocument::parse(std::string_view json, std::string_view stream) {
  ReadDocument read;
  read.stream_ = stream;
  boost::system::error_code ec;
  read.document_ = json::parse(json::string_view(json.data(), json.size()), ec);
  if (ec || !read.document_.is_object())
    return Error{Errc::argument, fmt::format("\"{}\" is no JSON object", excerpt(json, 60))};
  const json::object* const anthropic = object_at(read.document_.get_object(), "anthropic");
  read.body_ = anthropic == nullptr ? nullptr : object_at(*anthropic, stream);
  if (read.body_ == nullptr)
    return Error{Errc::argument, fmt::format("\"{}\" is no document of {}: it has no anthropic.{}",
                                             excerpt(json, 60), stream, stream)};
  read.written_ = json_member(json_member(json, "anthropic"), stream);
  return read;
}

Error ReadDocument::wrong(std::string_view field, std::string_view expected) const {
  const json::value* const value = body_->if_contains(field);
  return {
      Errc::argument,
      fmt::format("anthropic.{}.{} is {}: expected {}", stream_, field,
                  value == nullptr ? "missing" : excerpt(json::serialize(*value), 60), expected)};
}

std::string ReadDocument::organization_id() const {
  return text_at(document_, "organization", "id");
}

std::string ReadDocument::dataset() const {
  std::string dataset = text_at(document_, "event", "dataset");
  return dataset.empty() ? text_at(document_, "data_stream", "dataset") : dataset;
}

std::string ReadDocument::event_id() const {
  return text_at(document_, "event", "id");
}

std::string ReadDocument::bucket_width() const {
  return text_at(*body_, "bucket_width");
}

Result<std::optional<std::vector<std::string>>> ReadDocument::group_by() const {
  const json::value* const value = body_->if_contains("group_by");
  if (value == nullptr) return std::optional<std::vector<std::string>>();
  std::vector<std::string> groups;
  // A store's answer may hold a single text in place of a list of one.
  if (value->is_string()) {
    groups.emplace_back(value->get_string());
    return std::optional(std::move(groups));
  }
  if (!value->is_array()) return wrong("group_by", "a list of dimensions");
  for (const json::value& group : value->get_array()) {
    if (!group.is_string()) return wrong("group_by", "a list of dimensions");
    groups.emplace_back(group.get_string());
  }
  return std::optional(std::move(groups));
}

Result<Instant> ReadDocument::start() const {
  const auto start = parse_rfc3339(text_at(*body_, "bucket_start_time"));
  if (!start) return wrong("bucket_start_time", "the start of a bucket");
  return *start;
}

Result<std::uint32_t> ReadDocument::revision() const {
  const auto revision = count(*body_, "revision");
  if (!revision || *revision < 0 || *revision >= most_revisions)
    return wrong("revision", "a whole number of 0 or more");
  return static_cast<std::uint32_t>(*revision);
}

Result<void> ReadDocument::read_texts(const streams::Layout& layout, Row& row,
                                      std::string& text) const {
  for (std::size_t i = 0; i < layout.texts.size(); ++i) {
    const streams::TextColumn& column = layout.texts[i];
    row.texts[i] = {};
    if (column.field.empty()) continue;
    const json::value* const value = body_->if_contains(column.field);
    if (value == nullptr || value->is_null()) continue;
    if (!column.json && !value->is_string()) return wrong(column.field, "a text");
    const std::string said =
        column.json ? json::serialize(*value) : std::string(value->get_string());
    if (column.null_field == column.field && said == column.null_text) continue;
    row.texts[i] = {static_cast<std::uint32_t>(text.size()),
                    static_cast<std::uint32_t>(said.size()), Text::State::present};
    text += said;
  }
  for (const auto& [member, value] : *body_) {
    if (!value.is_string() || is_no_dimension(member) || has_column(layout, member)) continue;
    return wrong(member, fmt::format("no such dimension where rows are grouped by [{}]",
                                     fmt::join(layout.group_by, ", ")));
  }
  return success();
}

Result<std::int64_t> ReadDocument::count(const json::object& of, const std::string& field,
                                         std::int64_t otherwise) const {
  const json::value* const value = of.if_contains(field);
  if (value == nullptr || value->is_null()) return otherwise;
  if (value->is_int64()) return value->get_int64();
  return wrong(field, "a whole number of 64 bits");
}

Result<std::string> ReadDocument::amount(const std::string& exact,
                                         const std::string& rounded) const {
  const json::value* const text = body_->if_contains(exact);
  const json::value* const number = rounded.empty() ? nullptr : body_->if_contains(rounded);
  std::string_view said = "0";
  if (text != nullptr && text->is_string())
    said = text->get_string();
  else if (number != nullptr && number->is_number())
    said = json_member(written_, rounded);  // As it is written: no double says it exactly.
  const auto amount = Decimal::parse(said);
  if (!amount) return wrong(exact, "an amount of money");
  return amount->text();
}

Result<ReadDocument::Measures> ReadDocument::measures(const streams::Layout& layout) const {
  Measures measures;
  for (std::size_t i = 0; i < layout.counts.size(); ++i) {
    const auto number = count(*body_, layout.counts[i].field);
    if (!number) return number.error();
    measures.counts[i] = *number;
  }
  for (const streams::SumColumn& sum : layout.sums) {
    const auto number = count(*body_, sum.field, sum.in(measures.counts));
    if (!number) return number.error();
    measures.sums.push_back(*number);
  }
  for (std::size_t which = 0; which < layout.amounts(); ++which) {
    const std::string name = amount_name(layout, which);
    auto money = amount(name + "_exact", name);
    if (!money) return money.error();
    measures.amounts[which] = std::move(*money);
  }
  return measures;
}

Result<ReadDocument::Measures> ReadDocument::totals(const streams::Layout& layout) const {
  Measures totals;
  const json::object* const total = object_at(*body_, "total");
  if (total == nullptr && !layout.counts.empty())
    return wrong("total", "what the row adds up to, as every correction says it");
  for (std::size_t i = 0; i < layout.counts.size(); ++i) {
    const auto number = count(*total, layout.counts[i].field);
    if (!number) return number.error();
    totals.counts[i] = *number;
  }
  for (std::size_t which = 0; which < layout.amounts(); ++which) {
    auto money = amount(which == 0 ? "total_exact" : "total_list_exact", "");
    if (!money) return money.error();
    totals.amounts[which] = std::move(*money);
  }
  return totals;
}

std::optional<ReadDocument::SetAside> ReadDocument::set_aside() const {
  if (text_at(document_, "event", "kind") != "pipeline_error") return std::nullopt;
  return SetAside{text_at(document_, "error", "message"), text_at(document_, "event", "original")};
}

}  // namespace anthropic_metrics
