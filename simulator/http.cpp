// SPDX-License-Identifier: Apache-2.0
#include "http.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace anthropic_metrics::simulator {
namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

/// zlib wants a window size; 16 more makes it gzip.
constexpr int gzip_window = 15 + 16;

Bytef* bytes(const char* text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text));
}  // zlib is not const-correct

std::string gzip(std::string_view data) {
  z_stream stream{};
  std::string out;
  if (deflateInit2(&stream, 1, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return out;
  out.resize(deflateBound(&stream, static_cast<uLong>(data.size())));
  stream.next_in = bytes(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = bytes(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_without_case(key, name)) return value;
  }
  return std::nullopt;
}

std::string_view error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

void append_json(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr std::string_view digits = "0123456789abcdef";
      out += "\\u00";
      out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(digits[static_cast<unsigned char>(c) & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string error_body(const ApiError& error, std::string_view request_id) {
  std::string body = R"({"type":"error","error":{"type":)";
  append_json(body, error.type);
  body += ",\"message\":";
  append_json(body, error.message);
  if (!error.error_code.empty()) {
    body += ",\"details\":{\"error_code\":";
    append_json(body, error.error_code);
    body += '}';
  }
  body += "},\"request_id\":";
  append_json(body, request_id);
  body += '}';
  return body;
}

void compress(Response& response, const Headers& request_headers) {
  const auto accepted = find_header(request_headers, "accept-encoding");
  if (!accepted || accepted->find("gzip") == std::string_view::npos || response.body.empty())
    return;
  response.body = gzip(response.body);
  response.headers.emplace_back("content-encoding", "gzip");
  response.headers.emplace_back("vary", "accept-encoding");
}

std::optional<std::string> gunzip(std::string_view data) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window) != Z_OK) return std::nullopt;
  stream.next_in = bytes(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  std::string out;
  std::array<char, 65536> block{};
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = bytes(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
    if (status == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return std::nullopt;
  return out;
}

}  // namespace anthropic_metrics::simulator
