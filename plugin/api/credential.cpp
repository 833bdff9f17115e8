// SPDX-License-Identifier: Apache-2.0
#include "api/credential.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/octets.hpp"
#include "net/key_file.hpp"

namespace anthropic_metrics::api {
namespace {

using Where = CredentialPlace::Where;

Error fault(std::string message) {
  return Error{Errc::configuration, std::move(message)};
}

bool is_variable_name(std::string_view name) noexcept {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::string CredentialPlace::describe() const {
  switch (where) {
    case Where::inline_text:
      return "the configuration itself";
    case Where::environment:
      return "environment variable " + name;
    case Where::file:
      return "file " + name;
    case Where::systemd:
      return "systemd credential " + name;
    case Where::host:
      return "the host's secret " + name;
  }
  return {};
}

Result<CredentialPlace> parse_credential(std::string_view text, std::string_view setting) {
  CredentialPlace place;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos)
    text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  const auto named = [&](Where where, std::string_view name) -> Result<CredentialPlace> {
    place.where = where;
    place.name = std::string(name);
    return Result<CredentialPlace>(std::move(place));
  };
  if (text.substr(0, 2) == "${" && text.back() == '}') {
    std::string_view name = text.substr(2, text.size() - 3);
    if (name.substr(0, 4) == "env.") name.remove_prefix(4);
    if (!is_variable_name(name)) {
      return fault(
          fmt::format("{}: between ${{ and }} stands no variable name; write ${{NAME}}", setting));
    }
    return named(Where::environment, name);
  }
  const bool tagged_file = text.substr(0, 5) == "file:";
  if (tagged_file || text.substr(0, 1) == "/") {
    const std::string_view path = tagged_file ? text.substr(5) : text;
    if (path.empty() ||
        path.find_first_of(std::string_view("\0\n\r", 3)) != std::string_view::npos) {
      return fault(fmt::format("{}: the file's path is empty or holds a line break", setting));
    }
    return named(Where::file, path);
  }
  if (text.substr(0, 8) == "systemd:") {
    const std::string_view name = text.substr(8);
    if (!is_token(name) || name[0] == '.') {
      return fault(fmt::format("{}: systemd: needs the name given to LoadCredential=", setting));
    }
    return named(Where::systemd, name);
  }
  const KeyText read = read_key(text);
  if (!read.fault.empty())
    return fault(
        fmt::format("{}: this is no key: {}; write the key, ${{NAME}}, file:PATH or systemd:NAME",
                    setting, read.fault));
  place.inline_text = Secret(read.key);
  return place;
}

CredentialWorld CredentialWorld::process() {
  return {[](const char* name) { return std::getenv(name); }};
}

CredentialSource::CredentialSource(CredentialPlace place, CredentialKind kind,
                                   CredentialWorld world)
    : place_(std::move(place)), kind_(kind), world_(std::move(world)) {
  if (!place_.inline_text.empty()) scrubber_.watch(place_.inline_text);
}

std::string_view CredentialSource::header_name() const noexcept {
  return kind_ == CredentialKind::bearer ? "authorization" : "x-api-key";
}

std::string_view CredentialSource::header_prefix() const noexcept {
  return kind_ == CredentialKind::bearer ? "Bearer " : "";
}

Result<net::Authorization> CredentialSource::authorization(std::string_view) {
  const auto key = current();
  if (!key) return key.error();
  return net::Authorization{header_name(), header_prefix(), *key};
}

Result<const Secret*> CredentialSource::current() {
  auto looked = reload_if_changed();
  if (!looked && value_.empty()) return looked.error();
  used_ = generation_;
  return &value_;
}

bool CredentialSource::newer_than_used() {
  (void)reload();  // What cannot be read now is no newer.
  return used_ != generation_;
}

Result<bool> CredentialSource::reload_if_changed() {
  if (!value_.empty()) {
    if (place_.where == Where::inline_text) return false;
    if (place_.where == Where::file || place_.where == Where::systemd) {
      FileStamp now;
      const auto where = path();
      if (where && stamp_of(*where, now) && now == stamp_) return false;
    }
  }
  return reload();
}

Result<bool> CredentialSource::reload() {
  if (place_.where == Where::inline_text && !value_.empty()) return false;
  auto fresh = read();
  if (!fresh) return fresh.error();
  if (fresh->same_as(value_)) return false;
  value_ = std::move(*fresh);
  ++generation_;
  if (place_.where != Where::inline_text) scrubber_.watch(value_);
  if (on_remark_) {
    if (!access_remark_.empty()) on_remark_(place_.describe() + ": " + access_remark_);
    const auto odd = value_.expose([&](std::string_view key) { return odd_key(key, kind_); });
    if (!odd.empty()) on_remark_(fmt::format("the key in {}: {}", place_.describe(), odd));
  }
  return true;
}

Result<std::string> CredentialSource::path() const {
  if (place_.where == Where::file) return place_.name;
  const char* directory = world_.environment("CREDENTIALS_DIRECTORY");
  if (!directory || *directory != '/') {
    return fault(
        fmt::format("{}: CREDENTIALS_DIRECTORY is not set; run the service under systemd "
                    "with LoadCredential={}:PATH",
                    place_.describe(), place_.name));
  }
  return fmt::format("{}/{}", directory, place_.name);
}

Result<Secret> CredentialSource::read() {
  switch (place_.where) {
    case Where::inline_text:
      return std::move(place_.inline_text);  // Read once, so that there is one copy.
    case Where::environment: {
      const char* value = world_.environment(place_.name.c_str());
      if (!value)
        return fault(place_.describe() + " is not set; set it to the credential before starting");
      return key_in(value);
    }
    case Where::host: {
      if (!place_.ask_host) return fault(place_.describe() + ": the host offers no secrets");
      auto answer = place_.ask_host(place_.name);
      if (!answer) return answer.error();
      return answer->expose([&](std::string_view text) { return key_in(text); });
    }
    case Where::file:
    case Where::systemd:
      break;
  }
  const auto where = path();
  if (!where) return where.error();
  return read_file(*where);
}

Result<Secret> CredentialSource::key_in(std::string_view text) const {
  const KeyText read = read_key(text);
  if (read.fault.empty()) return Secret(read.key);
  return fault(fmt::format("{} does not hold a key: {}", place_.describe(), read.fault));
}

bool CredentialSource::stamp_of(const std::string& path, FileStamp& stamp) noexcept {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  stamp = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
           static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim),
           nanoseconds(info.st_ctim)};
  return true;
}

Result<Secret> CredentialSource::read_file(const std::string& path) {
  const auto refuse = [&](std::string_view why) {
    return fault(fmt::format("{}: {}", place_.describe(), why));
  };
  // The stamp is taken before the content: a change in between is seen at the next look.
  FileStamp stamp;
  (void)stamp_of(path, stamp);

  const auto opened = net::open_key_file(path);
  if (!opened) return refuse(opened.error().message);
  const FileDescriptor& file = *opened;
  net::Judgement judged = net::judge_access(net::access_of(file.get()), path);
  if (!judged.fault.empty()) return refuse(judged.fault);

  std::string text(longest_key + 64, '\0');  // and what may stand around a key
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  auto secret = key_in(std::string_view(text).substr(0, size));
  wipe(text);
  if (!secret) return secret;
  stamp_ = stamp;
  access_remark_ = std::move(judged.remark);
  return secret;
}

}  // namespace anthropic_metrics::api
