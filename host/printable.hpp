// SPDX-License-Identifier: Apache-2.0
// The one way by which text of others reaches a terminal or a log.
#pragma once

#include <string>
#include <string_view>

namespace anthropic_metrics::host {

// Everything that would act on a terminal or on its reader instead of being seen stands as an
// escape: control characters of both kinds as \x1b, characters that change the direction or the
// form of others, hide, or break lines as \u202e, octets that are not UTF-8 as \xff. A backslash
// stays as it is: what comes out is for people, not to be read back.
std::string printable(std::string_view text);

// Likewise, for a text of several lines: its newlines stay.
std::string printable_lines(std::string_view text);

}  // namespace anthropic_metrics::host
