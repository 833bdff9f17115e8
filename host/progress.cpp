// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "table.hpp"

namespace anthropic_metrics::host {

std::string time_left(const Progress& progress) {
  const double done = progress.share - progress.before;
  const double seconds = static_cast<double>(progress.elapsed.count()) / 1000;
  // The first moments say little of the others.
  if (seconds < 2 || done < 0.005 || progress.share >= 1) return {};
  const double left = seconds / done * (1 - progress.share);
  if (left < 90) return fmt::format("{:.0f} s", std::ceil(left));
  const auto minutes = static_cast<std::uint64_t>(std::ceil(left / 60));
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string progress_line(const Progress& progress, std::size_t columns) {
  const double share = std::clamp(progress.share, 0.0, 1.0);
  std::string text = fmt::format(" {} %", static_cast<int>(share * 100));
  const double seconds = static_cast<double>(progress.elapsed.count()) / 1000;
  if (progress.documents > 0 && seconds >= 1)
    text += fmt::format(
        ", {} documents/s",
        grouped(fmt::format("{:.0f}", static_cast<double>(progress.documents) / seconds)));
  if (const std::string left = time_left(progress); !left.empty()) text += ", " + left + " left";
  if (!progress.where.empty()) text += ", " + progress.where;
  constexpr std::size_t most = 30, least = 5;
  const std::size_t room = columns > text.size() + 2 ? columns - text.size() - 2 : 0;
  if (room < least) return text.substr(1, columns);
  const std::size_t width = std::min(room, most);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  std::string bar(full, '=');
  if (full < width) bar += '>';
  bar.resize(width, ' ');
  return "[" + bar + "]" + text;
}

}  // namespace anthropic_metrics::host
