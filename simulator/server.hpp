// SPDX-License-Identifier: Apache-2.0
// Puts a simulator on loopback: HTTP/1.1 with keep-alive, over TLS 1.2 or newer, or plain. Also
// misbehaves at the level of bytes when a fault says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "certificates.hpp"
#include "simulator.hpp"

namespace anthropic_metrics::simulator {

struct ServerSettings {
  std::uint16_t port = 0;  ///< 0 lets the system choose
  bool tls = true;
  /// Which certificate the server shows.
  CertificateKind certificate = CertificateKind::valid;
  /// Refuses clients without a certificate of the authority (client.pem and client-key.pem).
  bool require_client_certificate = false;
  /// Where ca.pem, client.pem and client-key.pem are written. Empty: a private temporary directory
  /// that is removed at the end.
  std::filesystem::path certificates{};
};

/// Listens from construction to destruction, on 127.0.0.1 and, where there is one, on ::1, on a
/// thread of its own. Connections are served concurrently; `Simulator::handle` runs on that thread.
///
///     Simulator simulator{options};
///     Server server{simulator, {.tls = true}};
///     client.trust(server.certificate_authority()), client.get(server.url() +
///     "/v1/organizations/me");
class Server {
 public:
  /// Throws if the port is taken or a certificate cannot be made. `simulator` is borrowed until
  /// `stop` returns.
  Server(Simulator& simulator, ServerSettings settings);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// `https://localhost:PORT`, or http.
  std::string url() const;
  /// Paths of PEM files; empty without TLS.
  std::filesystem::path certificate_authority() const;
  std::filesystem::path client_certificate() const;
  std::filesystem::path client_key() const;

  /// Connections accepted so far, of both kinds.
  std::uint64_t connections() const;

  /// Closes everything at once, stalled connections too. Safe to call twice. [any thread but the
  /// server's own]
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace anthropic_metrics::simulator
