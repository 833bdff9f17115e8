// SPDX-License-Identifier: Apache-2.0
// The list of commands. A file of this folder ends in one Registration; nothing else knows its
// word.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "failure.hpp"
#include "log.hpp"

namespace anthropic_metrics::host {

// What may stand behind a command's word.
struct Option {
  using Value = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, std::string*,
                             std::filesystem::path*, std::vector<std::string>*>;

  std::string names;     // "-c,--config"; without dashes it has no name and is told by its place
  std::string sentence;  // for the help
  Value value;           // where it goes; what is there before is the default. A list: repeatable
  std::string type{};    // "FILE", as the help shows it
  bool required = false;
  bool shows_default = false;
  std::pair<std::int64_t, std::int64_t> range{0, 0};  // of a number; equal ends: any
  std::vector<std::string> words{};                   // the only ones taken; none: any
};

class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  // Asked once, before the command line is read; the values live as long as the command.
  virtual std::vector<Option> options() = 0;
  // The options are read. What they say together, if that can be wrong.
  virtual Result<void> check() { return {}; }
  virtual Result<void> run(Log& log) = 0;
};

struct Word {
  std::string_view name;
  std::string_view sentence;  // for the help: what it does
  int place = 100;            // in the help; among equals by name
  std::unique_ptr<Command> (*make)() = nullptr;
};

// Registering only records.
class Registration {
 public:
  explicit Registration(Word word);
};

// All commands in the order of the help.
const std::vector<Word>& commands();

template <class Kind>
std::unique_ptr<Command> make_command() {
  return std::make_unique<Kind>();
}

}  // namespace anthropic_metrics::host
