// SPDX-License-Identifier: Apache-2.0
#include "run/seen_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <fstream>
#include <iterator>

#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::size_t id_size = 32, batch_size = 20;

bool is_id(std::string_view text) {
  return text.size() == id_size &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

SeenFile::SeenFile(const std::filesystem::path& folder, std::string_view input_id) {
  if (folder.empty()) return;
  file_ = folder / fmt::format(".{}.seen", file_safe(input_id));
}

std::string SeenFile::remembered() const {
  if (file_.empty()) return {};
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file_, error))) return {};
  std::ifstream stream(file_, std::ios::binary);
  std::string text(id_size + 1 + batch_size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (static_cast<std::size_t>(stream.gcount()) != text.size() || text[id_size] != ':') return {};
  const std::string id = text.substr(0, id_size);
  const char* const digits = text.data() + id_size + 1;
  std::uint64_t batch = 0;
  const auto read = std::from_chars(digits, digits + batch_size, batch);
  if (!is_id(id) || read.ec != std::errc() || read.ptr != digits + batch_size) return {};
  return fmt::format("{}:{}", id, batch);
}

std::string SeenFile::add_to(std::string_view config) const {
  std::string text(config);
  const std::string seen = remembered();
  // Within a string of JSON the quotes would be escaped, so this is the member itself.
  constexpr std::string_view state = R"("state":{)";
  const auto at = text.find(state);
  if (seen.empty() || at == std::string::npos) return text;
  const auto behind = at + state.size();
  const bool more = behind < text.size() && text[behind] != '}';
  text.insert(behind, fmt::format(R"("seen":"{}"{})", seen, more ? "," : ""));
  return text;
}

void SeenFile::begin(std::string_view status_json) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(status_json, error);
  if (error) return;
  const auto* const seen = [&]() -> const boost::json::string* {
    const auto found = parsed.find_pointer("/state/seen", error);
    return found == nullptr ? nullptr : found->if_string();
  }();
  if (seen == nullptr) return;
  const std::string_view id = std::string_view(*seen).substr(0, id_size);
  if (is_id(id)) state_ = id;
}

bool SeenFile::open() noexcept {
  struct stat there {
  }, opened{};
  const bool same = open_.is_open() && ::fstat(open_.get(), &opened) == 0 &&
                    ::lstat(file_.c_str(), &there) == 0 && there.st_ino == opened.st_ino &&
                    there.st_dev == opened.st_dev;
  if (same) return true;
  open_.reset(
      ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (open_.is_open() && (::fstat(open_.get(), &opened) != 0 || !S_ISREG(opened.st_mode)))
    open_.reset();
  return open_.is_open();
}

void SeenFile::written(std::uint64_t batch) noexcept {
  if (file_.empty() || state_.empty()) return;
  newest_ = std::max(newest_, batch);
  if (!open()) return;
  char line[id_size + batch_size + 3];
  const auto end = fmt::format_to_n(line, sizeof line, "{}:{:0{}}\n", state_, newest_, batch_size);
  // A part of it would be read as nothing, which is what is known then.
  [[maybe_unused]] const auto put = ::pwrite(open_.get(), line, end.size, 0);
}

}  // namespace anthropic_metrics::host
