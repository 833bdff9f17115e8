// SPDX-License-Identifier: Apache-2.0
// Rows of usage and cost as a plugin describes them, documents of them, and sources that hand them
// out.
#pragma once

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch_failure.hpp"
#include "proof/document_source.hpp"
#include "proof/row_fields.hpp"
#include "proof/row_reader.hpp"
#include "proof/time_text_of.hpp"

namespace anthropic_metrics::host::test {

inline RowFields usage_fields() {
  RowFields fields;
  fields.object = "usage";
  fields.counts = {"output_tokens", "uncached_input_tokens"};
  fields.aside = {"cache_creation_input_tokens"};
  fields.nulls = {{"workspace_id", "workspace_id", "Default"},
                  {"api_key_id", "api_key_source", "console"}};
  fields.widths = {"1h", "1m", "1d"};
  return fields;
}

inline RowFields cost_fields() {
  RowFields fields;
  fields.object = "cost";
  fields.amounts = {"amount"};
  fields.widths = {"1d"};
  return fields;
}

inline Grain hours() {
  return {"1h", {"model"}};
}

inline constexpr std::int64_t begin = 1'790'000'000 / 86'400 * 86'400;  // a midnight

// A document of one hour of usage, ours.
struct Usage {
  int hour = 0;
  std::string model = "claude-a";
  std::int64_t output = 1;
  std::int64_t revision = 0;
  std::string id{};
  std::string width = "1h";
  std::string group_by = R"(["model"])";

  std::string json() const {
    const std::int64_t size = width == "1d" ? 86'400 : 3600;
    return fmt::format(
        R"({{"@timestamp":"{0}","anthropic":{{"usage":{{"bucket_end_time":"{1}","bucket_start_time":"{0}",)"
        R"("bucket_width":"{2}","group_by":{3},"model":"{4}","output_tokens":{5},"revision":{6},)"
        R"("uncached_input_tokens":7}}}},"event":{{"id":"{7}","kind":"metric"}},"input":{{"type":"anthropic_metrics"}},"organization":{{"id":"org"}}}})",
        time_text(begin + hour * 3600), time_text(begin + hour * 3600 + size), width, group_by,
        model, output, revision,
        id.empty() ? fmt::format("{}-{}-{}-{}", hour, model, width, revision) : id);
  }
};

class Documents final : public DocumentSource {
 public:
  explicit Documents(std::vector<std::string> documents, RowFields fields = usage_fields(),
                     const Grain& grain = hours())
      : documents_(std::move(documents)), reader_(fields, grain) {}

  Result<const RowDocument*> next() override {
    if (at_ == documents_.size()) return nullptr;
    reader_.read(documents_[at_], row_);
    row_.place = fmt::format("line {}", ++at_);
    return &row_;
  }

 private:
  std::vector<std::string> documents_;
  RowReader reader_;
  RowDocument row_;
  std::size_t at_ = 0;
};

inline std::vector<std::string> documents(const std::vector<Usage>& rows) {
  std::vector<std::string> made;
  for (const Usage& row : rows) made.push_back(row.json());
  return made;
}

}  // namespace anthropic_metrics::host::test
