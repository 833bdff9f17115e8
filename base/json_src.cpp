// SPDX-License-Identifier: Apache-2.0
#include <boost/assert.hpp>
#include <boost/json/src.hpp>
#include <string>

#include "base/assertion.hpp"

// Declared by Boost for whoever defines BOOST_ENABLE_ASSERT_DEBUG_HANDLER, as plugin/CMakeLists.txt
// does.
namespace boost {

void assertion_failed_msg(const char* expression, const char* message, const char* function,
                          const char* file, long line);

void assertion_failed(const char* expression, const char* function, const char* file, long line) {
  assertion_failed_msg(expression, "", function, file, line);
}

void assertion_failed_msg(const char* expression, const char* message, const char*,
                          const char* file, long line) {
  throw anthropic_metrics::BrokenAssertion(std::string(file) + ":" + std::to_string(line) + ": " +
                                           expression + (*message != '\0' ? ": " : "") + message);
}

}  // namespace boost
