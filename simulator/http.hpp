// SPDX-License-Identifier: Apache-2.0
// Requests and responses as values, so that the whole API is a function and only server.cpp knows
// sockets.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anthropic_metrics::simulator {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of a header, names compared without case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target;  ///< path and query, as on the request line
  Headers headers;
  std::string body;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

/// An error as the API documents it.
struct ApiError {
  ApiError() = default;
  ApiError(int http_status, std::string error_type, std::string text, std::string code = {})
      : status(http_status),
        type(std::move(error_type)),
        message(std::move(text)),
        error_code(std::move(code)) {}

  int status = 500;
  std::string type = "api_error";
  std::string message;
  std::string error_code;  ///< in `error.details`, when not empty
};

template <class T>
using Result = boost::system::result<T, ApiError>;

/// `{"type":"error","error":{...},"request_id":"..."}`.
std::string error_body(const ApiError& error, std::string_view request_id);

/// The documented `error.type` of a status.
std::string_view error_type(int status);

/// Appends a JSON string, quoted and escaped; an empty text is null.
void append_json(std::string& out, std::string_view text);

/// Compresses the body if the request accepts gzip, and says so; a body without content stays as it
/// is.
void compress(Response& response, const Headers& request_headers);

/// The inverse, for tests and tools. Nothing if `data` is not a complete gzip member.
std::optional<std::string> gunzip(std::string_view data);

}  // namespace anthropic_metrics::simulator
