// SPDX-License-Identifier: Apache-2.0
#include "run/books_work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "finance/book_keeper.hpp"
#include "proof/api_source.hpp"
#include "proof/reading_config.hpp"
#include "run/audit_work.hpp"

namespace anthropic_metrics::host {
namespace {

void add_lines(std::vector<std::string>& to, const std::vector<std::string>& lines) {
  to.insert(to.end(), lines.begin(), lines.end());
}

std::int64_t seconds_of(std::chrono::sys_days day) {
  return Instant(day).time_since_epoch().count();
}

// The tasks of the bill and of usage, each with the client that its holdings refer to.
struct Streams {
  InputAudit bill, usage;
  const AuditTask* cost() const { return bill.tasks.empty() ? nullptr : bill.tasks.data(); }
  const AuditTask* counts() const { return usage.tasks.empty() ? nullptr : usage.tasks.data(); }
};

// Keeps the books of each organization that documents are of.
class Keepers {
 public:
  Keepers(const Streams& streams, const Period& period, std::string organization)
      : cost_(streams.cost()->fields),
        usage_(streams.counts() == nullptr ? RowFields() : streams.counts()->fields),
        from_(seconds_of(period.from)),
        to_(seconds_of(period.to)),
        organization_(std::move(organization)) {}

  Result<void> read(DocumentSource& source, bool bill) {
    for (;;) {
      const auto next = source.next();
      if (!next) return next.error();
      if (*next == nullptr) return {};
      const RowDocument& row = **next;
      if (row.start < from_ || row.start >= to_) continue;
      const std::string& organization = row.organization.empty() ? organization_ : row.organization;
      auto at = keepers_.find(organization);
      if (at == keepers_.end())
        at = keepers_.emplace(organization, BookKeeper(cost_, usage_)).first;
      if (bill)
        at->second.add_cost(row);
      else
        at->second.add_usage(row);
    }
  }

  std::vector<Books> books() const {
    std::vector<Books> all;
    for (const auto& [organization, keeper] : keepers_) {
      all.push_back(keeper.books());
      all.back().organization = organization;
    }
    // Nothing billed is an answer, too.
    if (all.empty()) all.emplace_back().organization = organization_;
    return all;
  }

 private:
  const RowFields cost_, usage_;
  const std::int64_t from_, to_;
  const std::string organization_;  // of documents that say none
  std::map<std::string, BookKeeper> keepers_;
};

Result<void> read_held(const AuditTask& task, const std::string& organization, bool bill,
                       Keepers& keepers) {
  if (auto ready = task.holdings->prepare(); !ready) return ready;
  auto source = task.holdings->documents(task.from, task.to, organization);
  if (!source) return source.error();
  return keepers.read(**source, bill);
}

Result<void> read_api(const AuditTask& task, Reading& reading, bool bill, Keepers& keepers) {
  ApiSource source(reading, task.stream, task.index, task.fields, task.grain, task.from, task.to);
  return keepers.read(source, bill);
}

// The bill must be read; without usage it is a bill all the same.
void read_api(const Streams& streams, const Period& period, InputBooks& made) {
  made.api.name = "the API";
  const AuditTask& task = *streams.cost();
  auto reading = task.reading(task.grain);
  Keepers keepers(streams, period, {});
  const auto read =
      reading ? read_api(task, **reading, true, keepers) : Result<void>(reading.error());
  if (!read) return add_lines(made.api.problems, read.error().lines);
  if (const AuditTask* counts = streams.counts()) {
    auto usage = counts->reading(counts->grain);
    const auto counted =
        usage ? read_api(*counts, **usage, false, keepers) : Result<void>(usage.error());
    if (!counted) add_lines(made.notes, counted.error().lines);
  }
  made.api.books = keepers.books();
  if (const auto time = (*reading)->server_time(); time && made.clock != "--now") {
    made.now = *time;
    made.clock = "the API's clock";
  }
  if (made.api.books.size() == 1 && made.api.books.front().organization.empty())
    made.api.books.front().organization = (*reading)->organization();
}

void read_held(const Streams& streams, const Period& period, InputBooks& made) {
  const AuditTask& task = *streams.cost();
  made.held.name = task.holdings->name();
  const std::string organization =
      made.api.books.empty() ? std::string() : made.api.books.front().organization;
  Keepers keepers(streams, period, organization);
  if (const auto read = read_held(task, organization, true, keepers); !read)
    return add_lines(made.held.problems, read.error().lines);
  if (const AuditTask* counts = streams.counts())
    if (const auto read = read_held(*counts, organization, false, keepers); !read)
      add_lines(made.notes, read.error().lines);
  made.held.books = keepers.books();
}

Revising revising_of(const InstanceSpec& spec, const PluginLibrary& plugin, const AuditTask& task) {
  const StreamWork work = work_of(spec.config, plugin.describe(BEAT_DESCRIBE_CONFIG_SCHEMA),
                                  task.stream, task.grain.width);
  Revising revising;
  revising.settle = std::max(work.settle, task.fields.settle);
  if (work.look_back.count() > 0) revising.look_back = work.look_back;
  return revising;
}

}  // namespace

std::string usage_beside(const std::string& cost) {
  return cost == "cost" ? "usage" : cost == "analytics_cost" ? "analytics_usage" : "";
}

Result<InputBooks> books_of(const InstanceSpec& spec, const PluginLibrary& plugin,
                            const BooksWish& wish, const std::stop_token& stop, Log& log) {
  AuditWish audit;
  audit.from = Instant(wish.period.from);
  audit.to = Instant(wish.period.to);
  audit.files = wish.files;
  audit.held = wish.held;
  if (wish.now_is_said || !wish.api) audit.now = wish.now;
  const auto tasks = [&](const std::string& stream) {
    audit.streams = {stream};
    return audit_of(spec, plugin, audit, {}, stop, log);
  };
  InputBooks made;
  made.input = spec.id;
  made.now = wish.now;
  made.clock = wish.now_is_said ? "--now" : "this machine's clock";
  bool api = wish.api;
  auto bill = tasks(wish.cost);
  if (!bill) return bill.error();
  if (bill->tasks.empty() && wish.held && wish.api) {
    // One side may be there all the same: what is held, without asking the API; else the API.
    const std::vector<std::string> problems = bill->problems;
    audit.now = wish.now;
    bill = tasks(wish.cost);
    if (!bill) return bill.error();
    api = bill->tasks.empty();
    add_lines(api ? made.held.problems : made.api.problems, problems);
    if (api) {
      audit.held = false;
      bill = tasks(wish.cost);
      if (!bill) return bill.error();
    }
  }
  auto usage = tasks(usage_beside(wish.cost));
  if (!usage) return usage.error();
  const Streams streams{std::move(*bill), std::move(*usage)};
  made.notes = streams.usage.problems;
  if (streams.cost() == nullptr) {
    if (made.held.problems.empty()) add_lines(made.held.problems, streams.bill.problems);
    return made;
  }
  made.revising = revising_of(spec, plugin, *streams.cost());
  if (api) read_api(streams, wish.period, made);
  if (audit.held) read_held(streams, wish.period, made);
  return made;
}

}  // namespace anthropic_metrics::host
