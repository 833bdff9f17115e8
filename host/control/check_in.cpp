// SPDX-License-Identifier: Apache-2.0
#include "control/check_in.hpp"

#include <algorithm>
#include <utility>

namespace anthropic_metrics::host::control {
namespace {

bool same(const WantedUnit& one, const WantedUnit& other) {
  return one.name == other.name && one.runs == other.runs && one.index == other.index &&
         one.level == other.level && same_secret(one.source, other.source);
}

bool same(const std::vector<WantedUnit>& ones, const std::vector<WantedUnit>& others) {
  return std::equal(ones.begin(), ones.end(), others.begin(), others.end(),
                    [](const auto& one, const auto& other) { return same(one, other); });
}

}  // namespace

void CheckIn::open() {
  open_ = true;
  greeted_ = false;
  told_.clear();
  told_indexes_ = {};
  parts_.clear();
  mark_.reset();
}

bool CheckIn::take(Expected expected, Time now) {
  const Indexes indexes{expected.features_index, expected.component_index};
  const bool first_part = !expected.chunk || expected.chunk != mark_;
  // The parts that follow carry units alone.
  if (first_part && indexes != indexes_) {
    indexes_ = indexes;
    indexes_since_ = now;
  }
  if (!expected.chunk) {
    mark_.reset();
    parts_.clear();
    apply(std::move(expected.units));
  } else {
    if (first_part) parts_.clear();
    mark_ = expected.chunk;
    const bool last = expected.units.empty();
    std::move(expected.units.begin(), expected.units.end(), std::back_inserter(parts_));
    if (!last) return false;
    mark_.reset();
    apply(std::exchange(parts_, {}));
  }
  return !taken_ || !same(*taken_, visible());
}

void CheckIn::apply(std::vector<WantedUnit> units) {
  expected_once_ = true;
  listed_.clear();
  for (WantedUnit& unit : units) {
    listed_.insert(unit.name);
    WantedUnit& known = wanted_[unit.name];
    // The configuration comes only when it is new, and again with a new stream.
    if (unit.source == nullptr || same_secret(unit.source, known.source))
      unit.source = known.source;
    known = std::move(unit);
  }
  // Whoever is gone without having been told to stop shall stop, too.
  for (auto& entry : wanted_)
    if (listed_.count(entry.first) == 0) entry.second.runs = false;
  forget_gone();
}

// Units that the Agent does not speak of any more, and that do not run here.
void CheckIn::forget_gone() {
  for (auto at = wanted_.begin(); at != wanted_.end();) {
    const auto seen = seen_.find(at->first);
    const bool runs_here = seen != seen_.end() && seen->second.state != UnitState::stopped;
    at = listed_.count(at->first) == 0 && !runs_here ? wanted_.erase(at) : std::next(at);
  }
}

std::vector<WantedUnit> CheckIn::visible() const {
  std::vector<WantedUnit> units;
  for (const auto& entry : wanted_) {
    const auto seen = seen_.find(entry.first);
    const bool stopped = seen != seen_.end() && seen->second.state == UnitState::stopped;
    if (entry.second.runs || !stopped) units.push_back(entry.second);
  }
  return units;
}

std::optional<std::vector<WantedUnit>> CheckIn::take_wanted() {
  if (!expected_once_) return std::nullopt;
  auto units = visible();
  if (taken_ && same(*taken_, units)) return std::nullopt;
  taken_ = units;
  return units;
}

void CheckIn::report(std::vector<SeenUnit> units) {
  std::map<UnitName, SeenUnit> seen;
  for (SeenUnit& unit : units) {
    UnitName name = unit.name;
    seen.insert_or_assign(std::move(name), std::move(unit));
  }
  // One that has stopped is told of until the Agent forgets it, though nobody reports it any more.
  for (const auto& entry : seen_)
    if (entry.second.state == UnitState::stopped && listed_.count(entry.first) != 0)
      seen.insert(entry);
  seen_ = std::move(seen);
  forget_gone();
}

// What the Agent does not speak of would be an unknown unit to it.
std::vector<const SeenUnit*> CheckIn::to_tell() const {
  std::vector<const SeenUnit*> units;
  for (const auto& entry : seen_)
    if (listed_.count(entry.first) != 0) units.push_back(&entry.second);
  return units;
}

bool CheckIn::is_urgent() const {
  for (const SeenUnit* unit : to_tell()) {
    const auto told = told_.find(unit->name);
    if (told == told_.end() || told->second.index != unit->index ||
        told->second.state != unit->state)
      return true;
  }
  return false;
}

bool CheckIn::has_untold() const {
  const auto units = to_tell();
  return !greeted_ || told_indexes_ != indexes_ ||
         std::any_of(units.begin(), units.end(), [&](const SeenUnit* unit) {
           const auto told = told_.find(unit->name);
           return told == told_.end() || told->second != *unit;
         });
}

std::optional<CheckIn::Time> CheckIn::due() const {
  if (!open_) return std::nullopt;
  if (!greeted_) return Time::min();
  Time due = told_at_ + settings_.period;
  const Time soonest = told_at_ + spacing;
  if (is_urgent()) due = std::min(due, soonest);
  // What was just asked for is about to be reported: both go in one message.
  if (told_indexes_ != indexes_) due = std::min(due, std::max(soonest, indexes_since_ + spacing));
  return due;
}

std::string CheckIn::next(std::string_view token, Time now) {
  Observed observed;
  observed.units = to_tell();
  if (!greeted_) observed.programme = &settings_.programme;
  observed.features_index = indexes_.features;
  observed.component_index = indexes_.component;
  observed.process = settings_.process;
  std::string message = to_bytes(observed, token);
  if (message.size() > settings_.largest) {
    observed.payloads = false;
    message = to_bytes(observed, token);
  }
  greeted_ = true;
  told_at_ = now;
  told_indexes_ = indexes_;
  told_.clear();
  for (const SeenUnit* unit : observed.units) told_.emplace(unit->name, *unit);
  return message;
}

}  // namespace anthropic_metrics::host::control
