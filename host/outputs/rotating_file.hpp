// SPDX-License-Identifier: Apache-2.0
// A file of whole lines and its full predecessors, <path>.1 the newest of them. Together they are a
// buffer between this process and whoever ships the lines: at the limit nothing more is taken,
// unless the oldest file is old enough to be removed. It belongs to one process at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "outputs/output_file.hpp"
#include "outputs/path_lock.hpp"

namespace anthropic_metrics::host {

struct RotationRule {
  std::uint64_t most_bytes = 65'536 * 1024;  // a file is rotated before it would grow beyond
  std::uint32_t files = 16;                  // the current one included
  std::uint32_t permissions = 0600;
  std::chrono::seconds delete_after = std::chrono::hours(168);  // since the last line was written
};

// A file that was removed to make room.
struct DeletedFile {
  std::filesystem::path path;
  std::uint64_t documents = 0;
  std::chrono::seconds age{0};
};

class RotatingFile {
 public:
  using Deleted = std::function<void(const DeletedFile&)>;

  RotatingFile(std::filesystem::path path, RotationRule rule, Deleted deleted = {});
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // Appends parts in order as one unit; every part is whole lines or a piece of one. Opens, repairs
  // and rotates first as needed; whatever happened to the file since, the lines go where its name
  // stands now. After a failure undo() must be called.
  Result<void> append(const std::vector<std::string_view>& parts);
  // See OutputFile.
  Result<void> flush() { return file_.flush(); }
  bool was_taken() const { return file_.was_taken(); }
  void commit() noexcept { file_.commit(); }
  void undo() noexcept { file_.undo(); }
  // Lets go of the file; the next append opens what its name stands for then.
  void reopen() noexcept { file_.close(); }

 private:
  Result<void> open();
  Result<void> rotate();
  // A number whose file does not exist, the lowest; makes one if the rule allows.
  Result<std::uint32_t> free_number();
  std::filesystem::path numbered(std::uint32_t number) const;
  std::uint64_t most_bytes() const;

  const RotationRule rule_;
  const Deleted deleted_;
  PathLock lock_;
  OutputFile file_;
};

}  // namespace anthropic_metrics::host
