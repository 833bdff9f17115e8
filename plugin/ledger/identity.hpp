// SPDX-License-Identifier: Apache-2.0
// Deterministic names: the key of a row and the id of a document, so that a resend meets the same
// id.
//
// Both are XXH3-128. With n documents in one organization's life the chance of any two sharing an
// id is below n^2 / 2^129: for 10^12 documents less than 10^-14.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics {

using RowKey = std::array<std::uint8_t, 16>;

/// Feeds fields into one unambiguous byte string and hashes it. Each field is written with its
/// length, so "ab","c" and "a","bc" differ, and an absent value differs from an empty one.
class KeyBuilder {
 public:
  KeyBuilder& add(std::string_view text);
  KeyBuilder& add(std::int64_t number);
  KeyBuilder& add_null();
  RowKey key() const;
  /// Forgets what was added after the first `size` bytes; see size(). Lets rows share a prefix.
  void rewind(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  /// Where so many bytes more go.
  char* room(std::size_t more);

  std::string bytes_;  ///< As many as it has room for.
  std::size_t size_ = 0;
};

/// Characters in a document id.
inline constexpr std::size_t document_id_size = 22;

/// The id of a row's revision: 128 bits over (row key, revision, step) as base64url without
/// padding. step: of a correction, what it changes from and to. A ledger that knows less than the
/// store, since it was lost, then never gives one correction the id of another.
std::string document_id(const RowKey& key, std::uint32_t revision, std::string_view step = {});
/// The same into memory that is there.
void put_document_id(std::array<char, document_id_size>& id, const RowKey& key,
                     std::uint32_t revision, std::string_view step = {});

}  // namespace anthropic_metrics
