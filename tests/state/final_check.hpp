// SPDX-License-Identifier: Apache-2.0
// The simulator's check of documents whose days do not change any more.
#pragma once

#include <filesystem>
#include <string>

#include "simulator/check.hpp"
#include "simulator/simulator.hpp"

namespace anthropic_metrics::test {

/// Checks the *.ndjson files of a folder as of the simulator's present, without documents of
/// buckets that began at the cutoff or later: those may still be revised, or have been since they
/// were read.
simulator::CheckReport check_final(const std::filesystem::path& documents,
                                   const simulator::Simulator& simulator,
                                   simulator::Instant cutoff);

std::string shown(const simulator::CheckReport& report);

}  // namespace anthropic_metrics::test
