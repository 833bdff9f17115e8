// SPDX-License-Identifier: Apache-2.0
// Where the values stand in documents that are alike but for them. Who writes a document knows it;
// who looks for the differences of two documents would have to search.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace anthropic_metrics {

class ValuePlaces {
 public:
  /// Offsets in the document: begin and end of each value, in order.
  using Places = std::span<const std::uint16_t>;
  /// Of a document whose values nobody knows, or that is larger than an offset tells.
  static constexpr std::uint32_t unknown_form = 0;
  static constexpr std::size_t most_bytes = std::numeric_limits<std::uint16_t>::max();

  /// The places of one document more. form: documents of one form have as many values, and the same
  /// bytes before, between and behind them; there are some everywhere.
  void add(std::uint32_t form, Places places) {
    documents_.push_back({form, static_cast<std::uint32_t>(places_.size())});
    places_.insert(places_.end(), places.begin(), places.end());
  }
  void reserve(std::size_t documents, std::size_t places) {
    documents_.reserve(documents);
    places_.reserve(places);
  }

  /// Whether this document differs from the one before it in values alone.
  bool alike(std::size_t document) const {
    return document > 0 && document < documents_.size() &&
           documents_[document].form != unknown_form &&
           documents_[document].form == documents_[document - 1].form;
  }
  Places of(std::size_t document) const {
    const std::size_t begin = documents_[document].begin;
    const std::size_t end =
        document + 1 < documents_.size() ? documents_[document + 1].begin : places_.size();
    return Places(places_).subspan(begin, end - begin);
  }

 private:
  struct Document {
    std::uint32_t form;
    std::uint32_t begin;  ///< In places_.
  };
  std::vector<Document> documents_;
  std::vector<std::uint16_t> places_;
};

}  // namespace anthropic_metrics
