// SPDX-License-Identifier: Apache-2.0
// The server with a real client: TLS handshakes good and bad, keep-alive, and answers broken at the
// level of bytes.
#include "simulator/server.hpp"

#include <sys/stat.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "support.hpp"

using namespace anthropic_metrics::simulator;
using namespace anthropic_metrics::simulator::test;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Answer {
  std::string head;
  std::string body;
  error_code error;  ///< set when the body was cut short
};

std::string request_text(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nhost: localhost\r\nx-api-key: " + default_admin_key +
         "\r\nanthropic-version: 2023-06-01\r\n\r\n";
}

/// Sends one request and reads one answer with a content-length, or a chunked one up to its end.
template <class Stream>
Answer fetch(Stream& stream, const std::string& path) {
  Answer answer;
  asio::write(stream, asio::buffer(request_text(path)), answer.error);
  std::string data;
  const std::size_t size =
      asio::read_until(stream, asio::dynamic_buffer(data), "\r\n\r\n", answer.error);
  if (answer.error) return answer;
  answer.head = data.substr(0, size);
  data.erase(0, size);
  if (answer.head.find("chunked") != std::string::npos) {
    if (data.find("\r\n0\r\n\r\n") == std::string::npos)
      asio::read_until(stream, asio::dynamic_buffer(data), "\r\n0\r\n\r\n", answer.error);
  } else {
    const std::size_t length =
        std::stoul(answer.head.substr(answer.head.find("content-length: ") + 16));
    if (data.size() < length)
      asio::read(stream, asio::dynamic_buffer(data), asio::transfer_exactly(length - data.size()),
                 answer.error);
  }
  answer.body = data;
  return answer;
}

/// A TLS client that trusts one authority and checks the name.
class Client {
 public:
  explicit Client(const Server& server, bool with_certificate = false) {
    context_.load_verify_file(server.certificate_authority().string());
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (with_certificate) {
      context_.use_certificate_file(server.client_certificate().string(), asio::ssl::context::pem);
      context_.use_private_key_file(server.client_key().string(), asio::ssl::context::pem);
    }
    stream_.emplace(io_, context_);
    stream_->set_verify_callback(asio::ssl::host_name_verification("localhost"));
    stream_->lowest_layer().connect({asio::ip::address_v4::loopback(), server.port()});
    stream_->handshake(asio::ssl::stream_base::client, handshake_error);
  }

  Answer get(const std::string& path) { return fetch(*stream_, path); }
  asio::ssl::stream<tcp::socket>& stream() { return *stream_; }

  error_code handshake_error;

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  std::optional<asio::ssl::stream<tcp::socket>> stream_;
};

void script(Simulator& simulator, const std::string& rule) {
  REQUIRE_FALSE(simulator.add_faults(R"({"faults":[{"count":0,)" + rule + "}]}"));
}

const std::string me = "/v1/organizations/me";

}  // namespace

TEST_CASE("A client that trusts the authority talks TLS and reuses its connection") {
  Simulator simulator(calm_options());
  const Server server(simulator, {});
  Client client(server);
  REQUIRE_FALSE(client.handshake_error);
  CHECK(SSL_version(client.stream().native_handle()) >= TLS1_2_VERSION);

  const Answer first = client.get(me);
  const Answer second = client.get(usage_path + "?starting_at=2026-11-03T00:00:00Z");

  CHECK(first.head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(first.head.find("date: Wed, 04 Nov 2026 12:00:00 GMT\r\n") != std::string::npos);
  CHECK(json::parse(first.body).at("id") == json::value(json::string(simulator.organization().id)));
  CHECK(json::parse(second.body).at("data").as_array().size() == 1);
  CHECK(server.connections() == 1);
  CHECK(server.url() == "https://localhost:" + std::to_string(server.port()));
}

TEST_CASE("Clients refuse every bad certificate") {
  Simulator simulator(calm_options());
  for (const auto kind : {CertificateKind::wrong_name, CertificateKind::expired,
                          CertificateKind::not_yet_valid, CertificateKind::self_signed}) {
    const Server server(simulator, {.certificate = kind});
    CHECK(Client(server).handshake_error);
  }
}

TEST_CASE("A server that wants a client certificate serves only those who have one") {
  Simulator simulator(calm_options());
  const Server server(simulator, {.require_client_certificate = true});

  CHECK(Client(server, true).get(me).head.starts_with("HTTP/1.1 200"));
  Client without(server);
  // With TLS 1.3 the refusal arrives after the handshake.
  CHECK((without.handshake_error || without.get(me).error));
}

TEST_CASE(
    "Keys are readable by their owner only, and the temporary directory goes with the server") {
  Simulator simulator(calm_options());
  std::filesystem::path key;
  {
    const Server server(simulator, {});
    key = server.client_key();
    struct stat status {};
    REQUIRE(::stat(key.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK_FALSE(std::filesystem::exists(key.parent_path()));
}

TEST_CASE("Plain HTTP is served when asked for, also in chunks") {
  Options options = calm_options();
  options.chunked = true;
  Simulator simulator(options);
  const Server server(simulator, {.tls = false});
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), server.port()});

  const Answer answer = fetch(
      socket, usage_path + "?bucket_width=1h&starting_at=2026-11-03T00:00:00Z&group_by[]=model");

  CHECK_FALSE(answer.error);
  CHECK(answer.head.find("transfer-encoding: chunked") != std::string::npos);
  CHECK(answer.body.starts_with("4000\r\n{\"data\":["));
  CHECK(server.certificate_authority().empty());
}

TEST_CASE("A truncated answer ends before its length, without a TLS goodbye") {
  Simulator simulator(calm_options());
  script(simulator, R"("kind":"truncate")");
  const Server server(simulator, {});
  const Answer answer = Client(server).get(me);
  CHECK(answer.head.starts_with("HTTP/1.1 200"));
  CHECK(answer.error == asio::ssl::error::stream_truncated);
  CHECK_FALSE(answer.body.empty());
}

TEST_CASE("A reset answer breaks the connection before any byte") {
  Simulator simulator(calm_options());
  script(simulator, R"("kind":"reset")");
  const Server server(simulator, {});
  const Answer answer = Client(server).get(me);
  CHECK(answer.head.empty());
  CHECK(answer.error == asio::error::connection_reset);
}

TEST_CASE(
    "A stalled answer sends its head and then nothing, others are served meanwhile, and stopping "
    "ends it") {
  Simulator simulator(calm_options());
  script(simulator, R"("kind":"stall","path":"/v1/organizations/rate_limits")");
  Server server(simulator, {});
  Client stalled(server);
  asio::write(stalled.stream(), asio::buffer(request_text("/v1/organizations/rate_limits")));
  std::string data;
  asio::read_until(stalled.stream(), asio::dynamic_buffer(data), "\r\n\r\n");
  CHECK(data.ends_with("\r\n\r\n"));

  CHECK(Client(server).get(me).head.starts_with("HTTP/1.1 200"));
  server.stop();

  error_code error;
  char byte = 0;
  CHECK(asio::read(stalled.stream(), asio::buffer(&byte, 1), error) == 0);
  CHECK(error);
}

TEST_CASE("A trickling answer arrives whole in the end") {
  Simulator simulator(calm_options());
  script(simulator, R"("kind":"trickle","duration_ms":1)");
  const Server server(simulator, {});
  const Answer answer = Client(server).get("/v1/organizations/rate_limits");
  CHECK_FALSE(answer.error);
  CHECK(json::parse(answer.body).at("data").is_array());
}
