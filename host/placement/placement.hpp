// SPDX-License-Identifier: Apache-2.0
// Puts our files into an Agent's folder of components, and takes them away. Whenever this is cut
// short, there may be a program without a spec, which the Agent ignores, but never a spec without a
// program, which keeps the Agent from starting. Each file appears whole, by rename.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "failure.hpp"
#include "placement/component_files.hpp"

namespace anthropic_metrics::host {

// What of ours stands in a folder of components.
struct FoundComponent {
  bool program = false;  // executable by its owner, writable by nobody else
  bool library = false;
  bool spec = false;
  std::string version;  // as the spec says; empty: it does not

  bool complete() const { return program && library && spec; }
  bool nothing() const { return !program && !library && !spec; }
};
FoundComponent look_into(const std::filesystem::path& components);

enum class Placed { anew, replaced, unchanged, newer_kept };

// What becomes of a newer version of ours that stands there already, or of one that does not say.
enum class Newer { keep, replace };

// One at a time in each folder, over all processes. Equal files are left alone. stop: given up
// between two writes once it is true, as a failure without lines.
Result<Placed> place(const ComponentFiles& files, const std::filesystem::path& components,
                     Newer newer, const std::atomic<bool>* stop = nullptr);

// Whether place() would be refused because of another product's spec.
Result<void> check_rivals(const std::filesystem::path& components);

// True if there was something.
Result<bool> take_away(const std::filesystem::path& components);

}  // namespace anthropic_metrics::host
