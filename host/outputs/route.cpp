// SPDX-License-Identifier: Apache-2.0
#include "outputs/route.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "json_access.hpp"
#include "outputs/sink.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// As our plugin writes it: most documents are where they are expected to be, and are not parsed.
std::string expected_text(const StreamTarget& target) {
  return R"("data_stream":{"dataset":")" + target.dataset + R"(","namespace":")" +
         target.data_namespace + R"(","type":"metrics"})";
}

void follow(std::string_view document, StreamTarget& target) {
  if (document.find(expected_text(target)) != std::string_view::npos) return;
  boost::system::error_code failed;
  const json::value parsed = json::parse(document, failed);
  const json::value* named =
      failed || !parsed.is_object() ? nullptr : parsed.get_object().if_contains("data_stream");
  if (named == nullptr || !named->is_object()) return;
  const std::string dataset = text_in(named->get_object(), "dataset");
  const std::string space = text_in(named->get_object(), "namespace");
  // They become names of files and of data streams.
  if (!data_stream_part_error(dataset).empty() || !data_stream_part_error(space).empty()) return;
  target.dataset = dataset;
  target.data_namespace = space;
}

}  // namespace

std::vector<StreamTarget> targets_in(const beat_batch& batch,
                                     const std::vector<StreamTarget>& configured) {
  std::vector<StreamTarget> targets = configured;
  std::vector<bool> seen(targets.size());
  for (std::uint64_t i = 0; i < batch.doc_count; ++i) {
    const beat_doc& doc = document(batch, i);
    if (doc.stream >= targets.size() || seen[doc.stream]) continue;
    seen[doc.stream] = true;
    follow({doc.json.ptr, doc.json.len}, targets[doc.stream]);
  }
  return targets;
}

}  // namespace anthropic_metrics::host
