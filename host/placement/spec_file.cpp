// SPDX-License-Identifier: Apache-2.0
#include "placement/spec_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

#include "policy/settings_tree.hpp"

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = "# anthropic_metrics ";

// Nobody's spec is longer; what is, is not read.
constexpr std::size_t longest_spec = 1024 * 1024;

std::string text_of_file(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error || size > longest_spec) return {};
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

bool lists(const Node* list, const auto& wanted) {
  if (list == nullptr || list->kind != Node::Kind::list) return false;
  return std::any_of(list->items.begin(), list->items.end(),
                     [&](const Node& item) { return wanted(item.text); });
}

// How an input of a spec takes our name; nothing: it does not.
std::optional<bool> takes_our_name(const Node& input, std::string_view architecture) {
  const std::string suffix = "/" + std::string(architecture);
  const auto here = [&](const std::string& platform) {
    return platform == "linux" + suffix || platform == "container" + suffix;
  };
  if (!lists(input.find("platforms"), here)) return std::nullopt;
  const Node* name = input.find("name");
  if (name != nullptr && name->text == component_program) return false;
  const auto ours = [](const std::string& alias) { return alias == component_program; };
  return lists(input.find("aliases"), ours) ? std::optional(true) : std::nullopt;
}

// The numbers of a version, and whether something follows them.
struct Numbers {
  std::vector<unsigned long> parts;
  std::string_view suffix;
};

Numbers numbers_of(std::string_view version) {
  Numbers numbers;
  const std::size_t end = version.find_first_of("-+~");
  std::string_view rest = version.substr(0, end);
  if (end != std::string_view::npos) numbers.suffix = version.substr(end);
  while (!rest.empty()) {
    unsigned long number = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    numbers.parts.push_back(number);
    const std::size_t dot = rest.find('.', static_cast<std::size_t>(read.ptr - rest.data()));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  while (!numbers.parts.empty() && numbers.parts.back() == 0) numbers.parts.pop_back();
  return numbers;
}

}  // namespace

std::string_view component_architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
  return {};
#endif
}

std::string spec_text(std::string_view version, std::string_view architecture) {
  // Any type of output will do, since documents go into files by default: a type that is not listed
  // would be refused for nothing. One end a minute is not yet a failure: the ledger brings back
  // everything. Were that time as short as the wait for a restart, no crash would ever be shown.
  return fmt::format(
      "{}{}: how an Elastic Agent runs it; read at the Agent's start.\n"
      "# Written by 'anthropic-metrics agent install', which also takes it away.\n"
      "version: 2\n"
      "inputs:\n"
      "  - name: {}\n"
      "    description: Anthropic usage, cost and rate limits\n"
      "    platforms: [linux/{}, container/{}]\n"
      "    outputs: [elasticsearch, remote_elasticsearch, logstash, kafka, redis, console, file]\n"
      "    command:\n"
      "      args: [component]\n"
      "      restart_monitoring_period: 60s\n"
      "      maximum_restarts_per_period: 1\n"
      "      timeouts:\n"
      "        checkin: 30s\n"
      "        restart: 2s\n"
      "        stop: 30s\n",
      mark, version, component_program, architecture, architecture);
}

std::string version_of_spec(std::string_view text) {
  if (!text.starts_with(mark)) return {};
  text.remove_prefix(mark.size());
  const std::size_t colon = text.find_first_of(": \n");
  return colon == std::string_view::npos ? std::string() : std::string(text.substr(0, colon));
}

int compare_versions(std::string_view a, std::string_view b) {
  const Numbers left = numbers_of(a);
  const Numbers right = numbers_of(b);
  if (left.parts != right.parts) return left.parts < right.parts ? -1 : 1;
  if (left.suffix.empty() != right.suffix.empty()) return left.suffix.empty() ? 1 : -1;
  return left.suffix.compare(right.suffix);
}

std::optional<Rival> rival_in(const fs::path& components, std::string_view architecture) {
  std::error_code error;
  for (fs::directory_iterator at(components, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.ends_with(".spec.yml") || name == component_spec) continue;
    const ParsedTree spec = parse_settings(text_of_file(at->path()), name);
    const Node* inputs = spec.root.find("inputs");
    if (inputs == nullptr || inputs->kind != Node::Kind::list) continue;
    for (const Node& input : inputs->items) {
      if (const auto alias = takes_our_name(input, architecture)) return Rival{at->path(), *alias};
    }
  }
  return std::nullopt;
}

}  // namespace anthropic_metrics::host
