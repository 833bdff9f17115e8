// SPDX-License-Identifier: Apache-2.0
#include "streams/list_decoder.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <utility>

#include "base/json_text.hpp"
#include "base/octets.hpp"
#include "streams/personal_original.hpp"

namespace anthropic_metrics::streams {
namespace {

namespace json = boost::json;

Error fault(const std::string& path, std::string_view what) {
  return {Errc::protocol, fmt::format("{} {}", path, what)};
}

/// What follows a page by its own account; empty if nothing does.
Result<std::string> next_page(const json::object& answer) {
  const json::value* next = answer.if_contains("next_page");
  if (next == nullptr || next->is_null()) return std::string{};
  if (!next->is_string()) return fault("$.next_page", "expected a string");
  return std::string(next->get_string());
}

Result<std::string> after_id(const json::object& answer) {
  const json::value* more = answer.if_contains("has_more");
  if (more == nullptr || more->is_null()) return std::string{};
  if (!more->is_bool()) return fault("$.has_more", "expected true or false");
  if (!more->get_bool()) return std::string{};
  const json::value* last = answer.if_contains("last_id");
  if (last == nullptr || !last->is_string() || last->get_string().empty())
    return fault("$.last_id", "is missing although $.has_more is true");
  return std::string(last->get_string());
}

class ListDecoder final : public Decoder {
 public:
  ListDecoder(const Layout& layout, Paging paging, std::string_view entries, EntryReader reader,
              bool keep_original)
      : layout_(layout),
        paging_(paging),
        entries_(entries),
        reader_(std::move(reader)),
        keep_original_(keep_original) {}

  Result<void> feed(std::string_view bytes) override {
    const std::string_view piece = mark_.rest_of(bytes);
    if (body_.size() + piece.size() > most_list_bytes)
      return fault("$", fmt::format("is over {} bytes, far more than a list of {}", most_list_bytes,
                                    entries_));
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
    const json::object* top = parsed->if_object();
    const json::value* data = top ? top->if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array())
      return fault("$", fmt::format("has no data array: the answer is not a list of {}", entries_));
    const auto written = json_elements(json_member(body_, "data"));
    for (std::size_t i = 0; i < data->get_array().size(); ++i)
      read_entry(data->get_array()[i], i, i < written.size() ? written[i] : "");
    return paging_ == Paging::after_id ? after_id(*top) : next_page(*top);
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

  void read_entry(const json::value& value, std::size_t index, std::string_view written) {
    const std::string path = fmt::format("$.data[{}]", index);
    if (const auto broken = broken_.find(index); broken != broken_.end()) {
      keep_odd(fmt::format("{} is not valid JSON: {}", path, broken->second), as_utf8(written));
      return;
    }
    ListEntry entry(value, written, path, layout_, bucket_);
    if (reader_(entry)) {
      entry.row().partial = !entry.odd().empty();
      if (keep_original_ && !written.empty())
        entry.row().original = bucket_.keep(shown_original(layout_, written));
      bucket_.rows.push_back(entry.row());
    }
    if (!entry.odd().empty())
      keep_odd(entry.odd(), written.empty() ? json::serialize(value) : std::string(written));
  }

  void keep_odd(std::string reason, const std::string& text) {
    if (bucket_.odd.size() == Bucket::most_odd_rows)
      ++bucket_.more_odd;
    else
      bucket_.odd.push_back(
          {{},
           std::move(reason),
           std::string(cut_text(shown_original(layout_, text), most_original_bytes)),
           false});
  }

  const Layout& layout_;
  const Paging paging_;
  const std::string_view entries_;
  const EntryReader reader_;
  const bool keep_original_;
  WithoutMark mark_;
  std::string body_;
  std::map<std::size_t, std::string> broken_;  ///< Entries that are no JSON, and why.
  Bucket bucket_;
};

}  // namespace

std::unique_ptr<Decoder> make_list_decoder(const Layout& layout, Paging paging,
                                           std::string_view entries, EntryReader reader,
                                           bool keep_original) {
  return std::make_unique<ListDecoder>(layout, paging, entries, std::move(reader), keep_original);
}

}  // namespace anthropic_metrics::streams
