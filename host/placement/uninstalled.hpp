// SPDX-License-Identifier: Apache-2.0
// A mark beside an Agent's versions: somebody took us away on purpose, and a component that still
// runs must not put itself back.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "failure.hpp"

namespace anthropic_metrics::host {

class UninstalledMark {
 public:
  // data: the folder of versions. Remembers a mark that is there: it is of a former life.
  explicit UninstalledMark(const std::filesystem::path& data);

  // Whether it was set since.
  bool set_since() const;

  static Result<void> set(const std::filesystem::path& data);
  static void clear(const std::filesystem::path& data);

 private:
  struct Seen {
    ino_t inode = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const Seen&) const = default;
  };
  Seen seen() const;

  const std::filesystem::path file_;
  const Seen former_;
};

}  // namespace anthropic_metrics::host
