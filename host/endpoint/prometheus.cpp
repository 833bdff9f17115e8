// SPDX-License-Identifier: Apache-2.0
#include "endpoint/prometheus.hpp"

#include <fmt/format.h>

#include <cmath>

namespace anthropic_metrics::host {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  // Whole ones as such: a time of 1.7e9 seconds must not lose its last digits.
  if (std::abs(value) < 1e15 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

}  // namespace

Family::Family(std::string_view name, Type type, std::string_view help)
    : name_(fmt::format("anthropic_metrics_{}", name)), type_(type), help_(help) {}

void Family::add(const Labels& labels, double value) {
  line("", labels, number(value));
}

void Family::add(const Labels& labels, std::uint64_t value) {
  line("", labels, fmt::format("{}", value));
}

void Family::add(const Labels& labels, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    Labels with = labels;
    with.emplace_back("le", i < bounds.size() ? number(bounds[i]) : "+Inf");
    line("_bucket", with, fmt::format("{}", all));
  }
  line("_sum", labels, number(sum));
  line("_count", labels, fmt::format("{}", all));
}

void Family::line(std::string_view suffix, const Labels& labels, std::string_view value) {
  samples_ += name_;
  samples_ += suffix;
  char before = '{';
  for (const auto& [label, text] : labels) {
    samples_ += fmt::format("{}{}=\"{}\"", before, label, escaped(text));
    before = ',';
  }
  if (before == ',') samples_ += '}';
  samples_ += fmt::format(" {}\n", value);
}

std::string Family::text() const {
  if (samples_.empty()) return {};
  constexpr std::string_view types[] = {"counter", "gauge", "histogram"};
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name_, help_, name_,
                     types[static_cast<std::size_t>(type_)], samples_);
}

}  // namespace anthropic_metrics::host
