// SPDX-License-Identifier: Apache-2.0
// The least that any collector must do, so that what ours does beside it can be seen: ask for a
// page over TLS, inflate it, parse it and forget it, and write as many octets as its documents
// have.
//
//   least URL CA_FILE TARGET [DOCUMENTS [PACK]]
//   least --rest
//
// DOCUMENTS: a file whose octets are written into another beside it, a batch at a time. PACK: each
// batch is compressed first, as a store wants it. Prints {"octets":N}: how many the page has.
// --rest: nothing but what a process has that could ask over TLS, with the system's trust.
#include <fcntl.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "net/https_transport.hpp"
#include "null_handler.hpp"

namespace {

using namespace anthropic_metrics;
namespace asio = boost::asio;

constexpr std::size_t batch_octets = 1 << 20;

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "least: {}\n", what);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

class OneKey final : public net::Authorizer {
 public:
  Result<net::Authorization> authorization(std::string_view) override {
    return net::Authorization{"x-api-key", "", &key_};
  }
  std::string scrub(std::string_view text) const override { return std::string(text); }

 private:
  const Secret key_{"sk-ant-admin01-simulator"};
};

/// Asks, and parses what comes without looking at it; how many octets it had.
asio::awaitable<std::size_t> read_page(net::Transport& transport, std::string target) {
  net::Request request{std::move(target), {{"anthropic-version", "2023-06-01"}}};
  const auto exchange = must(co_await transport.send(std::move(request)));
  if (exchange->head().status != 200) fail(fmt::format("status {}", exchange->head().status));
  boost::json::basic_parser<NullHandler> parser{boost::json::parse_options{}};
  boost::system::error_code ec;
  std::size_t octets = 0;
  for (;;) {
    const std::string_view piece = must(co_await exchange->read());
    if (piece.empty()) break;
    octets += piece.size();
    parser.write_some(true, piece.data(), piece.size(), ec);
    if (ec) fail(ec.message());
  }
  parser.write_some(false, "", 0, ec);
  if (ec || !parser.done()) fail("the page is no whole JSON text");
  co_return octets;
}

/// Writes the file's octets into another, a batch at a time.
void write_again(const std::string& documents, bool pack) {
  const FileDescriptor from(::open(documents.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!from.is_open() || ::fstat(from.get(), &about) != 0) fail(documents + " cannot be read");
  const auto size = static_cast<std::size_t>(about.st_size);
  void* const place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, from.get(), 0);
  if (place == MAP_FAILED) fail(documents + " cannot be read");
  const FileDescriptor into(
      ::open((documents + ".again").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(1);
  const std::size_t most = libdeflate_gzip_compress_bound(compressor, batch_octets);
  const auto room = std::make_unique_for_overwrite<char[]>(most);
  for (std::string_view rest(static_cast<const char*>(place), size); !rest.empty();) {
    const std::string_view block = rest.substr(0, batch_octets);
    rest.remove_prefix(block.size());
    std::string_view out = block;
    if (pack)
      out = {room.get(),
             libdeflate_gzip_compress(compressor, block.data(), block.size(), room.get(), most)};
    if (::write(into.get(), out.data(), out.size()) != static_cast<ssize_t>(out.size()))
      fail("short of room");
  }
  libdeflate_free_compressor(compressor);
  ::unlink((documents + ".again").c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bool rest = argc == 2 && std::string_view(argv[1]) == "--rest";
  if (argc < 4 && !rest)
    fail("usage: least URL CA_FILE TARGET [DOCUMENTS [PACK]], or least --rest");
  net::HttpSettings http;
  net::UrlWords words;
  words.setting = "URL";
  http.url = must(net::parse_url(rest ? "https://localhost" : argv[1], words));
  const std::string authority = rest ? "" : argv[2];
  if (!rest)
    http.ssl.certificate_authorities = must(net::parse_certificate_authorities({&authority, 1}));
  http.allows = [](std::string_view) { return true; };
  http.body.decoded = std::uint64_t{8} << 30;
  http.deadlines.first_byte = http.deadlines.exchange = std::chrono::minutes(10);

  asio::io_context loop;
  OneKey key;
  const auto transport = must(net::HttpsTransport::make(loop.get_executor(), std::move(http), key));
  if (rest) {
    ::usleep(200'000);  // so that its memory can be looked at
    return 0;
  }
  std::size_t octets = 0;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        octets = co_await read_page(*transport, argv[3]);
        transport->close_idle();
      },
      asio::detached);
  loop.run();
  if (argc > 4) write_again(argv[4], argc > 5);
  fmt::print("{{\"octets\":{}}}\n", octets);
  return 0;
}
