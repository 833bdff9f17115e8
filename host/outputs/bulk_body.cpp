// SPDX-License-Identifier: Apache-2.0
#include "outputs/bulk_body.hpp"

#include "base/json_writer.hpp"

namespace anthropic_metrics::host {
namespace {

Failure refused(const Error& error) {
  return {.code = ExitCode::sink_failed, .lines = {error.message}, .passes = true};
}

}  // namespace

Result<BulkBody> BulkBody::make(int level) {
  BulkBody body;
  if (level > 0) {
    auto packer = net::Gzip::make(level);
    if (!packer) return refused(packer.error());
    body.packer_ = std::move(*packer);
  }
  return body;
}

Result<void> BulkBody::put(std::string_view text) {
  size_ += text.size();
  if (!packer_) {
    plain_ += text;
    return {};
  }
  if (auto packed = packer_->add(text); !packed) return refused(packed.error());
  return {};
}

Result<void> BulkBody::add(std::string_view data_stream, std::string_view id,
                           std::string_view json) {
  action_ = R"({"create":{"_index":)";
  append_json_string(action_, data_stream);
  action_ += R"(,"_id":)";
  append_json_string(action_, id);
  action_ += "}}\n";
  if (auto put_action = put(action_); !put_action) return put_action;
  if (auto put_document = put(json); !put_document) return put_document;
  return put("\n");
}

Result<std::string> BulkBody::finish() {
  size_ = 0;
  if (!packer_) return std::exchange(plain_, {});
  auto packed = packer_->finish();
  if (!packed) return refused(packed.error());
  return std::move(*packed);
}

std::size_t action_size(std::string_view data_stream, std::string_view id) {
  return data_stream.size() + id.size() + 40;
}

}  // namespace anthropic_metrics::host
