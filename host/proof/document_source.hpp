// SPDX-License-Identifier: Apache-2.0
// Documents of one stream between two moments, in order of their bucket's start: from the API, from
// a store, from files. Memory is bounded, however many there are.
#pragma once

#include <cstdint>
#include <string>

#include "failure.hpp"
#include "proof/row_document.hpp"

namespace anthropic_metrics::host {

// Documents that were left out, since one of their id came before: what is sent twice is there
// once.
struct Repeats {
  std::uint64_t count = 0;
  std::uint64_t different = 0;  // of them, with another content than the first
  std::string example;          // where one is; one with another content if there is one
};

class DocumentSource {
 public:
  DocumentSource() = default;
  DocumentSource(const DocumentSource&) = delete;
  DocumentSource& operator=(const DocumentSource&) = delete;
  virtual ~DocumentSource() = default;

  // The next one, valid until the call after; null at the end. Documents of other organizations are
  // left out. A failure is one sentence, and final.
  virtual Result<const RowDocument*> next() = 0;
  // So far. Only files have any: a store is told what it has.
  virtual Repeats repeats() const { return {}; }
};

}  // namespace anthropic_metrics::host
