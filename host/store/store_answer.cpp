// SPDX-License-Identifier: Apache-2.0
// What a refusal says about itself.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/octets.hpp"
#include "json_access.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// {"error":{"reason":...,"caused_by":{...}}}, {"error":"..."} or Kibana's {"message":"..."}.
std::string reason_in(const json::object& body) {
  if (const json::object* error = object_in(body, "error")) {
    std::string reason = text_in(*error, "reason");
    if (const json::object* cause = object_in(*error, "caused_by")) {
      const std::string deeper = text_in(*cause, "reason");
      if (!deeper.empty() && deeper != reason) reason += (reason.empty() ? "" : ": ") + deeper;
    }
    if (reason.empty()) reason = text_in(*error, "type");
    if (!reason.empty()) return reason;
  }
  std::string message = text_in(body, "message");
  return !message.empty() ? message : text_in(body, "error");
}

}  // namespace

std::chrono::seconds asked_to_wait(const StoreAnswer& answer) {
  std::uint32_t seconds = 0;
  for (const net::Header& header : answer.headers) {
    if (!net::same_header_name(header.name, "retry-after")) continue;
    const char* end = header.value.data() + header.value.size();
    const auto read = std::from_chars(header.value.data(), end, seconds);
    if (read.ec != std::errc() || read.ptr != end) seconds = 0;
  }
  return std::chrono::seconds(seconds);
}

std::string reason_of(const StoreAnswer& answer) {
  boost::system::error_code failed;
  const json::value body = json::parse(answer.body, failed);
  std::string reason = failed || !body.is_object() ? std::string() : reason_in(body.get_object());
  if (reason.empty()) reason = answer.body.empty() ? "without a reason" : answer.body;
  return fmt::format("{}: {}", answer.status, excerpt(reason, 300));
}

}  // namespace anthropic_metrics::host
