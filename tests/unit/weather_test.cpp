// SPDX-License-Identifier: Apache-2.0
#include "base/weather.hpp"

#include <boost/system/system_error.hpp>
#include <filesystem>
#include <new>

#include "edge/guard.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

template <class E>
std::exception_ptr thrown(E exception) {
  return std::make_exception_ptr(std::move(exception));
}

TEST_CASE("what the system refuses is worth another try, everything else is a bug") {
  const std::error_code files(EMFILE, std::system_category());
  const std::vector<std::exception_ptr> weather{
      thrown(std::bad_alloc()), thrown(std::bad_array_new_length()),
      thrown(std::system_error(files)), thrown(std::filesystem::filesystem_error("x", files)),
      thrown(boost::system::system_error(
          boost::system::error_code(EMFILE, boost::system::system_category())))};
  for (const auto& one : weather) {
    const auto error = weather_of(one);
    REQUIRE(error);
    CHECK(error->code == Errc::transient);
    CHECK_FALSE(error->message.empty());
  }
  CHECK(test::contains(weather_of(weather[2])->message, "Too many open files"));
  CHECK_FALSE(weather_of(thrown(std::logic_error("x"))));
  CHECK_FALSE(weather_of(thrown(std::length_error("x"))));
  CHECK_FALSE(weather_of(thrown(7)));
  CHECK_FALSE(weather_of(nullptr));
}

TEST_CASE("at the boundary weather is no bug either") {
  CHECK(guarded([]() -> beat_status { throw std::bad_alloc(); }) == BEAT_E_NOMEM);
  std::string heard;
  CHECK(guarded([]() -> beat_status { throw std::system_error(EMFILE, std::system_category()); },
                [&](const char* what) { heard = what; }) == BEAT_E_GENERIC);
  CHECK(test::contains(heard, "Too many open files"));
  CHECK(guarded([]() -> beat_status { throw std::logic_error("x"); }) == BEAT_E_INTERNAL);
}

}  // namespace
}  // namespace anthropic_metrics
