// SPDX-License-Identifier: Apache-2.0
// What an Elastic Agent may say: first octet odd, the messages of a stream in pieces of any size;
// even, the greeting on standard input.
#include <boost/json/parse.hpp>

#include "control/bootstrap.hpp"
#include "control/check_in.hpp"
#include "control/framing.hpp"
#include "control/json_struct.hpp"
#include "control/messages.hpp"
#include "fuzz.hpp"

namespace {

using namespace anthropic_metrics;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::control;

constexpr std::size_t largest = 1 << 16;
using Now = CheckIn::Time;

void greeting(std::string_view text) {
  const auto result = parse_bootstrap(text);
  if (result) {
    fuzz::require(!result->address.empty() && result->token && result->key, "success is complete");
    fuzz::require(result->largest_message > 0, "messages have some size");
  } else {
    fuzz::require(result.error().lines.size() == 1, "a refusal is one sentence");
    fuzz::require(result.error().lines.front().size() < 1000, "a message is bounded");
  }
}

// Sources are JSON that a parser takes, as deep as they may be.
void check_sources(const std::vector<WantedUnit>& units) {
  for (const WantedUnit& unit : units) {
    if (unit.source == nullptr) continue;
    unit.source->expose([](std::string_view text) {
      boost::json::parse_options options;
      options.max_depth = control::most_depth + 1;
      boost::system::error_code error;
      const auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()),
                                            error, {}, options);
      fuzz::require(!error && value.is_object(), "a source is a JSON object");
    });
  }
}

void report_as_wanted(CheckIn& check_in) {
  const auto units = check_in.take_wanted();
  if (!units) return;
  check_sources(*units);
  std::vector<SeenUnit> seen;
  for (const WantedUnit& unit : *units) {
    seen.push_back(
        {unit.name, unit.index, unit.runs ? UnitState::healthy : UnitState::stopped, "", {}});
  }
  check_in.report(std::move(seen));
}

void stream(std::string_view bytes, std::size_t piece) {
  CheckIn check_in({{"fuzz", {}, ""}, std::chrono::seconds(25), largest, 1});
  check_in.open();
  Now now{};
  Deframer messages(largest);
  while (!bytes.empty()) {
    const auto fault = messages.feed(bytes.substr(0, piece), [&](std::string_view message) {
      fuzz::require(message.size() <= largest, "no message is larger than was agreed");
      auto expected = parse_expected(message);
      static_cast<void>(parse_action(message));
      if (!expected) return true;
      check_in.take(std::move(*expected), now);
      report_as_wanted(check_in);
      for (int sent = 0; check_in.due() && *check_in.due() <= now; ++sent) {
        fuzz::require(sent < 2, "what was told is not due again");
        check_in.next("token", now);
      }
      now += std::chrono::seconds(1);
      return true;
    });
    if (fault) return;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Source source(fuzz::view(data, size));
  const unsigned first = source.number();
  if (first % 2 == 0) {
    greeting(source.rest());
  } else {
    stream(source.rest(), first);
  }
  return 0;
}
