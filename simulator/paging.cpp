// SPDX-License-Identifier: Apache-2.0
#include "paging.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cstdio>

namespace anthropic_metrics::simulator {
namespace {

constexpr std::string_view prefix = "page_";

std::string hex(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return {text.data(), 16};
}

std::string encode(std::string payload) {
  // A length that is no multiple of three makes the text end in '='.
  if (payload.size() % 3 == 0) payload += ' ';
  std::string text(4 * ((payload.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(payload.data()),
                                   static_cast<int>(payload.size()));
  text.resize(static_cast<std::size_t>(size));
  return std::string(prefix) + text;
}

std::optional<std::string> decode(std::string_view token) {
  if (!token.starts_with(prefix)) return std::nullopt;
  token.remove_prefix(prefix.size());
  if (token.empty() || token.size() > 400 || token.size() % 4 != 0) return std::nullopt;
  std::string payload(3 * token.size() / 4 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(payload.data()),
                                   reinterpret_cast<const unsigned char*>(token.data()),
                                   static_cast<int>(token.size()));
  if (size < 0) return std::nullopt;
  payload.resize(static_cast<std::size_t>(size));
  while (!payload.empty() && (payload.back() == '\0' || payload.back() == ' ')) payload.pop_back();
  return payload;
}

std::optional<Instant> whole_seconds(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

}  // namespace

std::string make_page_token(const PagePosition& position, std::uint64_t binding) {
  return encode(format_rfc3339(position.start) + "/" + format_rfc3339(position.end) + "." +
                hex(binding));
}

std::optional<PagePosition> parse_page_token(std::string_view token, std::uint64_t binding) {
  const auto payload = decode(token);
  if (!payload || payload->size() != 58) return std::nullopt;
  const std::string_view text = *payload;
  const auto start = whole_seconds(text.substr(0, 20));
  const auto end = whole_seconds(text.substr(21, 20));
  if (!start || !end || text.substr(42) != hex(binding)) return std::nullopt;
  return PagePosition{*start, *end};
}

std::string make_list_token(std::size_t offset, std::uint64_t binding) {
  return encode(hex(binding) + "." + std::to_string(offset));
}

std::optional<std::size_t> parse_list_token(std::string_view token, std::uint64_t binding) {
  const auto payload = decode(token);
  if (!payload || payload->size() < 18 || payload->substr(0, 16) != hex(binding))
    return std::nullopt;
  std::size_t offset = 0;
  const char* const last = payload->data() + payload->size();
  const auto [end, error] = std::from_chars(payload->data() + 17, last, offset);
  if (error != std::errc{} || end != last) return std::nullopt;
  return offset;
}

std::string make_row_token(const RowPosition& position, std::uint64_t binding) {
  return encode(hex(binding) + "." + hex(position.state) + "." + std::to_string(position.offset));
}

std::optional<RowPosition> parse_row_token(std::string_view token, std::uint64_t binding) {
  const auto payload = decode(token);
  if (!payload || payload->size() < 35 || payload->substr(0, 16) != hex(binding))
    return std::nullopt;
  RowPosition position;
  const char* const text = payload->data();
  const char* const last = text + payload->size();
  const auto state = std::from_chars(text + 17, text + 33, position.state, 16);
  const auto offset = std::from_chars(text + 34, last, position.offset);
  if (state.ptr != text + 33 || offset.ec != std::errc{} || offset.ptr != last) return std::nullopt;
  return position;
}

}  // namespace anthropic_metrics::simulator
