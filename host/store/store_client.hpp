// SPDX-License-Identifier: Apache-2.0
// Asks a store, or Kibana, one thing after another and waits for the answer: several hosts with
// failover, TLS, proxy and credential as the settings say. What an answer means is the caller's to
// know.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "net/message.hpp"
#include "store/store_settings.hpp"

namespace anthropic_metrics::host {

class Log;

struct StoreRequest {
  std::string method = "GET";  // GET, POST, PUT, DELETE or HEAD
  std::string target;          // "/_cluster/health?level=shards", without the host's prefix
  std::string body{};          // empty: none
  std::string type = "application/json";  // of the body
  std::string encoding{};                 // of the body: "gzip" or empty
  std::vector<net::Header> headers{};     // beyond those of the settings
};

struct StoreAnswer {
  int status = 0;
  std::string body;  // whole, inflated; at most 64 MiB
  std::vector<net::Header> headers;
  std::chrono::duration<double> took{};  // from the request to the body's end

  bool fine() const { return status >= 200 && status < 300; }
};

// Why a request has no answer.
struct StoreSilence {
  bool perhaps_done = false;  // it was sent, and may have been carried out
  bool lasting = false;       // a person must act: certificate, credential's place, address
  std::string line;           // place, fact, remedy; equal for equal causes; no secret
};

template <class T>
using StoreResult = boost::system::result<T, StoreSilence>;

class StoreClient {
 public:
  // Reads certificates and finds faults of the settings; asks nobody. log outlives the client and
  // learns the secret that it must replace.
  static Result<std::unique_ptr<StoreClient>> make(const StoreSettings& settings, Log& log);
  virtual ~StoreClient() = default;

  // One request, answered or not. A host that cannot be reached is passed over for the next one, as
  // long as the request was not sent; the host that answered last is asked first. Returns within
  // the timeout of the settings, or at once when stop is requested. One call at a time.
  virtual StoreResult<StoreAnswer> ask(StoreRequest request, std::stop_token stop = {}) = 0;

  // Up to `concurrent` requests at a time; answers in the order of the requests.
  virtual std::vector<StoreResult<StoreAnswer>> ask_all(std::vector<StoreRequest> requests,
                                                        std::size_t concurrent,
                                                        std::stop_token stop = {}) = 0;

  // Of the host asked last: "https://es:9200", for messages.
  virtual std::string host() const = 0;
};

// Retry-After of the answer in seconds; 0 without one, and for a date.
std::chrono::seconds asked_to_wait(const StoreAnswer& answer);

// Of an answer that is a refusal: "401: missing authentication credentials", the engine's own
// reason if there is one, cut at 300 characters.
std::string reason_of(const StoreAnswer& answer);

}  // namespace anthropic_metrics::host
