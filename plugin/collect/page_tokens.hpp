// SPDX-License-Identifier: Apache-2.0
// The pages of one answer name each other, each once. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace anthropic_metrics {

class PageTokens {
 public:
  /// token: of the next page; empty: there is none. Errc::protocol if it was named before, or if
  /// more than `most` were named; beyond: that, in words.
  Result<void> follow(std::string token, std::size_t most, std::string_view beyond = {}) {
    const bool again = !token.empty() && !seen_.insert(token).second;
    if (again || seen_.size() > most)
      return Error{Errc::protocol, "$.next_page leads in a circle: the same page was named twice" +
                                       std::string(beyond)};
    newest_ = std::move(token);
    return success();
  }
  void begin_anew() {
    seen_.clear();
    newest_.clear();
  }
  const std::string& newest() const { return newest_; }

 private:
  std::set<std::string> seen_;
  std::string newest_;
};

}  // namespace anthropic_metrics
