// SPDX-License-Identifier: Apache-2.0
#include "run/history_watch.hpp"

#include <algorithm>

#include "progress.hpp"

namespace anthropic_metrics::host {
HistoryWatch::HistoryWatch(std::vector<HistoryTask> tasks, const WrittenCount& written, Log& log)
    : tasks_(std::move(tasks)), written_(written), log_(log) {}

HistoryWatch::~HistoryWatch() {
  if (!tasks_.empty()) log_.show({});
}

void HistoryWatch::tell_before() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (const HistoryTask& task : tasks_) {
    const auto size = history_size(task.from, task.width, now);
    if (!size) continue;
    const Forecast said =
        forecast(task.stream, task.from, *size, sample_of(task.output->newest_lines(task.target)),
                 task.output->name(), task.output->room_for(task.target));
    log_.write(said.level, "backfill", task.input, said.text);
  }
}

Instance::Round HistoryWatch::look(const std::vector<std::unique_ptr<Instance>>& instances) {
  bool all = true;
  bool refused = false;
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < between_looks) return Instance::Round::running;
  looked_at_ = now;
  const bool tell = now - told_at_ >= std::chrono::seconds(1);
  std::vector<HistoryPart> asked;
  for (const auto& instance : instances) {
    const HistoryState state = history_state(instance->status());
    for (const HistoryPart& part : state.parts) {
      if (!part.from.empty()) asked.push_back(part);
      if (part.done || (tell && !part.reached.empty() && !log_.is_watched()))
        tell_changed(instance->spec().id, part);
      tell_rest(instance->spec().id, part, tell);
    }
    refused = refused || state.refused();
    // What the last window made is counted by a status that is read after the window's end.
    all = all && state.collected() && history_state(instance->status()).pending_documents == 0;
  }
  if (tell) {
    told_at_ = now;
    show(asked);
  }
  if (refused || all) log_.show({});
  if (refused) return Instance::Round::refused;
  return all ? Instance::Round::done : Instance::Round::running;
}

void HistoryWatch::show(const std::vector<HistoryPart>& parts) {
  const auto moves = [](const HistoryPart& part) { return !part.reached.empty(); };
  if (!log_.is_watched() || !std::any_of(parts.begin(), parts.end(), moves)) return;
  const auto now = std::chrono::steady_clock::now();
  Progress progress;
  const HistoryPart* slowest = nullptr;
  for (const HistoryPart& part : parts) {
    progress.share += part.share / static_cast<double>(parts.size());
    if (slowest == nullptr || part.share < slowest->share) slowest = &part;
  }
  if (began_ == std::chrono::steady_clock::time_point{}) {
    began_ = now;
    share_before_ = progress.share;
  }
  progress.before = share_before_;
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
  for (const auto& [stream, sum] : written_.all()) progress.documents += sum.documents;
  if (!slowest->reached.empty()) progress.where = "back to " + slowest->reached.substr(0, 10);
  if (!slowest->waits_for.empty()) progress.where = "waits: " + slowest->waits_for;
  log_.show(progress_line(progress, log_.columns() - 1));
}

void HistoryWatch::tell_changed(const std::string& input, const HistoryPart& part) {
  std::string text = to_text(part);
  std::string& told = told_[input + '\n' + part.stream];
  if (text == told) return;
  told = std::move(text);
  log_.write(LogLevel::info, "backfill", input, told);
}

void HistoryWatch::tell_rest(const std::string& input, const HistoryPart& part, bool again) {
  const auto task = std::find_if(tasks_.begin(), tasks_.end(), [&](const HistoryTask& candidate) {
    return candidate.input == input && candidate.stream == part.stream;
  });
  if (task == tasks_.end() || part.reached.empty() || part.done) return;
  const WrittenCount::Sum now = written_.of(task->target);
  const auto [at, first] = begun_.try_emplace(input + '\n' + part.stream, Begun{part.share, now});
  Begun& begun = at->second;
  constexpr double enough = 0.01;  // of the history
  if (first || part.share - begun.share < enough || now.documents == begun.written.documents)
    return;
  if (begun.told && (!begun.fits || !again)) return;
  const Forecast said =
      forecast_of_rest(part.stream,
                       {now.documents - begun.written.documents, now.bytes - begun.written.bytes,
                        part.share - begun.share, 1 - part.share},
                       task->output->name(), task->output->room_for(task->target));
  const bool fits = said.level == LogLevel::info;
  if (begun.told && fits) return;
  begun.told = true;
  begun.fits = fits;
  log_.write(said.level, "backfill", input, said.text);
}

}  // namespace anthropic_metrics::host
