// SPDX-License-Identifier: Apache-2.0
// The id that a document must have by what it says, for who looks at a store's documents one by
// one. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "ledger/read_document.hpp"
#include "ledger/row_keys.hpp"
#include "settings/settings.hpp"

namespace anthropic_metrics {

class DocumentIds {
 public:
  /// settings: borrowed; they do not change any more.
  explicit DocumentIds(const Settings& settings) : settings_(settings) {}

  /// Errc::argument if it is no document of that stream, or none of a row that adds up. Rows that
  /// are told apart by who a person is have an id for each mode of personal_data; a document does
  /// not say the mode, so it may have any of them.
  Result<std::string> id_of(std::string_view stream, std::string_view json);

 private:
  /// What documents of one grain are read and named by.
  struct Names {
    std::unique_ptr<streams::Fetcher> fetcher;
    std::vector<RowKeys> keys;  ///< More than one: any of them may have named a document.
  };
  Result<Names*> names_of(const streams::Descriptor& stream, const ReadDocument& document);
  Result<std::string> id_of(const ReadDocument& document, const streams::Layout& layout,
                            RowKeys& keys) const;

  const Settings& settings_;
  std::mutex mutex_;
  std::map<std::string, Names> names_;
};

}  // namespace anthropic_metrics
