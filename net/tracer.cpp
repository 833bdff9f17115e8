// SPDX-License-Identifier: Apache-2.0
#include "net/tracer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/octets.hpp"
#include "base/timestamp.hpp"
#include "base/write_signals.hpp"

namespace anthropic_metrics::net {
namespace {

namespace json = boost::json;

/// The headers of HTTP whose values may be seen.
constexpr std::array<std::string_view, 19> shown_headers = {"accept",
                                                            "accept-encoding",
                                                            "cache-control",
                                                            "cf-ray",
                                                            "connection",
                                                            "content-encoding",
                                                            "content-length",
                                                            "content-type",
                                                            "date",
                                                            "host",
                                                            "request-id",
                                                            "retry-after",
                                                            "retry-after-ms",
                                                            "server",
                                                            "transfer-encoding",
                                                            "user-agent",
                                                            "vary",
                                                            "via",
                                                            "x-should-retry"};

json::object header_object(const std::vector<Header>& headers,
                           const std::vector<std::string>& own) {
  json::object object;
  for (const Header& header : headers) {
    const auto same = [&](std::string_view name) { return same_header_name(name, header.name); };
    const bool shown = std::any_of(shown_headers.begin(), shown_headers.end(), same) ||
                       std::any_of(own.begin(), own.end(), same);
    json::value& slot = object[json::string_view(to_lower(header.name))];
    if (!slot.is_array()) slot = json::array();
    slot.as_array().push_back(json::value(shown ? excerpt(header.value, 500)
                                                : fmt::format("[{} octets]", header.value.size())));
  }
  return object;
}

void remove_trace(const std::string& path) {
  constexpr std::string_view beginning = R"({"@timestamp":)";
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return;
  std::array<char, beginning.size()> octets{};
  const ssize_t got = ::read(file.get(), octets.data(), octets.size());
  const bool empty = got == 0;
  const bool trace = got == static_cast<ssize_t>(octets.size()) &&
                     std::string_view(octets.data(), octets.size()) == beginning;
  if (empty || trace) (void)::unlink(path.c_str());
}

}  // namespace

struct Tracer::Answer {
  ResponseHead head;
  std::string body;
  std::uint64_t octets = 0;
  bool withheld = false;
  std::chrono::steady_clock::time_point began;
};

Tracer::Tracer(TracerSettings settings, Scrub scrub, SteadyClock steady, WallClock wall)
    : settings_(std::move(settings)),
      scrub_(std::move(scrub)),
      steady_(steady ? std::move(steady) : [] { return std::chrono::steady_clock::now(); }),
      wall_(wall ? std::move(wall) : [] { return std::chrono::system_clock::now(); }),
      until_(steady_() + settings_.lifetime) {}

Tracer::~Tracer() = default;

Result<std::unique_ptr<Tracer>> Tracer::open(TracerSettings settings, Scrub scrub,
                                             SteadyClock steady, WallClock wall) {
  std::unique_ptr<Tracer> tracer(
      new Tracer(std::move(settings), std::move(scrub), std::move(steady), std::move(wall)));
  if (!tracer->open_file()) {
    const int reason = errno;
    return Error{
        code_of(reason, Errc::configuration),
        fmt::format("enable_request_tracer: {} cannot be written ({}); it must be a regular "
                    "file of this user in a directory this user may write",
                    excerpt(tracer->settings_.path, 200), std::strerror(reason))};
  }
  return tracer;
}

bool Tracer::open_file() {
  FileDescriptor file(::open(settings_.path.c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                             0600));
  if (!file.is_open()) return false;
  struct stat info {};
  const bool ours = ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                    info.st_uid == ::geteuid() && ::fchmod(file.get(), 0600) == 0;
  if (!ours) {
    file.reset();
    errno = EPERM;
    return false;
  }
  file_ = std::move(file);
  written_ = static_cast<std::uint64_t>(info.st_size);
  return true;
}

void Tracer::close() noexcept {
  file_.reset();
  pending_.clear();
}

void Tracer::rotate() {
  file_.reset();
  const auto numbered = [&](unsigned n) { return fmt::format("{}.{}", settings_.path, n); };
  for (unsigned n = settings_.backups; n > 1; --n) {
    (void)std::rename(numbered(n - 1).c_str(), numbered(n).c_str());
  }
  if (settings_.backups > 0) {
    (void)std::rename(settings_.path.c_str(), numbered(1).c_str());
  } else {
    (void)std::remove(settings_.path.c_str());
  }
  if (!open_file()) close();
}

void Tracer::write_line(std::string line) {
  if (steady_() >= until_) return close();
  line = scrub_ ? scrub_(line) : line;
  line += '\n';
  if (written_ > 0 && written_ + line.size() > settings_.largest_file) rotate();
  if (!file_.is_open()) return;
  std::string_view rest = line;
  const WriteSignals quiet;
  while (!rest.empty()) {
    const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return close();
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  written_ += line.size();
}

std::uint64_t Tracer::begin(const Request& request, const Url& origin) {
  if (!active()) return 0;
  const std::uint64_t id = ++last_id_;
  const auto query = request.target.find('?');
  json::object line;
  line["@timestamp"] = timestamp(wall_());
  line["log.level"] = "debug";
  line["message"] = "HTTP request";
  line["transaction.id"] = std::to_string(id);
  line["http.request.method"] = "GET";
  line["url.scheme"] = origin.scheme;
  line["url.domain"] = origin.host;
  line["url.port"] = origin.port;
  line["url.path"] = excerpt(origin.path_prefix + request.target.substr(0, query), 500);
  line["url.query"] =
      query == std::string::npos ? std::string() : excerpt(request.target.substr(query + 1), 2000);
  line["http.request.header"] = header_object(request.headers, settings_.shown_headers);
  write_line(json::serialize(line));
  if (!active()) return 0;
  Answer& answer = pending_[id];
  answer.began = steady_();
  answer.withheld = request.withheld;
  return id;
}

void Tracer::head(std::uint64_t id, const ResponseHead& head) {
  if (const auto found = pending_.find(id); found != pending_.end()) found->second.head = head;
}

void Tracer::body(std::uint64_t id, std::string_view piece) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  Answer& answer = found->second;
  answer.octets += piece.size();
  if (answer.withheld && answer.head.status >= 200 && answer.head.status < 300) return;
  const std::size_t room =
      settings_.largest_body - std::min(settings_.largest_body, answer.body.size());
  answer.body += piece.substr(0, room);
}

void Tracer::end(std::uint64_t id, std::string_view failure) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  Answer& answer = found->second;
  json::object line;
  line["@timestamp"] = timestamp(wall_());
  line["log.level"] = failure.empty() ? "debug" : "error";
  line["message"] = failure.empty() ? "HTTP response" : "HTTP response failed";
  line["transaction.id"] = std::to_string(id);
  line["event.duration"] = std::chrono::nanoseconds(steady_() - answer.began).count();
  if (answer.head.status != 0) {
    line["http.response.status_code"] = answer.head.status;
    line["http.response.header"] = header_object(answer.head.headers, settings_.shown_headers);
    line["http.response.body.bytes"] = answer.octets;
    if (answer.octets > 0 && answer.body.empty()) {
      line["http.response.body.withheld"] = true;
    } else {
      line["http.response.body.content"] = excerpt(answer.body, settings_.largest_body);
      line["http.response.body.truncated"] = answer.octets > answer.body.size();
    }
  }
  if (!failure.empty()) line["error.message"] = excerpt(failure, 500);
  pending_.erase(found);
  write_line(json::serialize(line));
}

void remove_traces(const TracerSettings& settings) {
  remove_trace(settings.path);
  for (unsigned n = 1; n <= settings.backups; ++n)
    remove_trace(settings.path + "." + std::to_string(n));
}

}  // namespace anthropic_metrics::net
