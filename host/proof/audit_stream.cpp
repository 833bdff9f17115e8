// SPDX-License-Identifier: Apache-2.0
#include "proof/audit_stream.hpp"

#include <algorithm>
#include <utility>

#include "proof/api_source.hpp"
#include "proof/audit_window.hpp"
#include "proof/compare.hpp"
#include "proof/grains.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::int64_t day = 86'400;

std::int64_t day_before(std::int64_t time) {
  return time - time % day;
}

// What the API says in one grain, and whose it is: an instance learns that with its first answer.
class ApiReading final : public DocumentSource {
 public:
  static Result<std::unique_ptr<ApiReading>> make(const AuditTask& task, const Grain& grain,
                                                  std::int64_t from, std::int64_t to) {
    auto reading = task.reading(grain);
    if (!reading) return reading.error();
    std::unique_ptr<ApiReading> made(new ApiReading(std::move(*reading), task, grain, from, to));
    const auto first = made->source_.next();
    if (!first) return first.error();
    made->first_ = *first;
    return made;
  }

  Result<const RowDocument*> next() override {
    if (std::exchange(any_, true)) return source_.next();
    return first_;
  }

  std::string organization() const {
    std::string told = reading_->organization();
    // Before anything else is read: the row is that of the first document still.
    return told.empty() && first_ != nullptr && !any_ ? first_->organization : told;
  }
  const Reading& reading() const { return *reading_; }

 private:
  ApiReading(std::unique_ptr<Reading> reading, const AuditTask& task, const Grain& grain,
             std::int64_t from, std::int64_t to)
      : reading_(std::move(reading)),
        source_(*reading_, task.stream, task.index, task.fields, grain, from, to) {}

  std::unique_ptr<Reading> reading_;
  ApiSource source_;
  const RowDocument* first_ = nullptr;
  bool any_ = false;
};

// By which grain each moment is compared. Usually the store has one grain, and says so at once.
Result<void> survey(const AuditTask& task, const std::string& organization, Grains& grains) {
  const std::int64_t from = day_before(task.from);
  const auto found = task.holdings->other_grains(task.grain, from, task.to);
  if (!found) return found.error();
  if (!*found) return {};
  // Whole days, so that whatever covers a moment is met.
  const std::int64_t until = std::min(task.to, day_before((*found)->second + day - 1));
  const auto documents = task.holdings->documents(day_before((*found)->first), until, organization);
  if (!documents) return documents.error();
  while (true) {
    const auto next = (*documents)->next();
    if (!next) return next.error();
    if (*next == nullptr) break;
    if ((*next)->kind == RowDocument::Kind::row)
      grains.saw((*next)->grain, (*next)->start, (*next)->end);
  }
  grains.decide();
  return {};
}

std::int64_t settled_until(const AuditTask& task, const Reading& reading) {
  const auto now = reading.server_time();
  if (!now) return task.read_until;
  return std::min<std::int64_t>(task.read_until, (*now - task.delay).time_since_epoch().count());
}

Result<void> run(const AuditTask& task, StreamOutcome& outcome, Findings& findings) {
  if (auto ready = task.holdings->prepare(); !ready) return ready;
  std::vector<std::unique_ptr<ApiReading>> api;
  auto configured = ApiReading::make(task, task.grain, task.from, task.to);
  if (!configured) return configured.error();
  outcome.organization = (*configured)->organization();
  api.push_back(std::move(*configured));

  Grains grains(task.grain);
  if (auto seen = survey(task, outcome.organization, grains); !seen) return seen;
  std::vector<ApiSide> sides{{task.grain, api.front().get()}};
  for (const auto& [grain, times] : grains.others()) {
    // Buckets that begin before are not read from the store either.
    const std::int64_t width = seconds_of(grain.width);
    const std::int64_t begin = std::max(times.parts().begin()->first, task.from);
    const std::int64_t from = (begin + width - 1) / width * width;
    const std::int64_t to = times.parts().rbegin()->second;
    if (from >= to) continue;
    auto other = ApiReading::make(task, grain, from, to);
    if (!other) return other.error();
    api.push_back(std::move(*other));
    sides.push_back({grain, api.back().get()});
  }
  const auto store = task.holdings->documents(task.from, task.to, outcome.organization);
  if (!store) return store.error();
  const Reading& reading = api.front()->reading();
  const Comparison comparison{
      task.fields,
      grains,
      std::move(sides),
      **store,
      settled_until(task, reading),
      [&](std::string_view json) { return reading.document_id(task.stream, json); }};
  if (auto compared = compare(comparison, outcome.audit, findings); !compared) return compared;
  return task.holdings->look_beside(task.from, task.to, findings);
}

}  // namespace

StreamOutcome audit_stream(const AuditTask& task) {
  StreamOutcome outcome;
  outcome.audit.stream = task.stream;
  outcome.audit.data_stream = task.holdings->name();
  outcome.audit.grain = task.grain;
  outcome.audit.from = task.from;
  outcome.audit.to = task.to;
  Findings findings;
  if (const auto done = run(task, outcome, findings); !done) outcome.problems = done.error().lines;
  outcome.audit.findings = findings.list();
  return outcome;
}

}  // namespace anthropic_metrics::host
