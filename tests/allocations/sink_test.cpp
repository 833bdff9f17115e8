// SPDX-License-Identifier: Apache-2.0
// What the plugin shows goes into a file as it is: no memory for a document, and no copy of it.
#include <dlfcn.h>
#include <sys/uio.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "output_setup.hpp"

namespace {

std::vector<std::pair<const void*, std::size_t>> handed_on;
std::atomic<std::uint64_t> allocations = 0;

}  // namespace

// The C library's, which are told of here.
extern "C" ssize_t writev(int file, const iovec* parts, int count) {
  for (int i = 0; i < count; ++i) handed_on.emplace_back(parts[i].iov_base, parts[i].iov_len);
  using Function = ssize_t (*)(int, const iovec*, int);
  static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "writev"));
  return next(file, parts, count);
}
/// The host's operator new asks here.
extern "C" void* malloc(std::size_t size) noexcept {
  ++allocations;
  using Function = void* (*)(std::size_t);
  static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "malloc"));
  return next(size);
}

namespace anthropic_metrics::host::test {
namespace {

std::vector<std::pair<std::uint32_t, std::string>> documents(std::size_t count) {
  return std::vector<std::pair<std::uint32_t, std::string>>(
      count, {0, R"({"text":")" + std::string(700, 'x') + R"("})"});
}

std::uint64_t allocations_of(FileSink& sink, const beat_batch& batch) {
  const std::uint64_t before = allocations;
  const bool written = sink.write(batch, targets).has_value();
  const std::uint64_t made = allocations - before;
  CHECK(written);
  return made;
}

TEST_CASE("a file takes a batch with as little memory as a document, and in the place it has") {
  Scratch scratch;
  LogFile log;
  FileSink sink("default", output_in(scratch), log.log);
  const Batch one(documents(1)), many(documents(2000));
  allocations_of(sink, one.batch);

  const std::uint64_t of_one = allocations_of(sink, one.batch);
  handed_on.clear();
  CHECK(allocations_of(sink, many.batch) <= of_one);
  REQUIRE(handed_on.size() == 1);
  CHECK(handed_on.front().first == many.batch.ndjson.ptr);
  CHECK(handed_on.front().second == many.batch.ndjson.len);
}

}  // namespace
}  // namespace anthropic_metrics::host::test
