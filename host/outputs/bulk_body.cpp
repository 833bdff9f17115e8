// SPDX-License-Identifier: Apache-2.0
#include "outputs/bulk_body.hpp"

#include <utility>

#include "base/json_writer.hpp"
#include "outputs/gzip.hpp"

namespace anthropic_metrics::host {

void BulkBody::add(std::string_view data_stream, std::string_view id, std::string_view json) {
  if (action_.empty() || data_stream_ != data_stream) {
    data_stream_ = data_stream;
    action_ = R"({"create":{"_index":)";
    append_json_string(action_, data_stream);
    action_ += R"(,"_id":)";
  }
  text_ += action_;
  append_json_string(text_, id);
  text_ += "}}\n";
  text_ += json;
  text_ += '\n';
}

Result<std::string> BulkBody::finish(int level) {
  std::string text = std::exchange(text_, {});
  if (level > 0) return gzip(text, level);
  return text;
}

std::size_t action_size(std::string_view data_stream, std::string_view id) {
  return data_stream.size() + id.size() + 40;
}

}  // namespace anthropic_metrics::host
