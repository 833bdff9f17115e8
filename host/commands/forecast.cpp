// SPDX-License-Identifier: Apache-2.0
// `forecast`: what the month will have cost at its end, from the days that the running host knows,
// beside what is billed; and how far such estimates are off.
#include <cstdio>

#include "commands/host_question.hpp"
#include "forecast/backtest.hpp"
#include "forecast/spending_text.hpp"

namespace anthropic_metrics::host {
namespace {

class Forecast : public HostQuestion {
 public:
  std::vector<Option> options() override {
    auto options = HostQuestion::options();
    options.push_back({.names = "--json", .sentence = "Print it as JSON", .value = &json_});
    options.push_back({.names = "--backtest",
                       .sentence = "Print how far estimates are off, on simulated years",
                       .value = &backtest_});
    options.push_back({.names = "--seed",
                       .sentence = "With --backtest: years of this seed instead of those that the "
                                   "documentation states the error of",
                       .value = &seed_,
                       .type = "N"});
    return options;
  }

  Result<void> check() override {
    if (seed_ != 0 && !backtest_)
      return Failure{ExitCode::usage, {"--seed is of --backtest; add that, or leave it out"}};
    if (json_ && backtest_)
      return Failure{ExitCode::usage, {"--backtest prints tables; leave out --json"}};
    return HostQuestion::check();
  }

  Result<void> run(Log& log) override {
    if (backtest_) {
      std::vector<std::uint64_t> seeds{shipped_seeds.begin(), shipped_seeds.end()};
      if (seed_ != 0) seeds = {seed_};
      return print(text_of(backtest(seeds)));
    }
    const auto answer = ask("/status", log);
    if (!answer) return answer.error();
    const auto found = spending_in(*answer);
    if (!found) return found.error();
    return print(json_ ? json_of(*found) : text_of(*found));
  }

 private:
  static Result<void> print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return {};
  }

  bool json_ = false, backtest_ = false;
  std::uint64_t seed_ = 0;
};

const Registration registered({.name = "forecast",
                               .sentence = "Estimate what the month will cost",
                               .place = 3,
                               .make = make_command<Forecast>});

}  // namespace
}  // namespace anthropic_metrics::host
