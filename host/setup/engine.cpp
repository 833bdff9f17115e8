// SPDX-License-Identifier: Apache-2.0
#include "setup/engine.hpp"

#include <fmt/format.h>

#include "setup/asking.hpp"
#include "setup/assets.hpp"

namespace anthropic_metrics::host {

Result<Engine> engine_of(StoreClient& client) {
  const auto answer = answer_to(client, {.target = "/"});
  if (!answer) return answer.error();
  if (!answer->fine()) return refusal(client, *answer, "asking for the version");
  const boost::json::object said = object_in(answer->body);
  const boost::json::object& version = part(said, "version");
  const std::string number = text_at(version, "number");
  Engine engine;
  engine.version = version_in(number);
  if (text_at(version, "distribution") == "opensearch") {
    engine.word = "opensearch";
    engine.name = "OpenSearch " + number;
  } else if (text_at(version, "build_flavor") == "serverless") {
    engine.word = "serverless";
    engine.name = "Elasticsearch serverless";
  } else if (text_at(said, "tagline") == "You Know, for Search" && !number.empty()) {
    engine.word = "elasticsearch";
    engine.name = "Elasticsearch " + number;
  } else {
    return Failure{
        ExitCode::configuration,
        {fmt::format("{} is neither Elasticsearch nor OpenSearch; correct hosts of the output: the "
                     "address is that of the store itself, usually with port 9200",
                     client.host())}};
  }
  return engine;
}

}  // namespace anthropic_metrics::host
