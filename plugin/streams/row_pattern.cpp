// SPDX-License-Identifier: Apache-2.0
#include "streams/row_pattern.hpp"

#include <optional>
#include <utility>

namespace anthropic_metrics::streams {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Goes through the text of a row, which is JSON.
class Learner {
 public:
  Learner(std::string_view row, const RowPattern::Keys& keys) : row_(row), keys_(keys) {}

  /// False: it has what no pattern can have.
  bool object(const KeyTable& keys, bool of_group) {
    ++at_;
    skip_blanks();
    if (now() == '}') return ++at_, true;
    for (;; ++at_) {
      skip_blanks();
      const auto key = string();
      if (!key) return false;
      skip_blanks();
      if (now() != ':') return false;
      ++at_;
      skip_blanks();
      if (!value(keys.find(*key), of_group)) return false;
      skip_blanks();
      if (now() == '}') return ++at_, true;
      if (now() != ',') return false;
    }
  }
  bool over() const { return at_ == row_.size(); }

  std::vector<RowPattern::Step> steps;
  std::string literals;
  /// What stands between the last value and here.
  std::uint32_t literal() {
    const auto offset = static_cast<std::uint32_t>(literals.size());
    literals += row_.substr(behind_value_, at_ - behind_value_);
    return offset;
  }

 private:
  char now() const { return at_ < row_.size() ? row_[at_] : '\0'; }
  void skip_blanks() {
    while (blank(now())) ++at_;
  }

  /// Without its quotes; nothing if it has escapes.
  std::optional<std::string_view> string() {
    if (now() != '"') return std::nullopt;
    const std::size_t end = row_.find_first_of("\"\\", at_ + 1);
    if (end == std::string_view::npos || row_[end] == '\\') return std::nullopt;
    const std::string_view text = row_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return text;
  }

  /// Whether something of that meaning stands in the row already. The parser lets a null pass that
  /// has a value behind it, and no two values, which a pattern does not tell apart.
  bool occurs_again(Target target) {
    if (target.kind == Target::none) return false;
    for (const Target& before : known_)
      if (before.kind == target.kind && before.index == target.index) return true;
    known_.push_back(target);
    return false;
  }

  bool value(Target target, bool of_group) {
    if (occurs_again(target)) return false;
    if (now() == '{' && target.kind == Target::group && !of_group)
      return object(keys_.groups[target.index], true);
    if (now() == '{' || now() == '[') return false;
    const std::uint32_t offset = literal();
    steps.push_back({offset, static_cast<std::uint32_t>(literals.size()) - offset, target});
    if (now() == '"') {
      if (!string()) return false;
    } else {
      while (now() != ',' && now() != '}' && now() != '\0' && !blank(now())) ++at_;
    }
    behind_value_ = at_;
    return true;
  }

  std::string_view row_;
  const RowPattern::Keys& keys_;
  std::vector<Target> known_;
  std::size_t at_ = 0, behind_value_ = 0;
};

}  // namespace

bool RowPattern::learn(std::string_view row, const Keys& keys) {
  Learner learner(row, keys);
  if (!row.starts_with('{') || !learner.object(keys.row, false) || !learner.over()) return false;
  const std::size_t tail = learner.literal();
  if (learner.steps.empty() || learner.literals == literals_) return false;
  steps_ = std::move(learner.steps);
  literals_ = std::move(learner.literals);
  tail_ = tail;
  counts_present_ = 0;
  for (const Step& step : steps_)
    if (step.target.kind == Target::count) counts_present_ |= 1u << step.target.index;
  return true;
}

}  // namespace anthropic_metrics::streams
