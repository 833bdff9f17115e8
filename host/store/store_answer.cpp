// SPDX-License-Identifier: Apache-2.0
// What a refusal says about itself.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/octets.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object == nullptr ? nullptr : object->if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// {"error":{"reason":...,"caused_by":{...}}}, {"error":"..."} or Kibana's {"message":"..."}.
std::string reason_in(const json::value& body) {
  const auto* object = body.if_object();
  const auto* error = object == nullptr ? nullptr : object->if_contains("error");
  if (error != nullptr && error->is_object()) {
    std::string reason = text_at(*error, "reason");
    const auto* cause = error->get_object().if_contains("caused_by");
    if (cause != nullptr) {
      const std::string deeper = text_at(*cause, "reason");
      if (!deeper.empty() && deeper != reason) reason += (reason.empty() ? "" : ": ") + deeper;
    }
    if (reason.empty()) reason = text_at(*error, "type");
    if (!reason.empty()) return reason;
  }
  std::string message = text_at(body, "message");
  return !message.empty() ? message : text_at(body, "error");
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
  std::string reason = failed ? std::string() : reason_in(body);
  if (reason.empty()) reason = answer.body.empty() ? "without a reason" : answer.body;
  return fmt::format("{}: {}", answer.status, excerpt(reason, 300));
}

}  // namespace anthropic_metrics::host
