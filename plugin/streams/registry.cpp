// SPDX-License-Identifier: Apache-2.0
#include "streams/registry.hpp"

#include <algorithm>
#include <utility>

namespace anthropic_metrics::streams {
namespace {

/// A function-local static: stream files may register before this file's own statics exist.
std::vector<Descriptor>& registered() {
  static std::vector<Descriptor> list;
  return list;
}

}  // namespace

Registration::Registration(Descriptor descriptor) {
  auto& list = registered();
  const auto at = std::lower_bound(
      list.begin(), list.end(), descriptor.name,
      [](const Descriptor& known, std::string_view name) { return known.name < name; });
  list.insert(at, std::move(descriptor));
}

const std::vector<Descriptor>& all() {
  return registered();
}

const Descriptor* find(std::string_view name) {
  const auto& list = all();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Descriptor& known) { return known.name == name; });
  return found == list.end() ? nullptr : &*found;
}

std::vector<std::string> allowed_paths() {
  std::vector<std::string> paths{"/v1/organizations/me"};
  for (const Descriptor& stream : all()) {
    if (!stream.path.empty()) paths.emplace_back(stream.path);
    paths.insert(paths.end(), stream.more_paths.begin(), stream.more_paths.end());
  }
  return paths;
}

std::string_view duplicate() {
  const auto& list = all();
  const auto twin =
      std::adjacent_find(list.begin(), list.end(),
                         [](const Descriptor& a, const Descriptor& b) { return a.name == b.name; });
  return twin == list.end() ? std::string_view{} : twin->name;
}

}  // namespace anthropic_metrics::streams
