// SPDX-License-Identifier: Apache-2.0
// JSON that holds secrets: parsed into memory that is overwritten before it is given back, the
// parser's own included, so that no copy of a key outlives the reading of a configuration.
#pragma once

#include <boost/json/memory_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <string_view>

namespace anthropic_metrics {

/// Memory from the heap, overwritten when it is given back.
class WipingMemory final : public boost::json::memory_resource {
 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

class SecretJson {
 public:
  /// text stays the caller's, who wipes it.
  explicit SecretJson(std::string_view text);
  SecretJson(const SecretJson&) = delete;
  SecretJson& operator=(const SecretJson&) = delete;

  const boost::system::error_code& error() const noexcept { return error_; }
  const boost::json::value& value() const noexcept { return value_; }

 private:
  boost::system::error_code error_;
  WipingMemory memory_;  ///< Outlives the value.
  boost::json::value value_;
};

}  // namespace anthropic_metrics
