// SPDX-License-Identifier: Apache-2.0
// Whole numbers that sums of counts fit into: a document's count may take all of 64 bits, with a
// sign, and there are millions of documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

__extension__ using Whole = __int128;

// "-12", "1200", also "12.0" and "1.2e3" as stores write them. Nothing on any other text, and
// beyond 64 bits with a sign.
std::optional<Whole> parse_whole(std::string_view text);

// Plain digits: "-12".
std::string text_of(Whole number);

}  // namespace anthropic_metrics::host
