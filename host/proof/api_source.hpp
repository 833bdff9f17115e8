// SPDX-License-Identifier: Apache-2.0
// What the API says of one stream between two moments, in the grain of the instance that is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proof/document_source.hpp"
#include "proof/reading.hpp"
#include "proof/row_reader.hpp"

namespace anthropic_metrics::host {

// Seconds of one window of buckets of that width: as many buckets as one page of the API holds, or
// fewer.
std::int64_t window_seconds(const std::string& width);

class ApiSource final : public DocumentSource {
 public:
  // Seconds since 1970 UTC, on borders of buckets. index: of the stream in the plugin's list.
  // reading outlives it, and is asked for nothing else meanwhile.
  ApiSource(Reading& reading, std::string stream, std::uint32_t index, const RowFields& fields,
            const Grain& grain, std::int64_t from, std::int64_t to);
  ~ApiSource() override;

  Result<const RowDocument*> next() override;

  // End of what was read: buckets that are not closed yet are left out. Once next() said null.
  std::int64_t reached() const { return reading_.reached(); }

 private:
  Result<void> ask_next();

  Reading& reading_;
  const std::string stream_;
  const std::uint32_t index_;
  RowReader reader_;
  const std::int64_t window_;
  const std::int64_t to_;
  std::int64_t asked_to_;
  const beat_batch* batch_ = nullptr;
  std::uint64_t at_ = 0;  // the next document of it
  RowDocument row_;
};

}  // namespace anthropic_metrics::host
