// SPDX-License-Identifier: Apache-2.0
#include "setup/engine.hpp"

#include <fmt/format.h>

#include "setup/asking.hpp"
#include "store/engine.hpp"

namespace anthropic_metrics::host {

Result<Engine> engine_of(StoreClient& client) {
  const auto answer = answer_to(client, {.target = "/"});
  if (!answer) return answer.error();
  if (!answer->fine()) return refusal(client, *answer, "asking for the version");
  const auto said = engine_in(*answer);
  if (!said) {
    return Failure{
        ExitCode::configuration,
        {fmt::format("{} is neither Elasticsearch nor OpenSearch; correct hosts of the output: the "
                     "address is that of the store itself, usually with port 9200",
                     client.host())}};
  }
  return Engine{said->opensearch   ? "opensearch"
                : said->serverless ? "serverless"
                                   : "elasticsearch",
                said->name, said->version};
}

}  // namespace anthropic_metrics::host
