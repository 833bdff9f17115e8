// SPDX-License-Identifier: Apache-2.0
// What the files of a file output hold and could still take, without opening them for writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "outputs/file.hpp"
#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

// The file of a data stream; its full predecessors have a number behind it.
std::filesystem::path file_of(const FileSettings& output, const StreamTarget& target);

// Bytes that a data stream's files take until they are full or the disk is; nothing: no limit.
std::optional<std::uint64_t> room_in(const FileSettings& output, const StreamTarget& target);

// The newest lines of a data stream, a megabyte at most, from the beginning of a line.
std::string newest_lines_in(const FileSettings& output, const StreamTarget& target);

}  // namespace anthropic_metrics::host
