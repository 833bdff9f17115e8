// SPDX-License-Identifier: Apache-2.0
// rate_limit: the organization's configured limits, GET /v1/organizations/rate_limits. Every poll
// is the full current configuration, one document per group. Ceilings, not consumption. Normally
// one page; next_page is followed when it is there.
//
// API: https://platform.claude.com/docs/en/api/admin-api/rate-limits/list-organization-rate-limits
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>
#include <map>
#include <string>

#include "http/url.hpp"
#include "streams/json_echo.hpp"
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
  for (const char* name :
       {"requests_per_minute", "input_tokens_per_minute", "input_tokens_per_minute_cache_aware",
        "output_tokens_per_minute", "enqueued_batch_requests"})
    layout.counts.push_back({name, name, false});
  return layout;
}

Error fault(const std::string& path, std::string_view what) {
  return {Errc::protocol, fmt::format("{} {}", path, what)};
}

/// object[key] if it is a string; nullptr if missing or null; an error otherwise.
Result<const json::string*> text_member(const json::object& object, std::string_view key,
                                        const std::string& path) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return static_cast<const json::string*>(nullptr);
  if (!value->is_string()) return fault(fmt::format("{}.{}", path, key), "expected a string");
  return &value->get_string();
}

/// A limit's value: a whole number that is not negative, also when it is written as 1.0e9.
Result<std::int64_t> whole(const json::value& value, const std::string& path) {
  std::int64_t number = -1;
  if (value.is_int64()) number = value.get_int64();
  if (const double* real = value.if_double(); real && std::trunc(*real) == *real && *real < 9.2e18)
    number = static_cast<std::int64_t>(*real);
  if (number < 0)
    return fault(path, fmt::format("expected a whole number, found {}",
                                   json::serialize(value).substr(0, 64)));
  return number;
}

class RateLimitDecoder final : public Decoder {
 public:
  explicit RateLimitDecoder(const Layout& layout) : layout_(layout) {}

  Result<void> feed(std::string_view piece) override {
    bytes_ += piece.size();
    if (bytes_ > most_bytes)
      return fault("$",
                   fmt::format("is over {} bytes, far more than a list of limits", most_bytes));
    boost::system::error_code ec;
    parser_.write(piece.data(), piece.size(), ec);
    if (ec)
      return fault("$", fmt::format("is not valid JSON within the first {} bytes: {}", bytes_,
                                    ec.message()));
    return success();
  }

  std::vector<Bucket> take() override {
    std::vector<Bucket> result;
    if (!bucket_.rows.empty()) result.push_back(std::move(bucket_));
    bucket_ = {};
    return result;
  }

  Result<std::string> finish() override {
    boost::system::error_code ec;
    parser_.finish(ec);
    if (ec) return fault("$", fmt::format("is cut off: unfinished JSON after {} bytes", bytes_));
    const json::value document = parser_.release();
    const json::object* top = document.if_object();
    const json::value* data = top ? top->if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array())
      return fault("$", "has no data array: the answer is not a list of rate limits");
    for (std::size_t i = 0; i < data->get_array().size(); ++i) {
      const std::string path = fmt::format("$.data[{}]", i);
      const json::object* entry = data->get_array()[i].if_object();
      if (entry == nullptr) return fault(path, "expected an object");
      if (auto read = read_entry(*entry, path); !read) return read.error();
    }
    auto next = text_member(*top, "next_page", "$");
    if (!next) return next.error();
    return *next ? std::string(**next) : std::string{};
  }

 private:
  Result<void> read_entry(const json::object& entry, const std::string& path) {
    static const json::object none;
    const json::value* group_value = entry.if_contains("group");
    const bool has_group = group_value != nullptr && group_value->is_object();
    const json::object& group = has_group ? group_value->get_object() : none;

    bucket_.rows.emplace_back();
    const auto put = [&](Column column, const json::object& from, std::string_view key,
                         const std::string& at) -> Result<void> {
      auto value = text_member(from, key, at);
      if (!value) return value.error();
      if (*value) row().texts[column] = bucket_.keep(std::string_view(**value));
      return success();
    };
    const std::string group_path = path + ".group";
    if (auto r = put(type, entry, "type", path); !r) return r;
    if (auto r = put(group_id, group, "id", group_path); !r) return r;
    if (auto r = put(group_name, group, "display_name", group_path); !r) return r;
    if (auto r = put(identity, entry, "id", path); !r) return r;
    if (auto r = put(group_type, entry, "group_type", path); !r) return r;
    if (row().texts[group_type].state == Text::State::absent)
      if (auto r = put(group_type, group, "type", group_path); !r) return r;
    if (auto r = read_models(entry, path); !r) return r;
    if (auto r = read_limits(entry, path); !r) return r;

    if (row().texts[group_id].state == Text::State::present)
      row().texts[identity] = row().texts[group_id];
    if (row().texts[identity].state == Text::State::absent) {
      const std::string kind(bucket_.view(row().texts[group_type]));
      row().texts[identity] = bucket_.keep(fmt::format("{}#{}", kind, unnamed_[kind]++));
    }
    return success();
  }

  Result<void> read_models(const json::object& entry, const std::string& path) {
    const json::value* models_value = entry.if_contains("models");
    if (models_value == nullptr || models_value->is_null()) return success();
    const json::array* list = models_value->if_array();
    if (list == nullptr) return fault(path + ".models", "expected an array of strings or null");
    JsonEcho out;
    out.open('[');
    for (std::size_t i = 0; i < list->size(); ++i) {
      const json::string* model = (*list)[i].if_string();
      if (model == nullptr)
        return fault(fmt::format("{}.models[{}]", path, i), "expected a string");
      out.string(*model);
    }
    out.close(']');
    row().texts[models] = bucket_.keep(out.text());
    return success();
  }

  Result<void> read_limits(const json::object& entry, const std::string& path) {
    const json::value* limits_value = entry.if_contains("limits");
    const json::array* list = limits_value ? limits_value->if_array() : nullptr;
    if (list == nullptr) return fault(path + ".limits", "expected an array");
    JsonEcho out;
    out.open('[');
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string at = fmt::format("{}.limits[{}]", path, i);
      const json::object* limit = (*list)[i].if_object();
      if (limit == nullptr) return fault(at, "expected an object");
      auto kind = text_member(*limit, "type", at);
      if (!kind) return kind.error();
      if (*kind == nullptr) return fault(at + ".type", "is missing");
      const json::value* number = limit->if_contains("value");
      if (number == nullptr || number->is_null()) continue;  // No ceiling of that kind.
      auto value = whole(*number, at + ".value");
      if (!value) return value.error();
      out.open('{');
      out.key("type");
      out.string(**kind);
      out.key("value");
      out.literal(std::to_string(*value));
      out.close('}');
      for (std::size_t c = 0; c < layout_.counts.size(); ++c) {
        if (layout_.counts[c].path != std::string_view(**kind)) continue;
        row().counts[c] = *value;
        row().counts_present |= 1u << c;
      }
    }
    out.close(']');
    row().texts[limits] = bucket_.keep(out.text());
    return success();
  }

  Row& row() { return bucket_.rows.back(); }

  const Layout& layout_;
  json::stream_parser parser_;
  std::size_t bytes_ = 0;
  Bucket bucket_;
  std::map<std::string, int> unnamed_;  ///< Groups without an id, counted per type.
};

class RateLimitFetcher final : public Fetcher {
 public:
  explicit RateLimitFetcher(std::string_view api_version)
      : headers_{{"anthropic-version", std::string(api_version)}}, layout_(make_layout()) {}

  const Layout& layout() const override { return layout_; }
  std::chrono::seconds width() const override { return 0s; }
  std::int64_t most_buckets() const override { return 0; }
  http::Request request(const Window&, std::string_view page) const override {
    http::Query query(endpoint);
    if (!page.empty()) query.add("page", page);
    return {query.target(), headers_};
  }
  std::unique_ptr<Decoder> decoder() const override {
    return std::make_unique<RateLimitDecoder>(layout_);
  }

 private:
  std::vector<http::Header> headers_;
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
    .interval = 15min,
    .shortest_interval = 1min,
    .make = make,
});

}  // namespace
}  // namespace anthropic_metrics::streams
