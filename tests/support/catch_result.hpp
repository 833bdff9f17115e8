// SPDX-License-Identifier: Apache-2.0
// Lets Catch2 show a Result: the error's sentence, or that there is a value (which need not be
// streamable, unlike what boost::system::result's own operator<< expects).
#pragma once

#include <catch2/catch_tostring.hpp>

#include "base/error.hpp"

namespace Catch {

template <class T>
struct StringMaker<boost::system::result<T, anthropic_metrics::Error>> {
  static std::string convert(const boost::system::result<T, anthropic_metrics::Error>& result) {
    return result ? "success" : "error: " + result.error().message;
  }
};

}  // namespace Catch
