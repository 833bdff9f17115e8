// SPDX-License-Identifier: Apache-2.0
// `status`: asks the running host how it is, at the endpoint that its policy names.
#include <cstdio>

#include "commands/host_question.hpp"
#include "endpoint/status_table.hpp"

namespace anthropic_metrics::host {
namespace {

class Status : public HostQuestion {
 public:
  std::vector<Option> options() override {
    auto options = HostQuestion::options();
    options.push_back(
        {.names = "--json", .sentence = "Print what the host answers as it is", .value = &json_});
    return options;
  }

  Result<void> run(Log& log) override {
    const auto answer = ask("/status", log);
    if (!answer) return answer.error();
    const auto shown = status_table(*answer);
    if (!shown) return shown.error();
    const std::string& text = json_ ? *answer : shown->text;
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (shown->failed) return Failure{ExitCode::unhealthy};
    return {};
  }

 private:
  bool json_ = false;
};

const Registration registered({.name = "status",
                               .sentence = "Ask the running host how it is",
                               .place = 3,
                               .make = make_command<Status>});

}  // namespace
}  // namespace anthropic_metrics::host
