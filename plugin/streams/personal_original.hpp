// SPDX-License-Identifier: Apache-2.0
// The original of a row (event.original) as personal_data allows it.
#pragma once

#include <string>
#include <string_view>

#include "streams/rows.hpp"

namespace anthropic_metrics::streams {

/// Whether rows of this layout have columns that say who a person is, which may not be shown as
/// they are.
bool withholds(const Layout& layout);

/// Stands in an original where a text was taken out.
inline constexpr std::string_view withheld_text = "[withheld]";

/// An entry as it may be kept: as the API wrote it if the layout withholds nothing. What is never
/// kept by the layout is taken out. Where persons may be, of its texts only those stay that are no
/// person's by the layout (a text column that is not personal names its path, such as actor.type or
/// model_breakdown.model; arrays on the way have no name), and times; every other text, known or
/// not, is hashed or withheld. Numbers, true, false and null stay, and of member names those that
/// an API gives its members. Empty if the entry is no JSON: then nobody knows what is in it.
std::string shown_original(const Layout& layout, std::string_view original);

}  // namespace anthropic_metrics::streams
