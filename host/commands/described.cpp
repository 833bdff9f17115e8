// SPDX-License-Identifier: Apache-2.0
#include "commands/described.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "commands/command.hpp"

namespace anthropic_metrics::host {
namespace {

std::string text_of(const Option::Value& value) {
  return std::visit(
      [](const auto* at) -> std::string {
        using Kind = std::remove_cvref_t<decltype(*at)>;
        if constexpr (std::is_same_v<Kind, std::filesystem::path>)
          return at->string();
        else if constexpr (std::is_same_v<Kind, std::vector<std::string>>)
          return {};
        else
          return fmt::format("{}", *at);
      },
      value);
}

DescribedOption described(const Option& option) {
  DescribedOption one;
  one.sentence = option.sentence;
  one.words = option.words;
  one.required = option.required;
  one.repeatable = std::holds_alternative<std::vector<std::string>*>(option.value);
  std::string_view rest = option.names;
  while (rest.starts_with('-')) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    one.names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (std::holds_alternative<bool*>(option.value)) return one;
  one.value = !one.names.empty() ? option.type : option.names;
  if (one.value.empty()) one.value = "VALUE";
  if (option.shows_default) one.usual = text_of(option.value);
  return one;
}

}  // namespace

std::vector<DescribedCommand> described_commands() {
  std::vector<DescribedCommand> all;
  for (const Word& word : commands()) {
    DescribedCommand& command = all.emplace_back(DescribedCommand{word.name, word.sentence, {}});
    const std::unique_ptr<Command> made = word.make();
    for (const Option& option : made->options()) command.options.push_back(described(option));
    command.options.push_back(
        {.names = {"-h", "--help"}, .sentence = "Print this help message and exit"});
  }
  return all;
}

}  // namespace anthropic_metrics::host
