// SPDX-License-Identifier: Apache-2.0
// `completion`: what a shell reads to complete our command line.
#include "commands/command.hpp"
#include "commands/completion_scripts.hpp"
#include "commands/print.hpp"

namespace anthropic_metrics::host {
namespace {

class Completion : public Command {
 public:
  std::vector<Option> options() override {
    return {{.names = "shell",
             .sentence = "Whose script to print; for this session: source <(anthropic-metrics "
                         "completion bash)",
             .value = &shell_,
             .required = true,
             .words = {"bash", "zsh", "fish"}}};
  }

  Result<void> run(Log&) override {
    return print_whole(shell_ == "bash"  ? bash_completion()
                       : shell_ == "zsh" ? zsh_completion()
                                         : fish_completion(),
                       "completion");
  }

 private:
  std::string shell_;
};

const Registration registered({.name = "completion",
                               .sentence = "Print what bash, zsh or fish completes commands by",
                               .place = 5,
                               .make = make_command<Completion>});

}  // namespace
}  // namespace anthropic_metrics::host
