// SPDX-License-Identifier: Apache-2.0
// The head of a request to the host's own endpoint: what it asks for, or why it is refused. Pure.
#pragma once

#include <string>
#include <string_view>

namespace anthropic_metrics::host {

// What is answered: one answer a connection, which is closed after it.
struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;  // of a refusal: one sentence
};

struct HttpRequest {
  bool head_only = false;
  std::string path;  // without its query
  int refused = 0;   // status of the answer if it is not obeyed,
  std::string why;   // and its sentence
};

// head: up to and with the empty line. own_host: as http.host says it, for the check that keeps
// pages of the web out: a browser that was led here by a name of somebody else (DNS rebinding)
// sends that name as Host. Names of this machine and plain addresses are let in.
HttpRequest parse_request(std::string_view head, std::string_view own_host);

// The answer as it travels.
std::string to_bytes(const HttpAnswer& answer, bool head_only);

}  // namespace anthropic_metrics::host
