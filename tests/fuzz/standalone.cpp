// SPDX-License-Identifier: Apache-2.0
// Runs a target on files and on everything in folders: the corpus as a regression test, with any
// compiler. Fails if there was nothing to run.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "fuzz.hpp"

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  std::size_t inputs = 0, octets = 0;
  const auto run = [&](const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    // Every beginning too: most faults are about what comes early or not at all.
    for (std::size_t end = 0; end < text.size(); end += 1 + text.size() / 64)
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), end);
    ++inputs;
    octets += text.size();
  };
  for (int i = 1; i < count; ++i) {
    const fs::path path = arguments[i];
    if (!fs::is_directory(path)) {
      run(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_regular_file()) run(entry.path());
  }
  std::cout << inputs << " inputs and their beginnings, " << octets << " octets\n";
  return inputs > 0 ? 0 : 1;
}
