// SPDX-License-Identifier: Apache-2.0
// Reads the bill of an input, and the usage beside it: from where its documents are held, and from
// the API as it tells them now.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "finance/line_item.hpp"
#include "finance/open_days.hpp"
#include "finance/period.hpp"
#include "log.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

struct BooksWish {
  Period period;
  std::string cost = "cost";                 // the stream of the bill
  std::vector<std::filesystem::path> files;  // none: where the input's output writes to
  bool held = true, api = true;              // which of them are read
  Instant now;                               // by this machine's clock, or as somebody says it
  bool now_is_said = false;
};

// What one side tells. Whole if there are no problems.
struct BooksRead {
  std::string name;          // for messages: a data stream, files, the API
  std::vector<Books> books;  // of each organization; none: nothing was read
  std::vector<std::string> problems;
};

struct InputBooks {
  std::string input;
  BooksRead held, api;
  std::vector<std::string> notes;  // about usage, without which there is a bill all the same
  Revising revising;
  Instant now;        // when it was read
  std::string clock;  // whose time that is: "the API's clock"
};

// plugin and log outlive the call. A failure is of the wish: it asks for what cannot be.
Result<InputBooks> books_of(const InstanceSpec& spec, const PluginLibrary& plugin,
                            const BooksWish& wish, const std::stop_token& stop, Log& log);

// The stream of usage that is counted beside the bill of that one; empty if there is none.
std::string usage_beside(const std::string& cost);

}  // namespace anthropic_metrics::host
