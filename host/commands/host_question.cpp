// SPDX-License-Identifier: Apache-2.0
#include "commands/host_question.hpp"

#include "commands/host_answer.hpp"

namespace anthropic_metrics::host {

std::vector<Option> HostQuestion::options() {
  auto options = PolicyCommand::options();
  std::erase_if(options, [](const Option& option) {
    return option.names == "--plugin" || option.names.starts_with("--path.");
  });
  options.front().required = false;
  options.push_back({.names = "--url",
                     .sentence = "Where the host answers, instead of what a policy says",
                     .value = &url_,
                     .type = "URL"});
  options.push_back(timeout_option("Give up after this many seconds", 10));
  return options;
}

Result<std::string> HostQuestion::ask(const std::string& page, Log& log) {
  return answer_of_host(settings_, url_, page, log);
}

}  // namespace anthropic_metrics::host
