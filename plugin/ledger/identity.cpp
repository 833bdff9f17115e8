// SPDX-License-Identifier: Apache-2.0
#include "ledger/identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
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
constexpr std::size_t head_size = 1 + sizeof(std::uint64_t);
void put_head(char* out, char kind, std::uint64_t number) {
  *out = kind;
  put_number(out + 1, number);
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

/// Big-endian.
std::uint64_t number_at(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

/// The eight characters of 48 bits, as memory has them: all at once, without a table. One after
/// the other they were put together for a wider move, which waited for each of them.
std::uint64_t base64url(std::uint64_t bits) {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101;
  // Six bits to a byte, the first ones in the highest.
  std::uint64_t v = (bits & 0xffff'ff00'0000) << 8 | (bits & 0xff'ffff);
  v = (v & 0x00ff'f000'00ff'f000) << 4 | (v & 0x0000'0fff'0000'0fff);
  v = (v & 0x0fc0'0fc0'0fc0'0fc0) << 2 | (v & 0x003f'003f'003f'003f);
  // A byte is 1 where the value is at least that; none is above 63.
  const auto from = [&](std::uint64_t least) { return (v + each * (0x80 - least)) >> 7 & each; };
  // From 0 'A', from 26 'a', from 52 '0', then '-' and '_'. No byte ever leaves 0 to 255.
  std::uint64_t text = v + each * 65 + from(26) * 6 - from(52) * 75 - from(62) * 13 + from(63) * 49;
  if constexpr (std::endian::native == std::endian::little) text = __builtin_bswap64(text);
  return text;
}

}  // namespace

char* KeyBuilder::room(std::size_t more) {
  const std::size_t at = size_;
  size_ += more;
  if (size_ > bytes_.size()) bytes_.resize(2 * size_);
  return bytes_.data() + at;
}

KeyBuilder& KeyBuilder::add(std::string_view text) {
  char* const out = room(head_size + text.size());
  put_head(out, 't', text.size());
  std::copy(text.begin(), text.end(), out + head_size);
  return *this;
}

KeyBuilder& KeyBuilder::add(std::int64_t number) {
  put_head(room(head_size), 'n', static_cast<std::uint64_t>(number));
  return *this;
}

KeyBuilder& KeyBuilder::add_null() {
  *room(1) = '0';
  return *this;
}

RowKey KeyBuilder::key() const {
  return hash(bytes());
}

void put_document_id(std::array<char, document_id_size>& id, const RowKey& key,
                     std::uint32_t revision, std::string_view step) {
  std::array<char, std::tuple_size_v<RowKey> + sizeof(std::uint64_t)> bytes;
  std::memcpy(bytes.data(), key.data(), key.size());
  put_number(bytes.data() + key.size(), revision);
  const std::string_view first(bytes.data(), bytes.size());
  // Nearly all are first revisions, without a step.
  const RowKey digest = step.empty() ? hash(first) : hash(first, step);

  // Six bytes are eight characters; the last four are six.
  const std::uint64_t upper = number_at(digest.data()), lower = number_at(digest.data() + 8);
  const std::uint64_t text[] = {base64url(upper >> 16),
                                base64url((upper & 0xffff) << 32 | lower >> 32),
                                base64url((lower & 0xffff'ffff) << 16)};
  static_assert(sizeof text >= document_id_size);
  std::memcpy(id.data(), text, document_id_size);
}

std::string document_id(const RowKey& key, std::uint32_t revision, std::string_view step) {
  std::array<char, document_id_size> id;
  put_document_id(id, key, revision, step);
  return {id.data(), id.size()};
}

}  // namespace anthropic_metrics
