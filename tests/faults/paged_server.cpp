// SPDX-License-Identifier: Apache-2.0
#include "paged_server.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "simulator/simulator.hpp"

namespace anthropic_metrics::test {
namespace {

namespace json = boost::json;

constexpr std::size_t limits_per_page = 4;

std::string http_date(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday{day}.c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

/// Asks the simulator for two buckets a page, whatever was asked for: windows as the collector
/// plans them need one page only.
std::string with_short_pages(std::string target) {
  const auto at = target.find("limit=");
  if (at == std::string::npos) return target;
  return target.replace(at, std::min(target.find('&', at), target.size()) - at, "limit=2");
}

/// The rate limits, which the simulator has on one page, a few a page.
std::string slice(const std::string& body, const std::string& target) {
  json::value whole = json::parse(body);
  const json::array& all = whole.as_object()["data"].as_array();
  std::size_t from = 0;
  if (const auto at = target.find("page=limits"); at != std::string::npos)
    std::from_chars(target.data() + at + 11, target.data() + target.size(), from);
  json::array part;
  for (std::size_t i = from; i < std::min(all.size(), from + limits_per_page); ++i)
    part.push_back(all[i]);
  const bool more = from + limits_per_page < all.size();
  json::object out;
  out["data"] = std::move(part);
  out["has_more"] = more;
  out["next_page"] =
      more ? json::value("limits" + std::to_string(from + limits_per_page)) : json::value(nullptr);
  return json::serialize(out);
}

std::string text_of(const simulator::Response& response, const std::string& status) {
  std::string text = "HTTP/1.1 " + status + "\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  return text + fmt::format("Content-Length: {}\r\n\r\n{}", response.body.size(), response.body);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

const char* name(Page page) {
  return page == Page::first ? "first" : page == Page::middle ? "middle" : "last";
}

PagedServer::PagedServer(simulator::Simulator& simulator, const VirtualTime& time)
    : simulator_(simulator),
      time_(time),
      server_(net::test::ServerTls{net::test::server_for("api.example.test")},
              [this](net::test::Peer& peer) { serve(peer); }) {}

const std::string& PagedServer::certificate_authority() {
  return net::test::authority().certificate;
}

void PagedServer::fail(const Variant& variant, Page page, int times) {
  const std::lock_guard lock(mutex_);
  variant_ = variant;
  page_ = page;
  times_ = times;
}

std::vector<PagedServer::Seen> PagedServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void PagedServer::serve(net::test::Peer& peer) {
  for (;;) {
    const std::string head = peer.read_head();
    if (head.empty()) return;
    bool close = false;
    const std::string text = answer(head, close);
    if (!peer.send(text)) return;
    if (close) return peer.finish();
  }
}

std::string PagedServer::answer(const std::string& head, bool& close) {
  const std::lock_guard lock(mutex_);
  const std::string line = head.substr(0, head.find("\r\n"));
  std::string target = line.substr(4, line.rfind(' ') - 4);
  simulator::Request request;
  request.method = line.substr(0, line.find(' '));
  const bool limits = contains(target, "/rate_limits");
  request.target = limits ? target.substr(0, target.find('?')) : with_short_pages(target);
  for (std::size_t at = line.size() + 2; at + 2 < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    std::string field = head.substr(at, colon - at);
    if (field != "Accept-Encoding")
      request.headers.emplace_back(std::move(field), head.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  simulator::Response good = simulator_.handle(request).response;
  if (limits && good.status == 200) good.body = slice(good.body, target);

  const bool report = !contains(target, "/organizations/me");
  const Page page = !contains(target, "page=")                  ? Page::first
                    : contains(good.body, "\"has_more\":false") ? Page::last
                                                                : Page::middle;
  const bool hit = report && times_ > 0 && page == page_;
  if (hit) --times_;
  seen_.push_back({line, time_.monotonic(), hit});
  const std::string whole = text_of(good, std::to_string(good.status) + " x");
  if (!hit) return whole;
  if (variant_.raw == "{undated}") {
    std::erase_if(good.headers, [](const auto& header) {
      return header.first == "date" || header.first == "Date";
    });
    return text_of(good, "200 OK");
  }
  if (variant_.raw == "{as 206}") return text_of(good, "206 Partial Content");
  return spoiled(whole, close);
}

std::string PagedServer::spoiled(const std::string& good, bool& close) const {
  if (variant_.raw == "{half}") {
    close = true;
    return good.substr(0, good.size() - 20);
  }
  if (!variant_.raw.empty() || variant_.name == "no answer at all") {
    std::string text = fill(variant_.raw);
    const auto at = text.find("{answer}");
    close = at == std::string::npos && !contains(text, "Content-Length") &&
            !contains(text, " 204 ") && !contains(text, " 304 ");
    return at == std::string::npos ? text : text.replace(at, 8, good);
  }
  close = contains(variant_.headers, "Connection: close");
  return fill(fmt::format("HTTP/1.1 {} x\r\nDate: {{date+0}}\r\nrequest-id: req_{}\r\n"
                          "{}Content-Length: {}\r\n\r\n",
                          variant_.status, seen_.size(), variant_.headers, variant_.body.size())) +
         variant_.body;
}

std::string PagedServer::fill(std::string text) const {
  for (std::size_t at; (at = text.find("{date")) != std::string::npos;) {
    const auto end = text.find('}', at);
    const std::chrono::seconds by(std::stoll(text.substr(at + 5, end - at - 5)));
    text.replace(at, end - at + 1, http_date(time_.server() + by));
  }
  return text;
}

}  // namespace anthropic_metrics::test
