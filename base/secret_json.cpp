// SPDX-License-Identifier: Apache-2.0
#include "base/secret_json.hpp"

#include <array>
#include <boost/json/parser.hpp>
#include <new>

#include "base/secret.hpp"

namespace anthropic_metrics {

namespace json = boost::json;

// Boost.JSON allocates a pending key with one alignment and gives it back with another, both small:
// only one above what operator new grants anyway may choose the form of new and delete.
void* WipingMemory::do_allocate(std::size_t size, std::size_t alignment) {
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(size);
  return ::operator new(size, std::align_val_t(alignment));
}

void WipingMemory::do_deallocate(void* memory, std::size_t size, std::size_t alignment) {
  wipe(static_cast<char*>(memory), size);
  if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator delete(memory);
  ::operator delete(memory, std::align_val_t(alignment));
}

SecretJson::SecretJson(std::string_view text) : value_(json::storage_ptr(&memory_)) {
  std::array<unsigned char, 4096> scratch{};
  {
    json::parser parser(json::storage_ptr(&memory_), {}, scratch.data(), scratch.size());
    parser.reset(json::storage_ptr(&memory_));
    parser.write(text.data(), text.size(), error_);
    if (!error_) value_ = parser.release();
  }
  wipe(reinterpret_cast<char*>(scratch.data()), scratch.size());
  wipe_stack_below();  // The parser puts strings with escapes together there.
}

}  // namespace anthropic_metrics
