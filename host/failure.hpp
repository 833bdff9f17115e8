// SPDX-License-Identifier: Apache-2.0
// Expected failure as a value: why something cannot be had, for a person, and how the process ends
// if nobody knows better. Only main turns it into the end of a process.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "exit_codes.hpp"

namespace anthropic_metrics::host {

class Log;

struct Failure {
  ExitCode code = ExitCode::internal;
  std::vector<std::string> lines{};  // one per fault, with its remedy; none: all was told already
  std::string_view part = "host";    // who says so in the log
  bool passes = false;               // a later try may succeed
  bool lasting = false;              // but hardly before a person has done something

  // What else went wrong. A result's error() is a copy, so its lines have no begin and end of one.
  void add(const Failure& other) {
    lines.insert(lines.end(), other.lines.begin(), other.lines.end());
  }
};

// Lets boost::system::result throw if value() is called on a failure, a bug of the caller.
[[noreturn]] inline void throw_exception_from_error(const Failure& failure,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked failure: " +
                         (failure.lines.empty() ? std::string() : failure.lines.front()));
}

// Every line to the log; what is wrong with the command line to whoever typed it.
void tell(const Failure& failure, Log& log);

// A value or a Failure. Test it before use; early return is `if (!r) return r.error();`.
template <class T>
using Result = boost::system::result<T, Failure>;

}  // namespace anthropic_metrics::host
