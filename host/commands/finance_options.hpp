// SPDX-License-Identifier: Apache-2.0
// Which days of which bill commands for finance are about, and where it is read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "run/books_work.hpp"
#include "run/run_settings.hpp"

namespace anthropic_metrics::host {

struct FinanceOptions {
  std::string month, from, to;
  std::string organization;  // only its books; empty: all
  std::string stream = "cost";
  std::string now;
  std::vector<std::string> files;

  // Of the command line, into these.
  std::vector<Option> options();
  // What they say together. held, api: what is read.
  Result<BooksWish> wish(bool held, bool api) const;
};

// The books of all inputs of the policy that collect the bill. Of a data stream or files that
// several inputs share, each is read once unless the API says whose documents an input's are.
Result<std::vector<InputBooks>> read_books(const RunSettings& settings, const BooksWish& wish,
                                           const std::string& organization, Log& log);

}  // namespace anthropic_metrics::host
