// SPDX-License-Identifier: Apache-2.0
#include "streams/personal.hpp"

#include "base/sha256.hpp"

namespace anthropic_metrics::streams {

std::optional<PersonalData> parse_personal_data(std::string_view text) {
  for (const PersonalData mode : {PersonalData::none, PersonalData::hashed, PersonalData::full})
    if (text == to_text(mode)) return mode;
  return std::nullopt;
}

std::string_view to_text(PersonalData mode) {
  return mode == PersonalData::full ? "full" : mode == PersonalData::hashed ? "hashed" : "none";
}

std::optional<std::string> Personal::shown(std::string_view text) const {
  if (mode_ == PersonalData::full) return std::string(text);
  if (silent()) return std::nullopt;
  if (text.empty()) return std::string();
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const Sha256 digest = hmac_sha256(key_, text);
  std::string name;
  for (std::size_t bit = 0; name.size() < personal_hash_size; bit += 6) {
    const unsigned two = static_cast<unsigned>(digest[bit / 8]) << 8 | digest[bit / 8 + 1];
    name += alphabet[two >> (10 - bit % 8) & 63u];
  }
  return name;
}

}  // namespace anthropic_metrics::streams
