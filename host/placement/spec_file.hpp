// SPDX-License-Identifier: Apache-2.0
// The file by which an Elastic Agent knows a component: what we say in ours, what others say in
// theirs. A spec that it cannot use, or two for one input, keep the whole Agent from starting.
// Source: an Agent of 2026-08, spec version 2.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace anthropic_metrics::host {

// In a folder of components: the program, and the spec that has its name.
inline constexpr const char* component_program = "anthropic_metrics";
inline constexpr const char* component_library = "libanthropic_metrics.so";
inline constexpr const char* component_spec = "anthropic_metrics.spec.yml";

// amd64 or arm64, as the Agent calls what this program is built for; empty: it has no word for it.
std::string_view component_architecture();

std::string spec_text(std::string_view version, std::string_view architecture);

// Which version of ours a spec was written by; empty: it does not say.
std::string version_of_spec(std::string_view text);

// Below 0: a is older than b, by numbers between dots; a version with a suffix (0.2.0-rc1) is older
// than the same without.
int compare_versions(std::string_view a, std::string_view b);

// A spec of another product in this folder that takes our input's name on a platform of ours.
struct Rival {
  std::filesystem::path spec;
  bool alias = false;
};
std::optional<Rival> rival_in(const std::filesystem::path& components,
                              std::string_view architecture);

}  // namespace anthropic_metrics::host
