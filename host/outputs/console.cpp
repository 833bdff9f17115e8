// SPDX-License-Identifier: Apache-2.0
// `type: console`.
#include "outputs/console_sink.hpp"
#include "policy/output.hpp"

namespace anthropic_metrics::host {
namespace {

class ConsoleOutput : public Output {
 public:
  using Output::Output;
  std::string_view type() const override { return "console"; }
  std::unique_ptr<Sink> make_sink(Log&) const override {
    constexpr int standard_output = 1;
    return std::make_unique<ConsoleSink>(standard_output);
  }
  bool same_as(const Output& other) const override {
    return name() == other.name() && dynamic_cast<const ConsoleOutput*>(&other) != nullptr;
  }
};

OutputPtr read(PolicyContext&, const OutputSection& section) {
  return std::make_shared<ConsoleOutput>(section.name);
}

const OutputRegistration registered({.name = "console", .keys = {}, .read = read});

}  // namespace
}  // namespace anthropic_metrics::host
