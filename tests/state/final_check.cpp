// SPDX-License-Identifier: Apache-2.0
#include "final_check.hpp"

#include <fstream>
#include <sstream>
#include <string_view>

#include "scratch_folder.hpp"
#include "simulator/time.hpp"

namespace anthropic_metrics::test {
namespace {

bool begins_before(std::string_view document, std::string_view cutoff) {
  constexpr std::string_view member = "\"bucket_start_time\":\"";
  const auto at = document.find(member);
  return at == std::string_view::npos ||
         document.substr(at + member.size(), cutoff.size()) < cutoff;
}

}  // namespace

simulator::CheckReport check_final(const std::filesystem::path& documents,
                                   const simulator::Simulator& simulator,
                                   simulator::Instant cutoff) {
  const ScratchFolder kept;
  const std::string text = simulator::format_rfc3339(cutoff);
  for (const auto& entry : std::filesystem::directory_iterator(documents)) {
    if (entry.path().extension() != ".ndjson") continue;
    std::ifstream lines(entry.path());
    std::ofstream out(kept / entry.path().filename().string());
    for (std::string line; std::getline(lines, line);)
      if (begins_before(line, text)) out << line << '\n';
  }
  return simulator::check_directory(kept.path(), simulator.options(), simulator.now());
}

std::string shown(const simulator::CheckReport& report) {
  std::ostringstream text;
  print(report, text);
  return text.str();
}

}  // namespace anthropic_metrics::test
