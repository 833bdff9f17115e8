// SPDX-License-Identifier: Apache-2.0
#include "dataset.hpp"

#include <fmt/format.h>

namespace anthropic_metrics::host {

std::optional<Dataset> split_dataset(std::string_view dataset) {
  const std::size_t dot = dataset.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == dataset.size()) return std::nullopt;
  return Dataset{std::string(dataset.substr(0, dot)), std::string(dataset.substr(dot + 1))};
}

std::string name_in(std::string_view data_stream) {
  const std::size_t begin = data_stream.find('-') + 1;
  const std::size_t end = data_stream.find('-', begin);
  const auto found = split_dataset(data_stream.substr(
      begin, end == std::string_view::npos ? std::string_view::npos : end - begin));
  return found ? found->name : std::string(default_name);
}

std::string data_streams_of(std::string_view name) {
  return fmt::format("metrics-{}.*", name);
}

}  // namespace anthropic_metrics::host
