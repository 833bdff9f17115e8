// SPDX-License-Identifier: Apache-2.0
// The body of a _bulk request: for each document a line that says what to do and the document
// itself, one behind the other in one buffer, which is packed in one go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace anthropic_metrics::host {

class BulkBody {
 public:
  // octets: how many it will have at most, if that is known.
  explicit BulkBody(std::size_t octets = 0) { text_.reserve(octets); }

  // A document that the store shall create, if it does not have the id. json: one object.
  void add(std::string_view data_stream, std::string_view id, std::string_view json);

  // How many octets it has before packing.
  std::size_t size() const { return text_.size(); }

  // All that was added, ready to travel. level: of gzip, 1 to 9; 0: not packed. Begins anew.
  Result<std::string> finish(int level);

 private:
  std::string text_;
  // What every action for a data stream begins with.
  std::string data_stream_;
  std::string action_;
};

// What the line in front of a document and the ends of both add, at most; escapes are left out.
std::size_t action_size(std::string_view data_stream, std::string_view id);

}  // namespace anthropic_metrics::host
