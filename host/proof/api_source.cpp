// SPDX-License-Identifier: Apache-2.0
#include "proof/api_source.hpp"

#include <algorithm>
#include <utility>

#include "outputs/sink.hpp"
#include "plugin_text.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::int64_t day = 86'400;

}  // namespace

std::int64_t window_seconds(const std::string& width) {
  if (width == "1m") return day;
  return width == "1h" ? 7 * day : 31 * day;
}

ApiSource::ApiSource(Reading& reading, std::string stream, std::uint32_t index,
                     const RowFields& fields, const Grain& grain, std::int64_t from,
                     std::int64_t to)
    : reading_(reading),
      stream_(std::move(stream)),
      index_(index),
      reader_(fields, grain),
      window_(window_seconds(grain.width)),
      to_(to),
      asked_to_(from) {}

ApiSource::~ApiSource() {
  if (batch_ != nullptr) reading_.acknowledge(*batch_);
}

// One window at a time: the next is asked for when the last is read, so that rows are kept of one.
Result<void> ApiSource::ask_next() {
  const std::int64_t until = std::min(to_, asked_to_ + window_);
  auto asked = reading_.ask(stream_, asked_to_, until);
  if (asked) asked_to_ = until;
  return asked;
}

Result<const RowDocument*> ApiSource::next() {
  while (true) {
    while (batch_ != nullptr && at_ < batch_->doc_count) {
      const beat_doc& document = host::document(*batch_, at_++);
      if (document.stream != index_) continue;
      reader_.read(view(document.json), row_);
      return &row_;
    }
    if (batch_ != nullptr) reading_.acknowledge(*std::exchange(batch_, nullptr));
    const auto next = reading_.next();
    if (!next) return next.error();
    batch_ = *next;
    at_ = 0;
    if (batch_ != nullptr) continue;
    if (asked_to_ >= to_) return nullptr;
    if (auto asked = ask_next(); !asked) return asked.error();
  }
}

}  // namespace anthropic_metrics::host
