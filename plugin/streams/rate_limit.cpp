// SPDX-License-Identifier: Apache-2.0
// rate_limit: the organization's configured limits, GET /v1/organizations/rate_limits. Every poll
// is the full current configuration, one document per group. Ceilings, not consumption. Normally
// one page; next_page is followed when it is there.
//
// API: https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-organization-rate-limits
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/decimal.hpp"
#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "base/octets.hpp"
#include "net/url.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view endpoint = "/v1/organizations/rate_limits";
constexpr std::size_t most_bytes = 4u << 20;

/// Places of a row. `identity` is in the id but not in the document: the group's own id where the
/// API gives one, else its type and position, because names and model lists change.
enum Column : std::size_t { identity, type, group_type, group_id, group_name, models, limits };

Layout make_layout() {
  Layout layout;
  layout.texts = {
      {.name = "identity", .field = ""},
      {.name = "type", .field = "type", .identity = false},
      {.name = "group_type", .field = "group_type", .identity = false},
      {.name = "group_id", .field = "group_id", .identity = false},
      {.name = "group_name", .field = "group_name", .identity = false},
      {.name = "models", .field = "models", .json = true, .identity = false},
      {.name = "limits", .field = "limits", .json = true, .identity = false},
  };
  // A new name of the API stays in limits only: it never becomes a field by itself.
  for (const char* name :
       {"requests_per_minute", "input_tokens_per_minute", "input_tokens_per_minute_cache_aware",
        "output_tokens_per_minute", "enqueued_batch_requests", "fast_itpmca", "fast_otpm",
        "tokens_per_minute", "tokens_per_day", "tool_uses_per_second"})
    layout.counts.push_back({name, name, false});
  return layout;
}

Error fault(const std::string& path, std::string_view what) {
  return {Errc::protocol, fmt::format("{} {}", path, what)};
}

/// A limit's value: a whole number that is not negative, also when it is written as 1.0e9. text: as
/// it is written, empty if that is not known.
std::optional<std::int64_t> whole(const json::value& value, std::string_view text) {
  std::optional<std::int64_t> number;
  if (value.is_int64()) number = value.get_int64();
  if (value.is_double())
    if (const auto decimal = Decimal::parse(text)) number = decimal->whole();
  return number && *number >= 0 ? number : std::nullopt;
}

/// One entry as a row. What is odd in its limits is left out and told; what is odd in what names it
/// makes it unreadable, because nobody could say whose limits these are.
class EntryReader {
 public:
  /// written: the entry as the API wrote it. path: its place in the answer.
  EntryReader(Bucket& bucket, const Layout& layout, std::string_view written, std::string path)
      : bucket_(bucket), layout_(layout), written_(written), path_(std::move(path)) {}

  /// False if there is no row.
  bool read(const json::value& value, std::map<std::string, int>& unnamed) {
    const json::object* entry = value.if_object();
    if (entry == nullptr) return odd("", "expected an object");
    static const json::object none;
    const json::value* group_value = entry->if_contains("group");
    const json::object* named = group_value != nullptr ? group_value->if_object() : nullptr;
    if (group_value != nullptr && named == nullptr && !group_value->is_null())
      odd(".group", "expected an object or null");
    const json::object& group = named != nullptr ? *named : none;

    put(type, *entry, "type", "");
    put(group_id, group, "id", ".group");
    put(group_name, group, "display_name", ".group");
    put(identity, *entry, "id", "");
    put(group_type, *entry, "group_type", "");
    if (row_.texts[group_type].state == Text::State::absent)
      put(group_type, group, "type", ".group");
    read_models(*entry);
    if (!odd_.empty()) return false;
    read_limits(*entry);

    if (row_.texts[group_id].state == Text::State::present)
      row_.texts[identity] = row_.texts[group_id];
    if (row_.texts[identity].state == Text::State::absent) {
      const std::string kind(bucket_.view(row_.texts[group_type]));
      row_.texts[identity] = bucket_.keep(fmt::format("{}#{}", kind, unnamed[kind]++));
    }
    return true;
  }
  const Row& row() const { return row_; }
  /// The first thing that is odd; empty if nothing is.
  const std::string& odd() const { return odd_; }

 private:
  bool odd(std::string_view place, std::string_view what) {
    if (odd_.empty()) odd_ = fmt::format("{}{} {}", path_, place, what);
    return false;
  }

  void put(Column column, const json::object& from, std::string_view key, std::string_view at) {
    const json::value* value = from.if_contains(key);
    if (value == nullptr || value->is_null()) return;
    if (value->is_string())
      row_.texts[column] = bucket_.keep(std::string_view(value->get_string()));
    else
      odd(fmt::format("{}.{}", at, key), "expected a string");
  }

  void read_models(const json::object& entry) {
    const json::value* value = entry.if_contains("models");
    if (value == nullptr || value->is_null()) return;
    const json::array* list = value->if_array();
    if (list == nullptr) {
      odd(".models", "expected an array of strings or null");
      return;
    }
    JsonWriter out;
    out.open('[');
    for (std::size_t i = 0; i < list->size(); ++i) {
      const json::string* model = (*list)[i].if_string();
      if (model == nullptr)
        odd(fmt::format(".models[{}]", i), "expected a string");
      else
        out.string(*model);
    }
    out.close(']');
    row_.texts[models] = bucket_.keep(out.text());
  }

  void read_limits(const json::object& entry) {
    const json::value* value = entry.if_contains("limits");
    const json::array* list = value != nullptr ? value->if_array() : nullptr;
    if (list == nullptr) odd(".limits", "expected an array");
    const auto written = json_elements(json_member(written_, "limits"));
    JsonWriter out;
    out.open('[');
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      read_limit((*list)[i], i < written.size() ? written[i] : "", fmt::format(".limits[{}]", i),
                 out);
    out.close(']');
    row_.texts[limits] = bucket_.keep(out.text());
  }

  void read_limit(const json::value& value, std::string_view written, const std::string& at,
                  JsonWriter& out) {
    const json::object* limit = value.if_object();
    const json::value* kind = limit != nullptr ? limit->if_contains("type") : nullptr;
    if (limit == nullptr || kind == nullptr || !kind->is_string()) {
      odd(limit == nullptr ? at : at + ".type",
          limit == nullptr ? "expected an object" : "expected a string");
      return;
    }
    const json::value* number = limit->if_contains("value");
    if (number == nullptr || number->is_null()) return;  // No ceiling of that kind.
    const auto count = whole(*number, json_member(written, "value"));
    if (!count) {
      odd(at + ".value", fmt::format("expected a whole number of 0 or more, found {}",
                                     cut_text(json::serialize(*number), 64)));
      return;
    }
    out.open('{');
    out.key("type");
    out.string(kind->get_string());
    out.key("value");
    out.literal(std::to_string(*count));
    out.close('}');
    for (std::size_t c = 0; c < layout_.counts.size(); ++c) {
      if (layout_.counts[c].path != std::string_view(kind->get_string())) continue;
      row_.counts[c] = *count;
      row_.counts_present |= 1u << c;
    }
  }

  Bucket& bucket_;
  const Layout& layout_;
  const std::string_view written_;
  const std::string path_;
  Row row_;
  std::string odd_;
};

class RateLimitDecoder final : public Decoder {
 public:
  explicit RateLimitDecoder(const Layout& layout) : layout_(layout) {}

  Result<void> feed(std::string_view bytes) override {
    const std::string_view piece = mark_.rest_of(bytes);
    if (body_.size() + piece.size() > most_bytes)
      return fault("$",
                   fmt::format("is over {} bytes, far more than a list of limits", most_bytes));
    body_ += piece;
    return success();
  }

  std::vector<Bucket> take() override {
    std::vector<Bucket> result;
    if (!bucket_.rows.empty() || !bucket_.odd.empty()) result.push_back(std::move(bucket_));
    bucket_ = {};
    return result;
  }

  Result<std::string> finish() override {
    auto parsed = parse();
    if (!parsed) return parsed.error();
    const json::value& document = *parsed;
    const json::object* top = document.if_object();
    const json::value* data = top ? top->if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array())
      return fault("$", "has no data array: the answer is not a list of rate limits");
    const auto written = json_elements(json_member(body_, "data"));
    std::map<std::string, int> unnamed;  // Groups without an id, counted per type.
    for (std::size_t i = 0; i < data->get_array().size(); ++i)
      read_entry(data->get_array()[i], i, i < written.size() ? written[i] : "", unnamed);
    const json::value* next = top->if_contains("next_page");
    if (next == nullptr || next->is_null()) return std::string{};
    if (!next->is_string()) return fault("$.next_page", "expected a string");
    return std::string(next->get_string());
  }

 private:
  /// The whole answer. An entry that is no JSON must not hold back the others: it is null in it,
  /// and why is kept.
  Result<json::value> parse() {
    boost::system::error_code ec;
    json::value document = json::parse(body_, ec);
    if (!ec) return document;
    std::string mended;
    std::size_t copied = 0;
    const auto written = json_elements(json_member(body_, "data"));
    for (std::size_t i = 0; i < written.size(); ++i) {
      boost::system::error_code why;
      json::parse({written[i].data(), written[i].size()}, why);
      if (!why) continue;
      broken_[i] = why.message();
      const auto at = static_cast<std::size_t>(written[i].data() - body_.data());
      mended.append(body_, copied, at - copied).append("null");
      copied = at + written[i].size();
    }
    mended.append(body_, copied);
    boost::system::error_code still;
    document = json::parse(mended, still);
    if (still) return fault("$", fmt::format("is not valid JSON: {}", ec.message()));
    return document;
  }

  void read_entry(const json::value& entry, std::size_t index, std::string_view written,
                  std::map<std::string, int>& unnamed) {
    const std::string path = fmt::format("$.data[{}]", index);
    if (const auto broken = broken_.find(index); broken != broken_.end()) {
      keep_odd(fmt::format("{} is not valid JSON: {}", path, broken->second), as_utf8(written));
      return;
    }
    EntryReader reader(bucket_, layout_, written, path);
    if (reader.read(entry, unnamed)) {
      Row row = reader.row();
      row.partial = !reader.odd().empty();
      bucket_.rows.push_back(row);
    }
    if (!reader.odd().empty())
      keep_odd(reader.odd(), written.empty() ? json::serialize(entry) : std::string(written));
  }

  void keep_odd(std::string reason, const std::string& text) {
    if (bucket_.odd.size() == Bucket::most_odd_rows)
      ++bucket_.more_odd;
    else
      bucket_.odd.push_back(
          {{}, std::move(reason), std::string(cut_text(text, most_original_bytes)), false});
  }

  const Layout& layout_;
  WithoutMark mark_;
  std::string body_;
  std::map<std::size_t, std::string> broken_;  ///< Entries that are no JSON, and why.
  Bucket bucket_;
};

class RateLimitFetcher final : public Fetcher {
 public:
  explicit RateLimitFetcher(std::string_view api_version)
      : headers_{{"anthropic-version", std::string(api_version)}}, layout_(make_layout()) {}

  const Layout& layout() const override { return layout_; }
  std::chrono::seconds width() const override { return 0s; }
  std::int64_t most_buckets() const override { return 0; }
  net::Request request(const Window&, std::string_view page, std::int64_t) const override {
    net::Query query(endpoint);
    if (!page.empty()) query.add("page", page);
    return {query.target(), headers_};
  }
  std::unique_ptr<Decoder> decoder() const override {
    return std::make_unique<RateLimitDecoder>(layout_);
  }

 private:
  std::vector<net::Header> headers_;
  Layout layout_;
};

std::unique_ptr<Fetcher> make(const StreamSettings&, std::string_view api_version) {
  return std::make_unique<RateLimitFetcher>(api_version);
}

const Registration registration({
    .name = "rate_limit",
    .title = "Rate limits",
    .description = "The organization's configured limits, one document per group and poll.",
    .category = "configuration",
    .path = endpoint,
    .interval = 1h,
    .shortest_interval = 1min,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
