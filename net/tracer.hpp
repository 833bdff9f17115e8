// SPDX-License-Identifier: Apache-2.0
// The request tracer (`enable_request_tracer`, as Beats name it): one NDJSON line per request and
// one per answer, for a person who debugs. Off by default, and it switches itself off.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "net/message.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::net {

struct TracerSettings {
  std::string path;                          ///< Rotated to path.1, path.2, ...
  std::uint64_t largest_file = 1 << 20;      ///< Octets per file (`maxsize`, 1 MB).
  unsigned backups = 5;                      ///< Rotated files kept (`maxbackups`).
  std::size_t largest_body = 10 * 1024;      ///< Octets of an answer's body in a line.
  std::vector<std::string> shown_headers{};  ///< Besides those of HTTP: the service's own.
  std::chrono::steady_clock::duration lifetime = std::chrono::hours(1);
};

/// Writes what crosses the wire, minus what must not be seen: headers that are not on the
/// allow-list appear as their length, the credential not even as a name's value, and every line is
/// scrubbed. Files are 0600, never followed through a symbolic link. Never throws and never fails a
/// request: after a write error it is off.
class Tracer {
 public:
  using Scrub = std::function<std::string(std::string_view)>;
  using WallClock = std::function<std::chrono::system_clock::time_point()>;
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  /// Opens (appends to) the file. `scrub` is applied to every line: Authorizer::scrub.
  static Result<std::unique_ptr<Tracer>> open(TracerSettings settings, Scrub scrub,
                                              SteadyClock steady = {}, WallClock wall = {});
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// A request leaves. Returns the number that ties its answer to it; 0 once the tracer is off.
  std::uint64_t begin(const Request& request, const Url& origin);

  /// Its answer's head; a piece of its body; its end, `failure` empty if it was whole. Unknown
  /// numbers are ignored.
  void head(std::uint64_t id, const ResponseHead& head);
  void body(std::uint64_t id, std::string_view piece);
  void end(std::uint64_t id, std::string_view failure);

  bool active() const noexcept { return file_.is_open(); }

 private:
  struct Answer;
  explicit Tracer(TracerSettings settings, Scrub scrub, SteadyClock steady, WallClock wall);
  bool open_file();
  void rotate();
  void write_line(std::string line);
  void close() noexcept;

  TracerSettings settings_;
  Scrub scrub_;
  SteadyClock steady_;
  WallClock wall_;
  std::chrono::steady_clock::time_point until_;
  std::map<std::uint64_t, Answer> pending_;
  std::uint64_t last_id_ = 0;
  std::uint64_t written_ = 0;
  FileDescriptor file_;
};

/// Removes a trace file and its rotated ones: called when the tracer is not enabled. What does not
/// begin as a trace does is somebody else's, and stays.
void remove_traces(const TracerSettings& settings);

}  // namespace anthropic_metrics::net
