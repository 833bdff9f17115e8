// SPDX-License-Identifier: Apache-2.0
// What a store holds of buckets, told to the plugin: see BEAT_READ_KNOWN in abi/beat_read.h. Pure.
#pragma once

#include <string>

#include "proof/bucket.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

// Appends a line for each row.
void append_known(std::string& ndjson, const RowFields& fields, const std::string& organization,
                  const Grain& grain, const Bucket& bucket);

}  // namespace anthropic_metrics::host
