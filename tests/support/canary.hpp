// SPDX-License-Identifier: Apache-2.0
// The key that tests use wherever one could leak, and the way a test's folder goes: it is searched
// for that key first. What holds it is kept below AM_ARTEFACTS, where the last test of a run
// (tests/artefacts) finds it and fails.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::test {

/// Every key of tests ends in this, whatever it begins with.
inline constexpr std::string_view canary_core = "CANARY-0123456789abcdefghijklmnopqrstuvwxyz";
inline constexpr std::string_view canary =
    "sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz";

/// The core as it is, in base64 at every alignment, in hexadecimal, in UTF-16. Percent-encoding
/// leaves it as it is.
inline std::vector<std::string> canary_forms() {
  const std::string text(canary_core);
  std::vector<std::string> forms{text};
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string padded = std::string(before, '\0') + text;
    std::string encoded;
    for (std::size_t i = 0; i + 3 <= padded.size(); i += 3) {
      const auto octet = [&](std::size_t n) {
        return static_cast<unsigned>(static_cast<unsigned char>(padded[i + n]));
      };
      const unsigned bits = octet(0) << 16 | octet(1) << 8 | octet(2);
      for (const unsigned shift : {18u, 12u, 6u, 0u}) encoded += alphabet[bits >> shift & 63];
    }
    forms.push_back(encoded.substr(before == 0 ? 0 : 4));  // What depends on the text alone.
  }
  std::string hex, wide;
  for (const char c : text) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", static_cast<unsigned>(c));
    hex += two.data();
    wide += {c, '\0'};
  }
  forms.push_back(hex);
  forms.push_back(wide);
  return forms;
}

inline bool holds_canary(std::string_view text) {
  // Never destroyed, like the inputs below: folders of static objects are searched after that.
  static const auto& forms = *new const std::vector<std::string>(canary_forms());
  return std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
    return text.find(form) != std::string_view::npos;
  });
}

/// Files that tests wrote with the key in them: policies, key files. They are input, not artefacts.
class Inputs {
 public:
  static void add(const std::filesystem::path& file) {
    const std::lock_guard lock(all().mutex);
    all().files.insert(file);
  }
  static bool has(const std::filesystem::path& file) {
    const std::lock_guard lock(all().mutex);
    return all().files.count(file) > 0;
  }

 private:
  struct Known {
    std::mutex mutex;
    std::set<std::filesystem::path> files;
  };
  static Known& all() {
    static Known& known = *new Known;
    return known;
  }
};

/// Removes a folder of a test. A file in it that holds the canary and is no input is kept.
inline void discard(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (const char* kept = std::getenv("AM_ARTEFACTS"); kept != nullptr) {
    for (fs::recursive_directory_iterator at(folder, ignored), end; !ignored && at != end;
         at.increment(ignored)) {
      if (!at->is_regular_file(ignored) || at->is_symlink(ignored) || Inputs::has(at->path()))
        continue;
      std::ifstream file(at->path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (!holds_canary(text)) continue;
      const fs::path leaks = fs::path(kept) / "leaks";
      fs::create_directories(leaks, ignored);
      const std::string name = folder.filename().string() + "-" + at->path().filename().string();
      std::ofstream(leaks / name, std::ios::binary) << text;
      std::fprintf(stderr, "%s holds the canary key; kept as %s\n", at->path().c_str(),
                   (leaks / name).c_str());
    }
  }
  fs::remove_all(folder, ignored);
}

}  // namespace anthropic_metrics::test
