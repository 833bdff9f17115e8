// SPDX-License-Identifier: Apache-2.0
#include "control/bootstrap.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "base/octets.hpp"
#include "control/wire.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

using control::Field;
using control::for_each_field;

constexpr std::size_t most_bytes = 1 << 20;
constexpr std::chrono::seconds patience{30};
constexpr std::uint64_t protocol_v2 = 1;          // as a service
constexpr std::uint32_t usual_largest = 4 << 20;  // what gRPC allows where nobody says otherwise

Failure refusal(std::string line) {
  return Failure{ExitCode::usage, {std::move(line)}, "agent"};
}

Failure not_an_agent(std::string_view fact) {
  return refusal(fmt::format(
      "standard input: {}; an Elastic Agent starts this command and says there where it "
      "is: to collect without one, use 'anthropic-metrics run'",
      fact));
}

bool parse_agent(std::string_view message, AgentFacts& agent) {
  return for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(1)) agent.id = excerpt(field.bytes, 200);
    if (field.is_bytes(2)) agent.version = excerpt(field.bytes, 200);
    if (field.is_number(3)) agent.snapshot = field.number != 0;
    if (field.is_number(4)) agent.managed = field.number == 0;
    if (field.is_number(5)) agent.unprivileged = field.number != 0;
    return true;
  });
}

// A list of numbers comes packed into bytes, or each in a field of its own.
bool offers_v2(const Field& field, bool& offered) {
  if (field.is_number(7)) offered = offered || field.number == protocol_v2;
  if (!field.is_bytes(7)) return true;
  for (const char service : field.bytes) offered = offered || service == protocol_v2;
  return true;
}

const char* what_is_missing(const Bootstrap& bootstrap) {
  if (bootstrap.address.empty()) return "address";
  if (bootstrap.server_name.empty()) return "server name";
  if (bootstrap.token == nullptr) return "token";
  if (bootstrap.authority.empty()) return "authority";
  if (bootstrap.certificate.empty()) return "certificate";
  if (bootstrap.key == nullptr) return "key";
  return nullptr;
}

}  // namespace

Result<Bootstrap> parse_bootstrap(std::string_view message) {
  if (message.empty()) return not_an_agent("nothing came");
  Bootstrap bootstrap;
  bootstrap.agent.managed = true;  // the number 0, which is left out
  bool v2 = false, agent_fine = true;
  const bool fine = for_each_field(message, [&](const Field& field) {
    if (field.is_bytes(1)) bootstrap.address = field.bytes;
    if (field.is_bytes(2)) bootstrap.server_name = field.bytes;
    if (field.is_bytes(3) && !field.bytes.empty()) bootstrap.token = secret_text(field.bytes);
    if (field.is_bytes(4)) bootstrap.authority = field.bytes;
    if (field.is_bytes(5)) bootstrap.certificate = field.bytes;
    if (field.is_bytes(6) && !field.bytes.empty()) bootstrap.key = secret_text(field.bytes);
    if (field.is_number(9)) bootstrap.largest_message = static_cast<std::uint32_t>(field.number);
    if (field.is_bytes(10)) agent_fine = parse_agent(field.bytes, bootstrap.agent);
    return offers_v2(field, v2) && agent_fine;
  });
  if (!fine) return not_an_agent("what came is no greeting of an Elastic Agent");
  if (!v2 && !bootstrap.address.empty()) {
    return refusal(fmt::format(
        "the Elastic Agent{} does not offer the second version of its control protocol; "
        "install Elastic Agent 8.6 or newer",
        bootstrap.agent.version.empty() ? "" : " " + bootstrap.agent.version));
  }
  if (const char* missing = what_is_missing(bootstrap)) {
    return not_an_agent(fmt::format("the greeting has no {}", missing));
  }
  if (bootstrap.largest_message == 0) bootstrap.largest_message = usual_largest;
  return bootstrap;
}

namespace {

// Into text, which may hold a key also where this fails.
std::optional<Failure> read_all(int fd, std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::array<char, 4096> piece;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return not_an_agent("it did not end within 30 s");
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return not_an_agent(fmt::format("cannot be read ({})", std::strerror(errno)));
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > most_bytes) return not_an_agent("more than a megabyte came");
  }
  wipe(piece.data(), piece.size());
  return std::nullopt;
}

}  // namespace

Result<Bootstrap> read_bootstrap(int fd) {
  const WipingFrees wiping;
  if (::isatty(fd) != 0) return not_an_agent("is a terminal");
  std::string text;
  if (auto failure = read_all(fd, text)) return *failure;
  auto bootstrap = parse_bootstrap(text);
  wipe(text);
  return bootstrap;
}

}  // namespace anthropic_metrics::host
