// SPDX-License-Identifier: Apache-2.0
// ${...} in a policy, by the Elastic Agent's rules: ${NAME} and ${env.NAME} from the environment,
// ${host.name} and ${path.data} from the machine, alternatives with |, 'constants', a :default, and
// $${x} for a literal ${x}.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

// Where values come from; both parts are filled by the caller, so that tests need no environment.
struct Variables {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::map<std::string, std::string, std::less<>> known;  // "host.name", "path.data", ...

  // name without a dot means the environment. Empty if nobody knows it.
  std::optional<std::string> find(std::string_view name) const;
};

struct Substituted {
  std::string text;
  std::vector<std::string> unresolved;  // "ANTHROPIC_ADMIN_KEY", in order; text is useless then
  std::string malformed;                // a sentence when ${ is not closed or a quote is open
};

Substituted substitute(std::string_view text, const Variables& variables);

// The inside of one ${...}: "A|B|'constant'" or "A:default". Empty if no alternative exists.
std::optional<std::string> resolve(std::string_view expression, const Variables& variables);

// The process's environment plus host.name, host.platform and host.architecture.
Variables machine_variables();

}  // namespace anthropic_metrics::host
