// SPDX-License-Identifier: Apache-2.0
// What commands share that ask the running host: where it answers, and its page.
#pragma once

#include <string>
#include <vector>

#include "commands/policy_command.hpp"

namespace anthropic_metrics::host {

class HostQuestion : public PolicyCommand {
 public:
  // Of a policy, if one is named, the endpoint; --url instead of it; --timeout.
  std::vector<Option> options() override;

 protected:
  // The body of the page. A failure of the code not_running if there is none.
  Result<std::string> ask(const std::string& page, Log& log);

 private:
  std::string url_;
};

}  // namespace anthropic_metrics::host
