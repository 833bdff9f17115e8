// SPDX-License-Identifier: Apache-2.0
#include "commands/finance_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/time_text.hpp"
#include "run/audit_work.hpp"
#include "run/plan.hpp"
#include "run/stop_on_signal.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {

std::vector<Option> FinanceOptions::options() {
  return {{.names = "--month", .sentence = "The month, in UTC", .value = &month, .type = "YYYY-MM"},
          {.names = "--from",
           .sentence = "In place of --month: the first day",
           .value = &from,
           .type = "DATE"},
          {.names = "--to",
           .sentence = "With --from: the first day that is left out; tomorrow if not given",
           .value = &to,
           .type = "DATE"},
          {.names = "--stream",
           .sentence = "The report that the bill is read from",
           .value = &stream,
           .shows_default = true,
           .words = {"cost", "analytics_cost"}},
          {.names = "--files",
           .sentence = "Read this file of documents instead of what the output holds; may be "
                       "repeated",
           .value = &files,
           .type = "FILE"},
          {.names = "--organization",
           .sentence = "Only the organization of this id",
           .value = &organization,
           .type = "ID"},
          {.names = "--now",
           .sentence = "Take this for the present time, so that the same is printed later",
           .value = &now,
           .type = "TIME"}};
}

Result<BooksWish> FinanceOptions::wish(bool held, bool api) const {
  BooksWish wish;
  wish.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (!now.empty()) {
    const auto time = parse_rfc3339(now);
    if (!time)
      return Failure{
          ExitCode::usage,
          {fmt::format("--now: '{}' is no time; write it like 2026-11-04T12:00:00Z", now)}};
    wish.now = *time;
    wish.now_is_said = true;
  }
  const auto period = period_of(month, from, to, wish.now);
  if (!period) return period.error();
  wish.period = *period;
  wish.cost = stream;
  wish.files.assign(files.begin(), files.end());
  wish.held = held;
  wish.api = api;
  return wish;
}

Result<std::vector<InputBooks>> read_books(const RunSettings& settings, const BooksWish& wish,
                                           const std::string& organization, Log& log) {
  const auto plugin = find_plugin(settings.plugin);
  if (!plugin) return plugin.error();
  if (auto known = check_streams(*plugin, {wish.cost}); !known) return known.error();
  const auto plan = make_plan(settings, *plugin, log);
  if (!plan) return plan.error();
  if (auto valid = Workload(*plugin, log, {}).validate(plan->specs); !valid) return valid.error();
  const StopOnSignal stop;
  std::vector<InputBooks> all;
  std::set<std::string> seen;  // what is held, and by whom
  for (const InstanceSpec& spec : plan->specs) {
    auto books = books_of(spec, *plugin, wish, stop.token(), log);
    if (!books) return books.error();
    for (BooksRead* side : {&books->held, &books->api})
      std::erase_if(side->books, [&](const Books& one) {
        if (!organization.empty() && one.organization != organization) return true;
        return side == &books->held && !seen.insert(side->name + "\n" + one.organization).second;
      });
    all.push_back(std::move(*books));
  }
  return all;
}

}  // namespace anthropic_metrics::host
