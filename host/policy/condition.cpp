// SPDX-License-Identifier: Apache-2.0
#include "policy/condition.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <stdexcept>
#include <variant>

namespace anthropic_metrics::host {
namespace {

using Value = std::variant<std::monostate, bool, double, std::string>;

struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool truth(const Value& value) {
  if (const bool* b = std::get_if<bool>(&value)) return *b;
  if (std::holds_alternative<std::monostate>(value)) return false;
  throw Unsupported("a text or number stands where true or false is needed");
}

// Recursive descent, lowest binding first: or, and, not, comparison, operand.
class Parser {
 public:
  Parser(std::string_view text, const Variables& variables) : rest_(text), variables_(variables) {}

  bool parse() {
    const Value result = alternatives();
    skip_space();
    if (!rest_.empty()) throw Unsupported(fmt::format("'{}' is not understood", rest_));
    return truth(result);
  }

 private:
  static constexpr int most_levels = 50;

  Value alternatives() {
    Value left = conjunction();
    while (word("or")) {
      const bool right = truth(conjunction());  // always parsed, so that a fault is always seen
      left = truth(left) || right;
    }
    return left;
  }

  Value conjunction() {
    Value left = negation();
    while (word("and")) {
      const bool right = truth(negation());
      left = truth(left) && right;
    }
    return left;
  }

  Value negation() {
    if (!word("not")) return comparison();
    const Nested nested(*this);
    return !truth(negation());
  }

  Value comparison() {
    Value left = operand();
    if (symbol("==")) return left == operand();
    if (symbol("!=")) return left != operand();
    return left;
  }

  Value operand() {
    skip_space();
    if (rest_.empty()) throw Unsupported("a value is missing at the end");
    if (symbol("(")) {
      const Nested nested(*this);
      Value inner = alternatives();
      if (!symbol(")")) throw Unsupported("')' is missing");
      return inner;
    }
    const char first = rest_.front();
    if (first == '\'' || first == '"') return quoted(first);
    if (rest_.substr(0, 2) == "${") return variable();
    if (word("true")) return true;
    if (word("false")) return false;
    return number();
  }

  Value quoted(char quote) {
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) throw Unsupported("a quote is not closed");
    std::string text(rest_.substr(1, end - 1));
    if (text.find('\\') != std::string::npos) throw Unsupported("'\\' in a text is not supported");
    rest_.remove_prefix(end + 1);
    return text;
  }

  Value variable() {
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) throw Unsupported("'${' without a closing '}'");
    const auto value = resolve(rest_.substr(2, end - 2), variables_);
    rest_.remove_prefix(end + 1);
    if (!value) return std::monostate{};
    if (*value == "true") return true;
    if (*value == "false") return false;
    return *value;
  }

  Value number() {
    double value{};
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) throw Unsupported(fmt::format("'{}' is not understood", rest_));
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    return value;
  }

  bool word(std::string_view wanted) {
    skip_space();
    if (rest_.substr(0, wanted.size()) != wanted) return false;
    if (rest_.size() > wanted.size()) {
      const char next = rest_[wanted.size()];
      if (std::isalnum(static_cast<unsigned char>(next)) != 0 || next == '_' || next == '.') {
        return false;
      }
    }
    rest_.remove_prefix(wanted.size());
    return true;
  }

  bool symbol(std::string_view wanted) {
    skip_space();
    if (rest_.substr(0, wanted.size()) != wanted) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }

  // Keeps hostile nesting from using up the stack.
  struct Nested {
    explicit Nested(Parser& parser) : parser_(parser) {
      if (++parser_.level_ > most_levels) throw Unsupported("nested too deeply");
    }
    ~Nested() { --parser_.level_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    Parser& parser_;
  };

  std::string_view rest_;
  const Variables& variables_;
  int level_ = 0;
};

}  // namespace

ConditionResult evaluate_condition(std::string_view condition, const Variables& variables) {
  try {
    return {Parser(condition, variables).parse(), ""};
  } catch (const Unsupported& error) {
    return {false, error.what()};
  }
}

}  // namespace anthropic_metrics::host
