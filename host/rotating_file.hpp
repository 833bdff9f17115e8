// SPDX-License-Identifier: Apache-2.0
// One append-only file of whole lines that is rotated by size, flushed on demand, and repaired when
// it is opened after a crash. It belongs to one process at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

struct RotationRule {
  std::uint64_t most_bytes = 10'240 * 1024;  // a file is rotated before it would grow beyond
  std::uint32_t files = 7;                   // the current one included
  std::uint32_t permissions = 0600;
};

class RotatingFile {
 public:
  RotatingFile(std::filesystem::path path, RotationRule rule);
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // Appends parts in order as one unit; every part is whole lines or a piece of one. Opens, repairs
  // and rotates first as needed. Throws std::system_error, and then undo() must be called.
  void append(const std::vector<std::string_view>& parts);
  // Makes what was appended durable. Throws std::system_error likewise.
  void flush();
  // What was appended and flushed stays.
  void commit() noexcept { kept_ = size_; }
  // Cuts the file back to the last commit. If even that fails, the file is opened anew, and so
  // repaired, by the next append.
  void undo() noexcept;

 private:
  void open();
  void rotate();
  void close() noexcept;
  std::filesystem::path numbered(std::uint32_t number) const;
  void sync_folder() const;

  const std::filesystem::path path_;
  const RotationRule rule_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t kept_ = 0;  // up to the last commit
  bool new_name_ = false;   // the folder's entry is not yet durable
};

}  // namespace anthropic_metrics::host
