// SPDX-License-Identifier: Apache-2.0
#include "placement/component_files.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "placement/spec_file.hpp"

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;

// For which machine a file of code is built; nothing: it is no such file.
std::optional<unsigned> machine_of(int fd) {
  std::array<unsigned char, 20> head{};
  if (::pread(fd, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()) ||
      std::memcmp(head.data(), ELFMAG, SELFMAG) != 0)
    return std::nullopt;
  const bool little = head[EI_DATA] == ELFDATA2LSB;
  return head[little ? 18 : 19] | static_cast<unsigned>(head[little ? 19 : 18]) << 8U;
}

std::string machine_name(unsigned machine) {
  if (machine == EM_X86_64) return "amd64";
  if (machine == EM_AARCH64) return "arm64";
  return fmt::format("machine {}", machine);
}

Result<FileDescriptor> opened(const fs::path& file) {
  FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (fd.is_open() && ::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode)) return fd;
  return Failure{ExitCode::plugin_missing,
                 {fmt::format("{} cannot be read: {}; install program and library of one release, "
                              "readable by this user",
                              file.string(), fd.is_open() ? "no file" : std::strerror(errno))}};
}

Failure wrong_machine(std::string line) {
  return {ExitCode::wrong_abi, {std::move(line)}};
}

}  // namespace

Result<ComponentFiles> ComponentFiles::open(const fs::path& program, const fs::path& library,
                                            std::string version) {
  ComponentFiles files;
  auto own = opened(program);
  if (!own) return own.error();
  auto plugin = opened(library);
  if (!plugin) return plugin.error();
  const auto machine = machine_of(own->get());
  const auto of_library = machine_of(plugin->get());
  if (!machine || !of_library) {
    return wrong_machine(fmt::format("{} is not a {} of this system; take one from a release",
                                     (machine ? library : program).string(),
                                     machine ? "library" : "program"));
  }
  if (*machine != *of_library) {
    return wrong_machine(fmt::format(
        "the library {} is built for {}, the program {} for {}; take both from one "
        "release",
        library.string(), machine_name(*of_library), program.string(), machine_name(*machine)));
  }
  const std::string_view architecture = component_architecture();
  if (architecture.empty())
    return wrong_machine(
        "an Elastic Agent runs components on amd64 and arm64 only; run this "
        "program by itself here");
  files.machine_ = *machine;
  files.program_ = std::move(*own);
  files.library_ = std::move(*plugin);
  files.spec_ = spec_text(version, architecture);
  files.version_ = std::move(version);
  return files;
}

Result<void> ComponentFiles::fits(const fs::path& agent_program) const {
  const FileDescriptor fd(::open(agent_program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const auto machine = fd.is_open() ? machine_of(fd.get()) : std::nullopt;
  if (!machine || *machine == machine_) return {};
  return wrong_machine(
      fmt::format("the Elastic Agent {} is built for {}, this program for {}; "
                  "take the release for {}",
                  agent_program.string(), machine_name(*machine), machine_name(machine_),
                  machine_name(*machine)));
}

}  // namespace anthropic_metrics::host
