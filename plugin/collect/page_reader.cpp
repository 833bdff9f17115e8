// SPDX-License-Identifier: Apache-2.0
#include "collect/page_reader.hpp"

#include <boost/json/parse.hpp>

namespace anthropic_metrics {
namespace {

constexpr std::size_t most_identity_bytes = 64 * 1024;

}  // namespace

boost::asio::awaitable<Result<void>> IdentityReader::piece(std::string_view bytes) {
  if (body_.size() + bytes.size() > most_identity_bytes)
    co_return Error{Errc::protocol, "the answer about the organization is over 64 KiB"};
  body_ += mark_.rest_of(bytes);
  co_return success();
}

Result<void> IdentityReader::end() {
  boost::system::error_code ec;
  const boost::json::value document = boost::json::parse(body_, ec);
  if (ec) return Error{Errc::protocol, "$ is not valid JSON: " + ec.message()};
  const auto* object = document.if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  if (id == nullptr || !id->is_string() || id->get_string().empty())
    return Error{Errc::protocol, "$.id is missing: the answer does not name the organization"};
  id_ = std::string(id->get_string());
  return success();
}

}  // namespace anthropic_metrics
