// SPDX-License-Identifier: Apache-2.0
// Lets Catch2 show a Result of the host: the failure's lines, or that there is a value.
#pragma once

#include <catch2/catch_tostring.hpp>
#include <string>

#include "failure.hpp"

namespace Catch {

template <class T>
struct StringMaker<boost::system::result<T, anthropic_metrics::host::Failure>> {
  static std::string convert(
      const boost::system::result<T, anthropic_metrics::host::Failure>& result) {
    if (result) return "success";
    std::string text = "failure:";
    for (const std::string& line : result.error().lines) text += " " + line;
    return text;
  }
};

}  // namespace Catch
