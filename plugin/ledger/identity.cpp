// SPDX-License-Identifier: Apache-2.0
#include "ledger/identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstring>

namespace anthropic_metrics {
namespace {

/// Little-endian, so that ids do not depend on the machine.
void put_number(char* out, std::uint64_t number) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(out, &number, sizeof number);
    return;
  }
  for (unsigned i = 0; i < sizeof number; ++i)
    out[i] = static_cast<char>(static_cast<unsigned char>(number >> 8 * i));
}
void append(std::string& bytes, char kind, std::uint64_t number) {
  char octets[1 + sizeof number];
  octets[0] = kind;
  put_number(octets + 1, number);
  bytes.append(octets, sizeof octets);
}

RowKey row_key(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  RowKey key;
  static_assert(sizeof canonical.digest == sizeof key);
  std::memcpy(key.data(), canonical.digest, key.size());
  return key;
}

RowKey hash(std::string_view bytes) {
  return row_key(XXH3_128bits(bytes.data(), bytes.size()));
}

/// Of both, one behind the other.
RowKey hash(std::string_view first, std::string_view second) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, first.data(), first.size());
  XXH3_128bits_update(&state, second.data(), second.size());
  return row_key(XXH3_128bits_digest(&state));
}

}  // namespace

KeyBuilder& KeyBuilder::add(std::string_view text) {
  append(bytes_, 't', text.size());
  bytes_ += text;
  return *this;
}

KeyBuilder& KeyBuilder::add(std::int64_t number) {
  append(bytes_, 'n', static_cast<std::uint64_t>(number));
  return *this;
}

KeyBuilder& KeyBuilder::add_null() {
  bytes_ += '0';
  return *this;
}

RowKey KeyBuilder::key() const {
  return hash(bytes_);
}

void put_document_id(std::array<char, document_id_size>& id, const RowKey& key,
                     std::uint32_t revision, std::string_view step) {
  std::array<char, std::tuple_size_v<RowKey> + sizeof(std::uint64_t)> bytes;
  std::memcpy(bytes.data(), key.data(), key.size());
  put_number(bytes.data() + key.size(), revision);
  const std::string_view first(bytes.data(), bytes.size());
  // Nearly all are first revisions, without a step.
  const RowKey digest = step.empty() ? hash(first) : hash(first, step);

  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  char* out = id.data();
  // Three bytes are four characters; the last byte is two.
  for (std::size_t i = 0; i + 3 <= digest.size(); i += 3) {
    const unsigned three =
        static_cast<unsigned>(digest[i] << 16 | digest[i + 1] << 8) | digest[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = alphabet[three >> shift & 63u];
  }
  static_assert(std::tuple_size_v<RowKey> % 3 == 1);
  *out++ = alphabet[digest.back() >> 2];
  *out = alphabet[digest.back() << 4 & 63];
}

std::string document_id(const RowKey& key, std::uint32_t revision, std::string_view step) {
  std::array<char, document_id_size> id;
  put_document_id(id, key, revision, step);
  return {id.data(), id.size()};
}

}  // namespace anthropic_metrics
