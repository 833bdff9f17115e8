# SPDX-License-Identifier: Apache-2.0
"""abi/beat_plugin.h compiles without a warning in every C and C++ it promises, with every compiler here."""

import os
import shutil
import subprocess
import tempfile
import unittest

import tree

C = ["c89", "c99", "c11", "c17"]
CXX = ["c++11", "c++14", "c++17", "c++20"]
STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Werror"]
# A use of what the header offers, so that macros are expanded too. Plain C89 and C++ alike.
USE = """
#include "beat_plugin.h"
#include "beat_plugin.h"
int use(const beat_plugin_api *api);
int use(const beat_plugin_api *api) {
  beat_span nothing = {0, 0};
  if (!BEAT_HAS_FN(beat_plugin_api, api, get_extension)) return (int)nothing.len;
  return BEAT_ABI_VERSION == api->abi_version ? BEAT_OK : BEAT_E_VERSION;
}
"""


def compilers(*names):
    found = {}
    for name in names:
        path = name and shutil.which(name)
        if path:
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


class Header(tree.TreeTest):
    def compile(self, compiler, language, standard, extra):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "use.c" if language == "c" else "use.cpp")
            with open(source, "w", encoding="ascii") as file:
                file.write(USE)
            done = subprocess.run(
                [compiler, f"-std={standard}", *STRICT, *extra, "-x", language, "-I", str(tree.ROOT / "abi"), "-fsyntax-only",
                 source], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            return []
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[:200])
        return [f"abi/beat_plugin.h: {compiler} -std={standard} {' '.join(extra)}: {first.strip()}; "
                "keep to the common part of C89 with <stdint.h> and C++11"]

    def test_every_standard_of_c(self):
        findings = []
        tried = compilers(os.environ.get("AM_CC"), "gcc", "clang")
        self.assertTrue(tried, "no C compiler found")
        for compiler in tried:
            for standard in C:
                findings += self.compile(compiler, "c", standard, [])
                findings += self.compile(compiler, "c", standard, ["-DBEAT_PLUGIN_BUILDING"])
        self.report(findings)

    def test_every_standard_of_cxx(self):
        findings = []
        tried = compilers(os.environ.get("AM_CXX"), "g++", "clang++")
        self.assertTrue(tried, "no C++ compiler found")
        for compiler in tried:
            for standard in CXX:
                findings += self.compile(compiler, "c++", standard, [])
                findings += self.compile(compiler, "c++", standard, ["-DBEAT_PLUGIN_BUILDING"])
        self.report(findings)

    def test_half_of_it_is_prose(self):
        text = tree.read("abi/beat_plugin.h")
        inside, prose = False, 0
        for line in text.splitlines():
            begins = "/*" in line
            prose += inside or begins
            inside = (inside or begins) and "*/" not in line
        share = prose / len(text.splitlines())
        self.assertGreaterEqual(share, 0.5, f"abi/beat_plugin.h: only {share:.0%} of the lines explain; purpose, arguments, "
                                            "ownership, threads and errors stand there")


if __name__ == "__main__":
    unittest.main()
