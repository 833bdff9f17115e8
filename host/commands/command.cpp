// SPDX-License-Identifier: Apache-2.0
#include "commands/command.hpp"

#include <algorithm>
#include <tuple>

namespace anthropic_metrics::host {
namespace {

// A function-local static: commands may register before this file's own statics exist.
std::vector<Word>& registered() {
  static std::vector<Word> list;
  return list;
}

}  // namespace

Registration::Registration(Word word) {
  auto& list = registered();
  const auto at =
      std::upper_bound(list.begin(), list.end(), word, [](const Word& a, const Word& b) {
        return std::tie(a.place, a.name) < std::tie(b.place, b.name);
      });
  list.insert(at, word);
}

const std::vector<Word>& commands() {
  return registered();
}

}  // namespace anthropic_metrics::host
