// SPDX-License-Identifier: Apache-2.0
#include "outputs/file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <system_error>

#include "outputs/file_room.hpp"
#include "outputs/file_sink.hpp"
#include "policy/duration.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

// "0640", "0o640" or 640; a number that makes no sense in octal is decimal, as an Agent reads it:
// 416. None can be read both ways, since every usable mode is 06xx or 07xx.
std::optional<std::uint32_t> file_mode(std::string_view text) {
  if (text.starts_with("0o")) text.remove_prefix(2);
  for (const int base : {8, 10}) {
    std::uint32_t mode = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, mode, base);
    if (error == std::errc() && stop == end && mode <= 0777 && (mode & 0600U) == 0600U) return mode;
    if (text.starts_with('0')) return std::nullopt;
  }
  return std::nullopt;
}

void read_place(PolicyContext& context, const OutputSection& section, FileSettings& settings) {
  const auto& [name, node, path, complete] = section;
  const std::size_t faults_before = context.faults.size();
  settings.path = context.text(node, "path", path).value_or("");
  if (settings.path.empty() && complete && context.faults.size() == faults_before) {
    context.fault(node.place, path + ".path", "a file output needs a directory", "a path",
                  "add 'path: <directory>'");
  }
  settings.filename = context.text(node, "filename", path).value_or(settings.filename);
  if (settings.filename.empty() || settings.filename.find('/') != std::string::npos) {
    context.fault(node.find("filename")->place, path + ".filename", "this is not a file name",
                  "the beginning of a file name, without '/'", "put the directory into 'path'");
  }
}

void read_limits(PolicyContext& context, const OutputSection& section, FileSettings& settings) {
  const auto& [name, node, path, complete] = section;
  settings.rotate_every_kb = context.whole(node, "rotate_every_kb", path, 1, 1'000'000'000)
                                 .value_or(settings.rotate_every_kb);
  settings.number_of_files = static_cast<std::uint32_t>(
      context.whole(node, "number_of_files", path, 2, 1024).value_or(settings.number_of_files));
  if (const auto age = context.text(node, "delete_after", path)) {
    const auto time = parse_duration(*age);
    if (!time) {
      context.fault(node.find("delete_after")->place, path + ".delete_after",
                    fmt::format("'{}' is not a duration", *age),
                    "a duration such as 168h or 90m, there is no unit for days", "");
    }
    settings.delete_after = time.value_or(settings.delete_after);
  }
  if (const Node* permissions = node.find("permissions"); permissions != nullptr) {
    const auto mode = file_mode(permissions->text);
    if (!mode) {
      context.fault(permissions->place, path + ".permissions",
                    "these are not usable file permissions",
                    "octal digits such as 0600 that let the owner read and write", "");
    }
    settings.permissions = mode.value_or(settings.permissions);
  }
}

OutputPtr read(PolicyContext& context, const OutputSection& section) {
  FileSettings settings;
  read_place(context, section, settings);
  read_limits(context, section, settings);
  return std::make_shared<FileOutput>(section.name, std::move(settings));
}

}  // namespace

FileOutput::FileOutput(std::string name, FileSettings settings)
    : Output(std::move(name)), settings_(std::move(settings)) {}

std::unique_ptr<Sink> FileOutput::make_sink(Log& log) const {
  return std::make_unique<FileSink>(name(), settings_, log);
}

bool FileOutput::same_as(const Output& other) const {
  const auto* file = dynamic_cast<const FileOutput*>(&other);
  return file != nullptr && file->name() == name() && file->settings_ == settings_;
}

std::optional<Fault> FileOutput::clash_with(const Output& other) const {
  const auto* file = dynamic_cast<const FileOutput*>(&other);
  if (file == nullptr || file->settings_.path != settings_.path ||
      file->settings_.filename != settings_.filename)
    return std::nullopt;
  // They would rotate each other's files away.
  Fault fault;  // GCC 12 at -O3 sees a braced one used before it is made
  fault.path = "path";
  fault.fact = fmt::format("outputs '{}' and '{}' write to the same files", other.name(), name());
  fault.expected = "different 'path' or 'filename'";
  fault.remedy = "let both inputs use one of the two outputs";
  return fault;
}

std::optional<std::uint64_t> FileOutput::room_for(const StreamTarget& target) const {
  return room_in(settings_, target);
}

std::string FileOutput::newest_lines(const StreamTarget& target) const {
  return newest_lines_in(settings_, target);
}

namespace {

const OutputRegistration registered({.name = "file",
                                     .keys = {"path", "filename", "rotate_every_kb",
                                              "number_of_files", "permissions", "delete_after"},
                                     .read = read});

}  // namespace
}  // namespace anthropic_metrics::host
