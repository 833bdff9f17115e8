// SPDX-License-Identifier: Apache-2.0
// What the members of a stream's documents mean: which are measures that add up, which say what row
// a document is of. The plugin says so in its list of streams, as the member `row`.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

struct RowFields {
  // How a document says that a dimension is nothing: `says` is `text` then, and `field` is absent.
  struct Null {
    std::string field;
    std::string says;
    std::string text;
  };

  // A count that our documents have beside those that it is the sum of, and others' may have alone.
  struct Sum {
    std::string field;
    std::vector<std::string> of;
  };

  std::string object;                // "usage": the values stand below anthropic.usage
  std::vector<std::string> counts;   // whole numbers; a dot in a name means an object within
  std::vector<std::string> amounts;  // money: a number, and exact text as <name>_exact
  std::vector<Sum> sums;             // among the counts, behind those that the API sends
  std::vector<std::string> aside;    // neither measure nor part of what row it is
  std::vector<Null> nulls;
  std::chrono::seconds settle{0};   // after a bucket's end, until it is first read
  std::vector<std::string> widths;  // of buckets that the stream can have; the usual one first

  std::string path() const { return "anthropic." + object; }
};

// Of the stream of that name in what the plugin says for BEAT_DESCRIBE_STREAMS. Nothing if there is
// none, or its documents do not add up.
std::optional<RowFields> row_fields(const boost::json::value& streams, std::string_view name);

// Names of all streams whose documents add up.
std::vector<std::string> streams_of_rows(const boost::json::value& streams);

}  // namespace anthropic_metrics::host
