// SPDX-License-Identifier: Apache-2.0
// The reverse of document.hpp: what a document, or a row that a store's documents add up to, says.
// Pure.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "streams/rows.hpp"

namespace anthropic_metrics {

class ReadDocument {
 public:
  /// Measures as the layout numbers them; amounts canonical, "0" where there is none.
  struct Measures {
    std::array<std::int64_t, streams::Row::most_counts> counts{};
    std::array<std::string, streams::Row::most_amounts> amounts{};
    std::vector<std::int64_t>
        sums{};  ///< By Layout::sums; one that is missing is that of the counts.
  };

  /// json is borrowed. Errc::argument, as of everything here: it is no document of that stream.
  static Result<ReadDocument> parse(std::string_view json, std::string_view stream);

  /// Empty where the document does not say it.
  std::string organization_id() const;
  std::string dataset() const;
  std::string bucket_width() const;
  /// Nothing where it does not say it.
  Result<std::optional<std::vector<std::string>>> group_by() const;
  Result<Instant> start() const;
  Result<std::uint32_t> revision() const;

  /// Puts the texts into the row, and behind `text` what they say. A member that is a text and
  /// stands for no column is an error: a grain that has it is another one.
  Result<void> read_texts(const streams::Layout& layout, streams::Row& row,
                          std::string& text) const;
  /// What the document counts, or the store's documents together.
  Result<Measures> measures(const streams::Layout& layout) const;
  /// What a correction says is now true of its row.
  Result<Measures> totals(const streams::Layout& layout) const;

  /// Of a row that was set aside: why, and what it was. Nothing of any other document.
  struct SetAside {
    std::string reason, original;
  };
  std::optional<SetAside> set_aside() const;
  std::string event_id() const;

 private:
  ReadDocument() = default;
  Result<std::int64_t> count(const boost::json::object& of, const std::string& field,
                             std::int64_t otherwise = 0) const;
  Result<std::string> amount(const std::string& exact, const std::string& rounded) const;
  Error wrong(std::string_view field, std::string_view expected) const;

  boost::json::value document_;
  const boost::json::object* body_ = nullptr;  ///< anthropic.<stream>
  std::string_view written_;                   ///< The same as it was written.
  std::string stream_;
};

}  // namespace anthropic_metrics
