// SPDX-License-Identifier: Apache-2.0
// The command line: which command it names, with its options read.
#pragma once

#include <memory>

#include "commands/command.hpp"

namespace anthropic_metrics::host {

// A fault in the arguments is a failure of the code `usage`. Help is a command that prints it.
Result<std::unique_ptr<Command>> parse_command_line(int argc, const char* const* argv);

// Text that was asked for, such as the help.
class Saying : public Command {
 public:
  explicit Saying(std::string text) : text_(std::move(text)) {}
  std::vector<Option> options() override { return {}; }
  Result<void> run(Log& log) override;
  const std::string& text() const { return text_; }

 private:
  const std::string text_;
};

}  // namespace anthropic_metrics::host
