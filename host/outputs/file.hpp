// SPDX-License-Identifier: Apache-2.0
// `type: file`: what a policy says about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "policy/output.hpp"

namespace anthropic_metrics::host {

struct FileSettings {
  std::string path;
  std::string filename = "metrics";
  std::uint64_t rotate_every_kb = 65'536;
  std::uint32_t number_of_files = 16;
  std::uint32_t permissions = 0600;
  std::chrono::seconds delete_after = std::chrono::hours(168);  // only at the limit

  bool operator==(const FileSettings&) const = default;
};

class FileOutput : public Output {
 public:
  FileOutput(std::string name, FileSettings settings);
  const FileSettings& settings() const { return settings_; }
  std::string_view type() const override { return "file"; }

  // The directory is made at the first write.
  std::unique_ptr<Sink> make_sink(Log& log) const override;
  bool same_as(const Output& other) const override;
  std::optional<Fault> clash_with(const Output& other) const override;
  std::filesystem::path folder() const override { return settings_.path; }
  std::optional<std::uint64_t> room_for(const StreamTarget& target) const override;
  std::string newest_lines(const StreamTarget& target) const override;

 private:
  const FileSettings settings_;
};

}  // namespace anthropic_metrics::host
