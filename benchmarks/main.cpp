// SPDX-License-Identifier: Apache-2.0
// Runs the benchmarks and then puts what they say beside what it should be. Nothing is asserted: a
// busy machine is no failure.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace {

/// Shows every run as usual and keeps it for the table.
class Keeping final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string name = run.benchmark_name();
      const auto items = run.counters.find("items_per_second");
      if (items != run.counters.end()) us_[name] = 1e6 / items->second.value;
      const auto size = run.counters.find("db_MB_per_Mrow");
      if (size != run.counters.end()) database_ = size->second.value;
    }
    ConsoleReporter::ReportRuns(runs);
  }

  /// CPU microseconds per document; 0 if it was not run.
  double us(const std::string& name) const {
    const auto at = us_.find(name);
    return at == us_.end() ? 0 : at->second;
  }
  double database() const { return database_; }

 private:
  std::map<std::string, double> us_;
  double database_ = 0;
};

void line(const std::string& what, double value, const std::string& must, const std::string& aim) {
  if (value > 0) fmt::print("{:<62} {:>8.2f}  {:<8} {}\n", what, value, must, aim);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  Keeping reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();

  const double parse = reporter.us("parse_only");
  const double shape = reporter.us("decode_and_write");
  const auto beyond = [&](const std::string& name) {
    const double us = reporter.us(name);
    return us > 0 && shape > 0 ? us - shape : 0;
  };
  fmt::print("\n{:<62} {:>8}  {:<8} {}\n", "200 rows per bucket, CPU", "measured", "must", "aim");
  line("decode + shape, share of the speed of a null parse", shape > 0 ? parse / shape : 0,
       ">= 0.45", ">= 0.70");
  line("decode + shape, us per document", shape, "", "");
  line("ledger + outbox in memory, new rows, us per document", beyond("emit/disk:0/data:2"), "",
       "");
  line("ledger + outbox on disk, new rows, us per document", beyond("emit/disk:1/data:2"), "",
       "< 0.50");
  line("ledger + outbox on disk, corrections, us per document", beyond("emit/disk:1/data:1"), "",
       "");
  line("decode + compare of unchanged rows, us per row", reporter.us("emit/disk:1/data:0"), "", "");
  line("database, MB per million rows", reporter.database(), "", "");
  return 0;
}
