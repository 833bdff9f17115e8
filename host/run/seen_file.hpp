// SPDX-License-Identifier: Apache-2.0
// What a file output remembers of the state that fills it: which state, and the newest batch that
// was written. Kept beside the files, not beside the state, so that a state that was put back from
// a copy is found to be older than what was made from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"

namespace anthropic_metrics::host {

class SeenFile {
 public:
  // Of one input and its output, whose folder it is; without one it does nothing. input_id: as the
  // policy says; it becomes a part of the file's name.
  SeenFile(const std::filesystem::path& folder, std::string_view input_id);
  SeenFile(const SeenFile&) = delete;
  SeenFile& operator=(const SeenFile&) = delete;

  // "<id>:<batch>", for the plugin's setting state.seen; empty if nothing is remembered.
  std::string remembered() const;
  // The plugin's configuration, JSON, with that in its state; unchanged if there is neither.
  std::string add_to(std::string_view config) const;

  // The plugin's status after its start says which state this is.
  void begin(std::string_view status_json);
  // The batch is in the output for good. Costs a write without waiting for the disk. A failure is
  // no reason to refuse the batch: then less is remembered.
  void written(std::uint64_t batch) noexcept;

 private:
  bool open() noexcept;

  std::filesystem::path file_;  // empty: nothing to do
  std::string state_;           // empty: the plugin keeps none
  std::uint64_t newest_ = 0;
  FileDescriptor open_;
};

}  // namespace anthropic_metrics::host
