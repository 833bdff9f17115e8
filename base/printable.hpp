// SPDX-License-Identifier: Apache-2.0
// Text of others, made fit for a terminal or a log: what would act on it instead of being seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anthropic_metrics {

/// A character of UTF-8 at the beginning of a text.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  ///< In octets; 0: the text does not begin with a character.
};

/// Its shortest form only, no surrogate. The text is not empty.
Character first_character(std::string_view text) noexcept;

/// Controls, formats, separators of lines and paragraphs, what is drawn as nothing (fillers,
/// variation selectors, tags), and noncharacters.
bool is_unseen(std::uint32_t code) noexcept;

/// Everything that would act on a terminal or on its reader instead of being seen stands as an
/// escape: control characters of both kinds as \x1b, characters that change the direction or the
/// form of others, hide, or break lines as \u202e, octets that are not UTF-8 as \xff. A backslash
/// stays as it is: what comes out is for people, not to be read back.
std::string printable(std::string_view text);

/// Likewise, for a text of several lines: its newlines stay.
std::string printable_lines(std::string_view text);

}  // namespace anthropic_metrics
