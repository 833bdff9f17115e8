// SPDX-License-Identifier: Apache-2.0
#include "base/scrubber.hpp"

#include <algorithm>

#include "base/octets.hpp"

namespace anthropic_metrics {
namespace {

constexpr std::size_t shortest_watched = 8;
constexpr std::size_t keys_watched = 5;
constexpr std::string_view beginning = "sk-ant-";

bool is_key_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// The part of base64(`before` unknown octets + text + anything) that depends on `text` alone.
std::string base64_core(std::string_view text, std::size_t before, bool url_alphabet) {
  const std::string_view alphabet =
      url_alphabet ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                   : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  // Sextet i covers bits 6i..6i+5; bit b of the text is bit b + 8*before of the whole.
  const std::size_t first = (8 * before + 5) / 6;
  const std::size_t end = 8 * (before + text.size()) / 6;
  out.reserve(end - first);  // a reallocation would leave a copy
  for (std::size_t sextet = first; sextet < end; ++sextet) {
    unsigned value = 0;
    for (std::size_t bit = 6 * sextet; bit < 6 * sextet + 6; ++bit) {
      const auto octet = static_cast<unsigned char>(text[bit / 8 - before]);
      value = (value << 1) | ((octet >> (7 - bit % 8)) & 1u);
    }
    out += alphabet[value];
  }
  return out;
}

}  // namespace

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
}

std::string scrub_shapes(std::string_view text, KeyShape shape) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t at = text.find(beginning);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + beginning.size());
    const auto tail = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_key_character) - text.begin());
    const bool key = tail >= shape.shortest_tail;
    out += key ? shape.mark : beginning;
    if (key) text.remove_prefix(tail);
  }
}

void Scrubber::watch(const Secret& secret) {
  if (secret.size() < shortest_watched) return;
  const bool known = std::any_of(watched_.begin(), watched_.end(),
                                 [&](const auto& forms) { return forms.front().same_as(secret); });
  if (known) return;

  std::vector<Secret> forms;
  secret.expose([&](std::string_view key) {
    forms.emplace_back(key);
    Secret percent = Secret::take(percent_encode(key));
    if (!percent.same_as(secret)) forms.push_back(std::move(percent));  // One copy less.
    for (std::size_t before = 0; before < 3; ++before) {
      forms.push_back(Secret::take(base64_core(key, before, false)));
      forms.push_back(Secret::take(base64_core(key, before, true)));
    }
  });
  if (watched_.size() == keys_watched) watched_.erase(watched_.begin());
  watched_.push_back(std::move(forms));
}

std::string Scrubber::scrub(std::string_view text) const {
  std::string out(text);
  for (const auto& forms : watched_) {
    for (const Secret& form : forms) {
      form.expose([&](std::string_view octets) { replace_all(out, octets, "[redacted]"); });
    }
  }
  return scrub_shapes(out);
}

}  // namespace anthropic_metrics
