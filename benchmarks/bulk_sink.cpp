// SPDX-License-Identifier: Apache-2.0
// A store that keeps nothing: takes every document of every `_bulk` and says so, as fast as it can
// be said, so that what is measured is whoever ships. Prints its port, serves until standard input
// ends, then prints what came: {"documents":N,"requests":N,"bytes":N,"sent_bytes":N}.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::string_view_literals;

std::atomic<std::uint64_t> documents{0}, requests{0}, bytes{0}, sent_bytes{0};

struct Request {
  std::string head;  // request line and header, as they came
  std::string body;  // inflated
  std::string_view target() const {
    const std::size_t begin = head.find(' ') + 1;
    return std::string_view(head).substr(begin, head.find(' ', begin) - begin);
  }
};

// The value of a header, which is looked for without regard to case.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n");
       line != std::string_view::npos && line + 2 < head.size();
       line = head.find("\r\n", line + 2)) {
    const std::string_view rest = head.substr(line + 2);
    if (rest.size() <= name.size() || rest[name.size()] != ':' ||
        strncasecmp(rest.data(), name.data(), name.size()) != 0)
      continue;
    const std::size_t begin = rest.find_first_not_of(' ', name.size() + 1);
    return rest.substr(begin, rest.find("\r\n") - begin);
  }
  return {};
}

std::string inflated(std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) std::abort();
  std::string out(packed.size() * 8 + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK) {
    if (stream.total_out == out.size()) out.resize(out.size() * 2);
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(out.size() - stream.total_out);
    result = inflate(&stream, Z_NO_FLUSH);
  }
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  ~Connection() { ::close(socket_); }

  bool read(Request& request) {
    std::size_t end = std::string::npos;
    while ((end = kept_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return false;
    request.head = kept_.substr(0, end + 2);
    kept_.erase(0, end + 4);
    const std::size_t length =
        std::strtoull(std::string(header(request.head, "Content-Length")).c_str(), nullptr, 10);
    while (kept_.size() < length)
      if (!more()) return false;
    request.body = kept_.substr(0, length);
    kept_.erase(0, length);
    sent_bytes += length;
    if (header(request.head, "Content-Encoding") == "gzip") request.body = inflated(request.body);
    return true;
  }

  void answer(std::string_view body, int status = 200) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) +
        " -\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n";
    text += body;
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t done = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (done <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(done));
    }
  }

 private:
  bool more() {
    char block[256 * 1024];
    const ssize_t size = ::recv(socket_, block, sizeof block, 0);
    if (size > 0) kept_.append(block, static_cast<std::size_t>(size));
    return size > 0;
  }

  const int socket_;
  std::string kept_;
};

// An item per document, with the id that its action says. `whole`: with all that a store adds.
std::string accepted(std::string_view body, bool whole) {
  std::string out = R"({"took":1,"errors":false,"items":[)";
  std::uint64_t count = 0;
  while (!body.empty()) {
    const std::string_view action = body.substr(0, body.find('\n'));
    constexpr auto key = "\"_id\":\""sv;
    const std::size_t at = action.find(key);
    if (at == std::string_view::npos) std::abort();
    const std::string_view id =
        action.substr(at + key.size(), action.find('"', at + key.size()) - at - key.size());
    if (count++ != 0) out += ',';
    out += R"({"create":{"_index":".ds-metrics-anthropic_metrics.usage-default-000001","_id":")";
    out += id;
    out +=
        whole
            ? R"(","_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":201}})"sv
            : R"(","status":201}})"sv;
    const std::size_t document = action.size() + 1;
    const std::size_t end = body.find('\n', document);
    bytes += end - document;
    body.remove_prefix(end + 1);
  }
  documents += count;
  return out += "]}";
}

// What is asked beside documents: an engine that was set up and holds nothing.
std::string state(std::string_view target) {
  if (target == "/"sv) return R"({"version":{"number":"2.19.1","distribution":"opensearch"}})";
  if (target.starts_with("/_data_stream/")) {
    const std::string name(target.substr(14, target.find('?') - 14));
    return R"({"data_streams":[{"name":")" + name + R"(","generation":1,"template":")" +
           name.substr(0, name.rfind('-')) + R"(","indices":[{"index_name":".ds-)" + name +
           R"(-000001"}]}]})";
  }
  if (target.find("_settings") != std::string_view::npos)
    return R"({".ds-metrics-anthropic_metrics.usage-default-000001":{"settings":{"index.creation_date":"1000"}}})";
  if (target.find("_mget") != std::string_view::npos) return R"({"docs":[]})";
  return R"({"timed_out":false,"hits":{"total":{"value":0,"relation":"eq"},"hits":[]},"_shards":{"failed":0}})";
}

void serve(int socket) {
  Connection connection(socket);
  Request request;
  while (connection.read(request)) {
    const std::string_view target = request.target();
    if (target.find("_bulk") == std::string_view::npos) {
      connection.answer(state(target));
      continue;
    }
    ++requests;
    connection.answer(accepted(request.body, target.find("filter_path") == std::string_view::npos));
  }
}

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 16) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bulk_sink");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::thread([listener] {
    for (;;) {
      const int socket = ::accept(listener, nullptr, nullptr);
      if (socket < 0) return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::thread(serve, socket).detach();
    }
  }).detach();
  char ignored[64];
  while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
  }
  std::printf(R"({"documents":%llu,"requests":%llu,"bytes":%llu,"sent_bytes":%llu})"
              "\n",
              static_cast<unsigned long long>(documents), static_cast<unsigned long long>(requests),
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(sent_bytes));
  std::fflush(stdout);
  std::_Exit(0);
}
