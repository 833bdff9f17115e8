// SPDX-License-Identifier: Apache-2.0
#include "outputs/file_room.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

std::filesystem::path numbered(const std::filesystem::path& path, std::uint32_t number) {
  return number == 0 ? path : std::filesystem::path(fmt::format("{}.{}", path.string(), number));
}

std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code error;
  const bool file = std::filesystem::is_regular_file(path, error);
  const auto size = file ? std::filesystem::file_size(path, error) : 0;
  return error ? 0 : size;
}

// Of the file system where the folder is or will be made.
std::uint64_t free_space(std::filesystem::path folder) {
  std::error_code error;
  folder = std::filesystem::absolute(folder, error);
  while (!std::filesystem::exists(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  const auto space = std::filesystem::space(folder, error);
  return error ? std::numeric_limits<std::uint64_t>::max() : space.available;
}

}  // namespace

std::filesystem::path file_of(const FileSettings& output, const StreamTarget& target) {
  return std::filesystem::path(output.path) /
         fmt::format("{}-{}-{}.ndjson", output.filename, target.dataset, target.data_namespace);
}

std::optional<std::uint64_t> room_in(const FileSettings& output, const StreamTarget& target) {
  const std::filesystem::path file = file_of(output, target);
  const std::uint64_t each = output.rotate_every_kb * 1024;
  // A full file takes nothing more, however short it is; the current one is filled.
  std::uint64_t room = each - std::min(each, size_of(file));
  for (std::uint32_t number = 1; number < output.number_of_files; ++number) {
    std::error_code error;
    if (!std::filesystem::exists(numbered(file, number), error)) room += each;
  }
  return std::min(room, free_space(output.path));
}

std::string newest_lines_in(const FileSettings& output, const StreamTarget& target) {
  constexpr std::uint64_t most = 1024 * 1024;
  constexpr std::uint64_t enough = 64 * 1024;
  std::filesystem::path file = file_of(output, target);
  if (size_of(file) < enough && size_of(numbered(file, 1)) > 0) file = numbered(file, 1);
  const std::uint64_t size = size_of(file);
  const std::uint64_t start = size > most ? size - most : 0;
  std::string text(static_cast<std::size_t>(size - start), '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(start));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  if (start > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

}  // namespace anthropic_metrics::host
