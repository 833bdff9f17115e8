// SPDX-License-Identifier: Apache-2.0
// What a store says to a _bulk request, document by document. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

// What became of one document.
struct BulkItem {
  enum class Fate {
    created,
    exists,   // its id is there; what the document says may be another thing
    again,    // refused for the moment
    broken,   // 500: the store's fault, or that of this document
    blocked,  // refused until a person has changed something: privilege, setup, a full disk
    refused,  // for good
  };
  Fate fate = Fate::refused;
  int status = 0;
  std::string type{};    // "document_parsing_exception"; of what is not created
  std::string reason{};  // at most 500 characters
  std::string index{};   // the backing index that was written to or refused it
};

// The items of an answer with status 200 to a request that created these ids, in this order; the
// fields that bulk_target asks for suffice. Nothing if it is no such answer: then nobody knows what
// was done.
std::optional<std::vector<BulkItem>> parse_bulk_answer(std::string_view body,
                                                       const std::vector<std::string_view>& ids);

// Where a _bulk request goes: the answer says no more than is read.
inline constexpr std::string_view bulk_target =
    "/_bulk?filter_path=errors,items.*._id,items.*._index,items.*.status,items.*.error.type,"
    "items.*.error.reason,items.*.error.caused_by.reason,items.*.failure_store";

}  // namespace anthropic_metrics::host
