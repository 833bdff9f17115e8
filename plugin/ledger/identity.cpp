// SPDX-License-Identifier: Apache-2.0
#include "ledger/identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace anthropic_metrics {
namespace {

/// Little-endian, so that ids do not depend on the machine.
void append_number(std::string& bytes, std::uint64_t number) {
  char octets[8];
  for (unsigned i = 0; i < 8; ++i)
    octets[i] = static_cast<char>(static_cast<unsigned char>(number >> 8 * i));
  bytes.append(octets, sizeof octets);
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
  std::string bytes;
  bytes.reserve(key.size() + sizeof(std::uint64_t) + step.size());
  bytes.append(reinterpret_cast<const char*>(key.data()), key.size());
  append_number(bytes, revision);
  bytes += step;
  const RowKey digest = hash(bytes);

  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string id(document_id_size, '\0');
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
  return id;
}

}  // namespace anthropic_metrics
