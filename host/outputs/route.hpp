// SPDX-License-Identifier: Apache-2.0
// Where the documents of a batch go. A row is corrected where its first document went, so that sums
// stay true there: after a change of data_stream.dataset or data_stream.namespace the plugin hands
// out documents of the former data stream and of the present one, each batch of one.
#pragma once

#include <vector>

#include "beat_plugin.h"
#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

// Of each stream: the data stream that the batch's first document of it names, or the configured
// one if it names none that can be one.
std::vector<StreamTarget> targets_in(const beat_batch& batch,
                                     const std::vector<StreamTarget>& configured);

}  // namespace anthropic_metrics::host
