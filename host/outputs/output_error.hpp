// SPDX-License-Identifier: Apache-2.0
// Why an output file does not take documents now: the fact with its place, and what a person can
// do.
#pragma once

#include <stdexcept>
#include <string>

namespace anthropic_metrics::host {

class OutputError : public std::runtime_error {
 public:
  OutputError(const std::string& fact, std::string remedy)
      : std::runtime_error(fact), remedy_(std::move(remedy)) {}
  const std::string& remedy() const { return remedy_; }

 private:
  std::string remedy_;
};

// The file was moved, cut or removed while a batch was on its way into it: the next try begins with
// what is there now.
class OutputChanged : public OutputError {
 public:
  using OutputError::OutputError;
};

// Throws what errno says: "<what>: No space left on device", and the remedy for that.
[[noreturn]] void fail_with_errno(const std::string& what);

}  // namespace anthropic_metrics::host
