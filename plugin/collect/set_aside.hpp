// SPDX-License-Identifier: Apache-2.0
// Says that rows could not be read: in the status, and in the log once for each.
#pragma once

#include <string_view>
#include <vector>

#include "collect/emitter.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

/// Of buckets that were read just now. look_back: how far back buckets are read again.
void tell_set_aside(const Services& services, std::string_view stream,
                    const std::vector<SetAside>& buckets, Milliseconds look_back);

/// Of a whole snapshot, which replaces the one before.
void tell_set_aside(const Services& services, std::string_view stream,
                    const std::vector<SetAside>& pages);

}  // namespace anthropic_metrics
