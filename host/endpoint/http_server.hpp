// SPDX-License-Identifier: Apache-2.0
// Answers GET over plain HTTP/1.1 on a thread of its own. Bounded whoever asks: connections, the
// head of a request, the time a client may take. What is asked for is the handler's to know.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file_descriptor.hpp"
#include "endpoint/http_request.hpp"
#include "failure.hpp"
#include "policy/endpoint_settings.hpp"

namespace anthropic_metrics::host {

class HttpServer {
 public:
  struct Limits {
    std::size_t connections = 16;              // more wait in the system's queue
    std::size_t head_bytes = 8192;             // of a request
    std::chrono::milliseconds patience{5000};  // from the first octet to the last of the answer
  };
  // The answer to a path, on the server's thread. Nothing it throws leaves the thread.
  using Handler = std::function<HttpAnswer(const std::string& path)>;

  // Listens, or says why that cannot be.
  static Result<std::unique_ptr<HttpServer>> start(const EndpointSettings& settings,
                                                   Handler handler, Limits limits);
  static Result<std::unique_ptr<HttpServer>> start(const EndpointSettings& settings,
                                                   Handler handler) {
    return start(settings, std::move(handler), Limits());
  }
  // Ends at once, whatever clients do: it waits for the handler alone.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens.
  std::uint16_t port() const { return port_; }

 private:
  HttpServer(FileDescriptor listener, FileDescriptor stop, EndpointSettings settings,
             Handler handler, Limits limits);
  struct Connection;
  void serve();
  void accept_some();
  // False if the connection is over.
  bool go_on(Connection& connection);
  bool read_some(Connection& connection);
  bool write_some(Connection& connection);
  void answer(Connection& connection);

  const FileDescriptor listener_;
  const FileDescriptor stop_;  // an event
  const EndpointSettings settings_;
  const Handler handler_;
  const Limits limits_;
  std::uint16_t port_ = 0;
  std::vector<Connection> connections_;  // of the serving thread
  std::thread thread_;
};

}  // namespace anthropic_metrics::host
