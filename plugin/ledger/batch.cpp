// SPDX-License-Identifier: Apache-2.0
#include "ledger/batch.hpp"

#include <algorithm>
#include <cstring>

namespace anthropic_metrics {
namespace {

constexpr std::size_t entry_size = 4 + 8 + document_id_size;

/// Little-endian, at `to`; says where the next one goes.
char* put(char* to, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i)
    to[i] = static_cast<char>(static_cast<unsigned char>(number >> 8 * i));
  return to + bytes;
}

std::uint64_t get(const char* from, int bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < bytes; ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << 8 * i;
  return number;
}

}  // namespace

void Batch::add(std::string_view json, std::string_view document_id, Instant timestamp) {
  Document document;
  document.size = static_cast<std::uint32_t>(json.size());
  document.timestamp = timestamp;
  std::copy_n(document_id.begin(), std::min(document_id.size(), document.id.size()),
              document.id.begin());
  documents.push_back(document);
  ndjson += json;
  ndjson += '\n';
}

std::string pack_index(const Batch& batch) {
  std::string bytes(batch.documents.size() * entry_size, '\0');
  char* to = bytes.data();
  for (const Batch::Document& document : batch.documents) {
    to = put(to, document.size, 4);
    to = put(to, static_cast<std::uint64_t>(document.timestamp.time_since_epoch().count()), 8);
    to = std::copy(document.id.begin(), document.id.end(), to);
  }
  return bytes;
}

Result<void> unpack_index(std::string_view bytes, std::uint64_t total, Batch& batch) {
  const Error damaged{Errc::state, "a batch of the outbox is damaged"};
  if (bytes.size() % entry_size != 0) return damaged;
  std::uint64_t sum = 0;
  batch.documents.clear();
  batch.documents.reserve(bytes.size() / entry_size);
  for (; !bytes.empty(); bytes.remove_prefix(entry_size)) {
    Batch::Document document;
    document.size = static_cast<std::uint32_t>(get(bytes.data(), 4));
    document.timestamp =
        Instant(std::chrono::seconds(static_cast<std::int64_t>(get(bytes.data() + 4, 8))));
    std::memcpy(document.id.data(), bytes.data() + 12, document.id.size());
    sum += std::uint64_t{document.size} + 1;
    batch.documents.push_back(document);
  }
  if (sum != total || batch.documents.empty()) return damaged;
  return success();
}

std::vector<Batch> cut(Batch batch, std::size_t most_documents, std::size_t most_bytes) {
  const auto fits = [&](std::size_t documents, std::size_t bytes) {
    return (most_documents == 0 || documents <= most_documents) &&
           (most_bytes == 0 || bytes <= most_bytes);
  };
  std::vector<Batch> parts;
  if (fits(batch.documents.size(), batch.ndjson.size())) {
    parts.push_back(std::move(batch));
    return parts;
  }
  std::size_t offset = 0;
  for (const Batch::Document& document : batch.documents) {
    const std::size_t size = std::size_t{document.size} + 1;
    if (parts.empty() ||
        !fits(parts.back().documents.size() + 1, parts.back().ndjson.size() + size)) {
      parts.emplace_back();
      parts.back().stream = batch.stream;
    }
    parts.back().ndjson.append(batch.ndjson, offset, size);
    parts.back().documents.push_back(document);
    offset += size;
  }
  return parts;
}

}  // namespace anthropic_metrics
