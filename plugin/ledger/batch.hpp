// SPDX-License-Identifier: Apache-2.0
// Documents that cross the ABI together: immutable bytes, and where each document stands in them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ledger/identity.hpp"
#include "ledger/value_places.hpp"

namespace anthropic_metrics {

/// Of one stream only. ndjson holds each document followed by a newline.
struct Batch {
  struct Document {
    std::uint32_t size = 0;  ///< Bytes of the JSON, without the newline.
    Instant timestamp{};
    std::array<char, document_id_size> id{};
  };

  std::uint64_t id = 0;  ///< Given by the outbox; unique in the state's life.
  std::string stream;
  std::string ndjson;
  std::vector<Document> documents;    ///< In the order of ndjson.
  ValuePlaces values;                 ///< Of the documents, until they are in the outbox.
  std::shared_ptr<const void> shown;  ///< How the host sees it; lives exactly as long as it.

  void add(std::string_view json, std::string_view document_id, Instant timestamp);
  bool empty() const { return documents.empty(); }
};

/// The documents' places as bytes for the outbox, and back. Errc::state if the bytes do not fit an
/// ndjson of `total` bytes.
std::string pack_index(const Batch& batch);
Result<void> unpack_index(std::string_view bytes, std::uint64_t total, Batch& batch);

/// Cuts a batch into parts of at most most_documents and most_bytes (0: no limit), in order. A
/// document larger than most_bytes comes alone. The parts have no ids.
std::vector<Batch> cut(Batch batch, std::size_t most_documents, std::size_t most_bytes);

}  // namespace anthropic_metrics
