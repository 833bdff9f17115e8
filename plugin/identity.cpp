// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace anthropic_metrics {
namespace {

/// Little-endian, so that ids do not depend on the machine.
void append_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8)
    bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
}

RowKey hash(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  RowKey key;
  static_assert(sizeof canonical.digest == sizeof key);
  std::memcpy(key.data(), canonical.digest, key.size());
  return key;
}

}  // namespace

KeyBuilder& KeyBuilder::add(std::string_view text) {
  bytes_ += 't';
  append_number(bytes_, text.size());
  bytes_ += text;
  return *this;
}

KeyBuilder& KeyBuilder::add(std::int64_t number) {
  bytes_ += 'n';
  append_number(bytes_, static_cast<std::uint64_t>(number));
  return *this;
}

KeyBuilder& KeyBuilder::add_null() {
  bytes_ += '0';
  return *this;
}

RowKey KeyBuilder::key() const {
  return hash(bytes_);
}

std::string document_id(const RowKey& key, std::uint32_t revision, std::string_view step) {
  std::string bytes(key.begin(), key.end());
  append_number(bytes, revision);
  bytes += step;
  const RowKey digest = hash(bytes);

  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string id;
  id.reserve(document_id_size);
  unsigned pending = 0;
  int bits = 0;
  for (const std::uint8_t byte : digest) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      id += alphabet[(pending >> bits) & 63u];
    }
  }
  id += alphabet[(pending << (6 - bits)) & 63u];
  return id;
}

}  // namespace anthropic_metrics
