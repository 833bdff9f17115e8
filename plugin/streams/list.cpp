// SPDX-License-Identifier: Apache-2.0
#include "streams/list.hpp"

#include "net/url.hpp"
#include "streams/list_decoder.hpp"
#include "streams/personal_original.hpp"

namespace anthropic_metrics::streams {
namespace {

class ListFetcher final : public Fetcher {
 public:
  ListFetcher(ListEndpoint endpoint, Layout layout)
      : endpoint_(std::move(endpoint)), layout_(std::move(layout)) {}

  const Layout& layout() const override { return layout_; }
  std::chrono::seconds width() const override { return std::chrono::seconds(0); }
  std::int64_t most_buckets() const override { return 0; }

  net::Request request(const Window&, std::string_view page, std::int64_t) const override {
    net::Query query(endpoint_.path);
    for (const auto& [name, value] : endpoint_.parameters) query.add(name, value);
    if (endpoint_.most_entries > 0) query.add("limit", endpoint_.most_entries);
    if (!page.empty()) query.add(endpoint_.paging == Paging::after_id ? "after_id" : "page", page);
    net::Request request{query.target(), endpoint_.headers};
    request.withheld = withholds(layout_);
    return request;
  }

  std::unique_ptr<Decoder> decoder() const override {
    return make_list_decoder(layout_, endpoint_.paging, endpoint_.entries, endpoint_.reader(),
                             endpoint_.keep_original);
  }

  std::unique_ptr<Fetcher> of_workspace(std::string_view id) const override {
    if (!endpoint_.of_workspace || !can_stand_in_a_path(id)) return nullptr;
    return std::make_unique<ListFetcher>(endpoint_.of_workspace(id), layout_);
  }

 private:
  static bool can_stand_in_a_path(std::string_view id) {
    return !id.empty() &&
           id.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == id.npos;
  }

  const ListEndpoint endpoint_;
  const Layout layout_;
};

}  // namespace

bool read_columns(ListEntry& entry) {
  const Layout& layout = entry.layout();
  bool known = true;
  for (std::size_t i = 0; i < layout.texts.size(); ++i) {
    const TextColumn& column = layout.texts[i];
    if (column.json)
      entry.strings(i, column.name);
    else
      entry.text(i, column.name);
    if (!column.identity || !column.null_field.empty() || entry.has(i)) continue;
    if (column.personal && layout.personal.silent()) continue;
    entry.odd("." + column.name, "is missing");
    known = false;
  }
  entry.counts();
  return known;
}

std::unique_ptr<Fetcher> make_list_fetcher(ListEndpoint endpoint, Layout layout) {
  return std::make_unique<ListFetcher>(std::move(endpoint), std::move(layout));
}

}  // namespace anthropic_metrics::streams
