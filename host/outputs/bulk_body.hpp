// SPDX-License-Identifier: Apache-2.0
// The body of a _bulk request: for each document a line that says what to do and the document
// itself, packed as it is made.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "net/deflate.hpp"

namespace anthropic_metrics::host {

class BulkBody {
 public:
  // level: of gzip, 1 to 9; 0: not packed.
  static Result<BulkBody> make(int level);

  // A document that the store shall create, if it does not have the id. json: one object.
  Result<void> add(std::string_view data_stream, std::string_view id, std::string_view json);

  // How many octets it has before packing.
  std::size_t size() const { return size_; }
  // All that was added, ready to travel.
  Result<std::string> finish();

 private:
  BulkBody() = default;
  Result<void> put(std::string_view text);

  std::optional<net::Gzip> packer_;
  std::string plain_;
  std::string action_;
  std::size_t size_ = 0;
};

// What the line in front of a document adds, at most.
std::size_t action_size(std::string_view data_stream, std::string_view id);

}  // namespace anthropic_metrics::host
