// SPDX-License-Identifier: Apache-2.0
#include "placement/successors.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "placement/component_files.hpp"
#include "placement/folder_watch.hpp"
#include "placement/placement.hpp"
#include "placement/spec_file.hpp"
#include "placement/successor.hpp"
#include "placement/uninstalled.hpp"

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Without notices of the system: an Agent starts from a new folder within two seconds.
constexpr milliseconds blind{200};

// The folder of versions that a running component lies in; empty: it lies elsewhere.
fs::path data_around(const fs::path& program) {
  const fs::path components = program.parent_path();
  const fs::path version = components.parent_path();
  const fs::path data = version.parent_path();
  const bool inside = components.filename() == "components" &&
                      is_version_name(version.filename().string()) && data.filename() == "data";
  return inside ? data : fs::path();
}

// The running program wherever its name leads: it may have been removed or replaced.
constexpr const char* running_program = "/proc/self/exe";

}  // namespace

class Successors::Watch {
 public:
  Watch(fs::path data, ComponentFiles files, Log& log)
      : data_(std::move(data)), files_(std::move(files)), log_(log), mark_(data_) {
    // Before anything else happens: what stands there now is not being unpacked.
    look_around([](Successor&) {});
    looked_ = true;
    thread_ = std::thread([this] { run(); });
  }
  ~Watch() {
    stopped_ = true;
    watch_.stop();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void run() {
    pthread_setname_np(pthread_self(), "successors");
    while (!stopped_) {
      milliseconds patience = careful_round();
      if (!watch_.sees()) patience = std::min(patience, blind);
      watch_.wait(patience);
    }
  }

  // What goes wrong here must not end the component.
  milliseconds careful_round() {
    try {
      return round();
    } catch (const std::exception& problem) {
      warn_once(
          fmt::format("new versions of the Elastic Agent are not looked for: {}; if this "
                      "lasts, restart the Agent",
                      problem.what()));
      return Successor::longest;
    }
  }

  // Looks at every version once. How long nothing is to be done unless something happens.
  milliseconds round() {
    watch_.add(data_);
    milliseconds patience = Successor::longest;
    look_around([&](Successor& version) { patience = std::min(patience, care_for(version)); });
    return patience;
  }

  // The versions that are there, each with what is known of it.
  template <class Care>
  void look_around(Care care) {
    std::map<std::string, Successor> present;
    std::error_code error;
    for (fs::directory_iterator at(data_, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      std::error_code problem;
      if (!is_version_name(name) || !at->is_directory(problem)) continue;
      auto known = versions_.extract(name);
      if (known.empty())
        present.emplace(name, Successor(at->path(), looked_, Clock::now()));
      else
        present.insert(std::move(known));
      care(present.at(name));
    }
    if (error) present.merge(versions_);  // what was not seen may be there all the same
    versions_ = std::move(present);
  }

  milliseconds care_for(Successor& version) {
    watch_.add(version.folder());
    watch_.add(version.components());
    if (version.look(Clock::now()) == Successor::Need::place && !stopped_) put_into(version);
    return version.patience(Clock::now());
  }

  void put_into(Successor& version) {
    if (mark_.set_since()) return version.refused(Clock::now());
    const auto done = place(files_, version.components(), Newer::keep, &stopped_);
    if (!done) {
      version.refused(Clock::now());
      warn(version, done.error());
      return;
    }
    version.placed();
    warned_.clear();
    if (*done == Placed::anew || *done == Placed::replaced)
      tell(LogLevel::info, fmt::format("placed {} {} in {}", component_program, files_.version(),
                                       version.components().string()));
  }

  void warn(const Successor& version, const Failure& failure) {
    std::error_code error;
    if (failure.lines.empty() || !fs::exists(version.components(), error)) return;
    warn_once(
        fmt::format("this component is missing in {}, and an Agent that starts from there "
                    "cannot run it: {}",
                    version.folder().string(), failure.lines.front()));
  }

  // The same trouble is told once.
  void warn_once(const std::string& line) {
    if (line == warned_) return;
    warned_ = line;
    tell(LogLevel::warn, line);
  }

  void tell(LogLevel level, const std::string& line) {
    if (log_.wants(level)) log_.write(level, "placement", {}, line);
  }

  const fs::path data_;
  const ComponentFiles files_;
  Log& log_;
  const UninstalledMark mark_;
  FolderWatch watch_;
  std::map<std::string, Successor> versions_;  // of the thread once it runs, as all below
  bool looked_ = false;
  std::string warned_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

Successors::Successors(fs::path program, Log& log) : program_(std::move(program)), log_(log) {}

Successors::~Successors() = default;

bool Successors::start() {
  if (watch_) return true;
  const fs::path data = data_around(program_);
  if (data.empty()) return false;
  const fs::path library = program_.parent_path() / component_library;
  std::error_code error;
  const bool running = fs::equivalent(program_, running_program, error);
  auto files =
      ComponentFiles::open(running ? fs::path(running_program) : program_, library, AM_VERSION);
  if (!files) {
    for (const std::string& line : files.error().lines)
      log_.write(LogLevel::warn, "placement", {},
                 "not kept in new versions of the Elastic Agent: " + line);
    return false;
  }
  watch_ = std::make_unique<Watch>(data, std::move(*files), log_);
  return true;
}

}  // namespace anthropic_metrics::host
