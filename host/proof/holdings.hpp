// SPDX-License-Identifier: Apache-2.0
// Where the documents of one stream are kept: a data stream of a store, or files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "failure.hpp"
#include "proof/document_source.hpp"
#include "proof/findings.hpp"

namespace anthropic_metrics::host {

class Holdings {
 public:
  Holdings() = default;
  Holdings(const Holdings&) = delete;
  Holdings& operator=(const Holdings&) = delete;
  virtual ~Holdings() = default;

  // For messages: the data stream, or the files.
  virtual std::string name() const = 0;
  // Once before reading, and after something was written: what is there is shown, and can be read
  // as rows. A failure is one sentence.
  virtual Result<void> prepare() = 0;
  // Between which moments there are documents of other grains than this one; nothing: nowhere.
  // Seconds since 1970 UTC. May say more than there is.
  virtual Result<std::optional<std::pair<std::int64_t, std::int64_t>>> other_grains(
      const Grain& grain, std::int64_t from, std::int64_t to) = 0;
  // Documents of buckets that begin from there until before that moment. organization: those of
  // others are left out; empty: none are. One source at a time.
  virtual Result<std::unique_ptr<DocumentSource>> documents(std::int64_t from, std::int64_t to,
                                                            const std::string& organization) = 0;
  // What is kept beside the documents: put aside, or not of this stream. Foreign documents are a
  // failure, since nobody can say what they would add.
  virtual Result<void> look_beside(std::int64_t from, std::int64_t to, Findings& findings) = 0;
};

}  // namespace anthropic_metrics::host
