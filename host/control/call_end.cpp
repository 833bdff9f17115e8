// SPDX-License-Identifier: Apache-2.0
#include "control/call_end.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/octets.hpp"

namespace anthropic_metrics::host::control {
namespace {

// gRPC's numbers that mean something of their own here.
enum Status {
  ok = 0,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  unimplemented = 12,
  unavailable = 14,
  unauthenticated = 16,
};

const char* remedy_for(int status) {
  switch (status) {
    case permission_denied:
    case unauthenticated:
      return "the token that it gave to this program is not valid any more, or another process "
             "uses "
             "it: restart the Elastic Agent";
    case already_exists:
      return "another process is connected as this component: end it, or restart the Elastic Agent";
    case resource_exhausted:
      return "raise agent.grpc.max_message_size in the Elastic Agent's configuration";
    case unimplemented:
      return "install Elastic Agent 8.6 or newer";
    default:
      return "this goes on trying; restart the Elastic Agent if it stays";
  }
}

}  // namespace

std::string readable(std::string_view grpc_message) {
  std::string text;
  for (std::size_t i = 0; i < grpc_message.size(); ++i) {
    unsigned octet = 0;
    const char* const digits = grpc_message.data() + i + 1;
    if (grpc_message[i] == '%' && i + 2 < grpc_message.size() &&
        std::from_chars(digits, digits + 2, octet, 16).ptr == digits + 2) {
      text += static_cast<char>(octet);
      i += 2;
    } else {
      text += grpc_message[i];
    }
  }
  return excerpt(text, 200);
}

Failure explain(const CallEnd& end, std::string_view call) {
  Failure failure{ExitCode::internal, {}, "agent"};
  const std::string said = readable(end.grpc_message);
  if (end.grpc_status == ok || end.grpc_status == unavailable) {
    failure.passes = true;
    failure.lines = {fmt::format("the Elastic Agent ended the stream of {}{}; this connects again",
                                 call, said.empty() ? "" : " (" + said + ")")};
  } else if (end.grpc_status) {
    // Both streams are refused for the same reason, and one line is enough.
    failure.lines = {fmt::format("the Elastic Agent refuses this program (status {}{}); {}",
                                 *end.grpc_status, said.empty() ? "" : ": " + said,
                                 remedy_for(*end.grpc_status))};
  } else if (end.http_status != 0 && end.http_status != 200) {
    failure.lines = {fmt::format(
        "what answers as the Elastic Agent refuses the stream of {} with HTTP status {}; restart "
        "the Elastic Agent, and see what else listens at its address",
        call, end.http_status)};
  } else {
    failure.passes = true;
    failure.lines = {
        fmt::format("the stream of {} was cut off{}; this connects again", call,
                    end.reset == 0 ? "" : fmt::format(" (HTTP/2 code {})", end.reset))};
  }
  return failure;
}

}  // namespace anthropic_metrics::host::control
