// SPDX-License-Identifier: Apache-2.0
// One append-only file of whole lines under a name that others may touch while it is open: moved,
// cut, removed, replaced. What is committed stood in whole lines under this name at that moment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/file_descriptor.hpp"
#include "failure.hpp"

namespace anthropic_metrics::host {

class OutputFile {
 public:
  OutputFile(std::filesystem::path path, std::uint32_t permissions);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Opens or creates the file, makes its folders, and removes a last line without its end, which a
  // crash left and nobody acknowledged. Refuses what is not a regular file of this user.
  Result<void> open();
  void close() noexcept { file_.reset(); }
  bool is_open() const { return file_.is_open(); }
  // The name still stands for what is open, and nobody else changed its length.
  bool unchanged() const noexcept;

  // Appends parts in order as one unit. After a failure undo() must be called.
  Result<void> append(const std::vector<std::string_view>& parts);
  // Makes what was appended durable, and makes sure that a reader finds it. Likewise.
  Result<void> flush();
  // The last flush failed because the file was moved, cut, extended or removed meanwhile: the next
  // try begins with what is there now.
  bool was_taken() const { return was_taken_; }
  // What was appended and flushed stays.
  void commit() noexcept { kept_ = size_; }
  // Cuts the file back to the last commit. If even that fails it is closed, and repaired when it is
  // opened again.
  void undo() noexcept;

  std::uint64_t size() const { return size_; }
  bool has_uncommitted() const { return size_ != kept_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  Result<void> sync_folder() const;

  const std::filesystem::path path_;
  const std::uint32_t permissions_;
  FileDescriptor file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t kept_ = 0;  // up to the last commit
  bool was_taken_ = false;
  bool new_name_ = false;  // the folder's entry is not yet durable
};

}  // namespace anthropic_metrics::host
