// SPDX-License-Identifier: Apache-2.0
// The text that Prometheus reads, version 0.0.4: families of samples, each with its help and type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anthropic_metrics::host {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

// One family: all samples of a name stand together. Nothing is written for one without samples.
class Family {
 public:
  enum class Type { counter, gauge, histogram };
  // name: after the prefix "anthropic_metrics_".
  Family(std::string_view name, Type type, std::string_view help);

  void add(const Labels& labels, double value);
  void add(const Labels& labels, std::uint64_t value);
  // A histogram's: bounds in the base unit, with what lies up to each and not up to the one before;
  // one more count for what lies beyond.
  void add(const Labels& labels, const std::vector<double>& bounds,
           const std::vector<std::uint64_t>& counts, double sum);

  // Heading and samples; empty without samples.
  std::string text() const;

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value);
  std::string name_;
  Type type_;
  std::string_view help_;
  std::string samples_;
};

}  // namespace anthropic_metrics::host
