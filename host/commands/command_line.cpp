// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/printable.hpp"
#include "commands/purpose.hpp"
#include "exit_meanings.hpp"

namespace anthropic_metrics::host {
namespace {

std::string known_words() {
  std::string words;
  for (const Word& word : commands()) {
    const bool last = &word == &commands().back();
    words += words.empty() ? "" : last ? " or " : ", ";
    words += word.name;
  }
  return words;
}

bool is_known(std::string_view name) {
  return std::any_of(commands().begin(), commands().end(),
                     [&](const Word& word) { return word.name == name; });
}

CLI::Option* bind(CLI::App& app, const Option& option) {
  if (bool* const* flag = std::get_if<bool*>(&option.value))
    return app.add_flag(option.names, **flag, option.sentence);
  CLI::Option* bound =
      std::visit([&](auto* value) { return app.add_option(option.names, *value, option.sentence); },
                 option.value);
  if (std::holds_alternative<std::vector<std::string>*>(option.value))
    bound->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return bound;
}

void add(CLI::App& app, const Option& option) {
  CLI::Option* bound = bind(app, option);
  if (!std::holds_alternative<bool*>(option.value)) bound->type_name(option.type);
  if (option.range.first != option.range.second)
    bound->check(CLI::Range(option.range.first, option.range.second));
  if (!option.words.empty()) bound->check(CLI::IsMember(option.words));
  if (option.required) bound->required();
  if (option.shows_default) bound->capture_default_str();
}

// A text as lines, each without its end.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// "Exit codes: 0 fine, ..." in lines that fit a terminal.
std::string codes() {
  constexpr std::size_t width = 80;
  std::string text = "Exit codes:";
  std::size_t column = text.size();
  const auto all = exit_meanings();
  for (const ExitMeaning& one : all) {
    const std::string part =
        fmt::format("{} {}{}", to_int(one.code), one.words, &one == &all.back() ? "." : ",");
    const bool fits = column + 1 + part.size() <= width;
    text += (fits ? " " : "\n") + part;
    column = fits ? column + 1 + part.size() : part.size();
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Command>> parse_command_line(int argc, const char* const* argv) {
  if (argc > 1 && argv[1][0] != '-' && !is_known(argv[1]))
    return Failure{ExitCode::usage,
                   {fmt::format("unknown command '{}'; expected {}", argv[1], known_words())}};
  CLI::App app{std::string(purpose)};
  app.name("anthropic-metrics");
  app.require_subcommand(1);
  app.footer(codes());
  std::vector<std::pair<CLI::App*, std::unique_ptr<Command>>> known;
  for (const Word& word : commands()) {
    CLI::App* part = app.add_subcommand(std::string(word.name), std::string(word.sentence));
    known.emplace_back(part, word.make());
    for (const Option& option : known.back().second->options()) add(*part, option);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) != 0) return Failure{ExitCode::usage, lines_of(err.str())};
    return std::unique_ptr<Command>(std::make_unique<Saying>(out.str()));
  }
  auto named =
      std::find_if(known.begin(), known.end(), [](const auto& one) { return one.first->parsed(); });
  if (const auto checked = named->second->check(); !checked) return checked.error();
  return std::move(named->second);
}

Result<void> Saying::run(Log&) {
  fmt::print("{}", printable_lines(text_));
  return {};
}

}  // namespace anthropic_metrics::host
