# SPDX-License-Identifier: Apache-2.0
"""The headers of abi/ compile without a warning in every C and C++ it promises, with every compiler here."""

import os
import re
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
#include "beat_read.h"
#include "beat_read.h"
#include "beat_wait.h"
#include "beat_wait.h"
#include "beat_plugin.h"
#include "beat_plugin.h"
int use(const beat_plugin_api *api);
int use(const beat_plugin_api *api) {
  beat_span nothing = {0, 0};
  if (!BEAT_HAS_FN(beat_plugin_api, api, get_extension)) return (int)nothing.len;
  return BEAT_ABI_VERSION == api->abi_version ? BEAT_OK : BEAT_E_VERSION;
}
beat_status waiting(const beat_wait_api *api, beat_handle instance);
beat_status waiting(const beat_wait_api *api, beat_handle instance) {
  int32_t descriptor = -1;
  return BEAT_HAS_FN(beat_wait_api, api, descriptor) ? api->descriptor(instance, &descriptor) : BEAT_E_UNSUPPORTED;
}
beat_status window(const beat_read_api *api, beat_handle instance);
beat_status window(const beat_read_api *api, beat_handle instance) {
  beat_read_args args = {sizeof(beat_read_args), BEAT_READ_KNOWN, {0, 0}, 0, 0, {0, 0}};
  if (!BEAT_HAS_FN(beat_read_api, api, ask)) return BEAT_E_UNSUPPORTED;
  return api->ask(instance, &args, 0, 0);
}
"""
# Errors named at slots that need more than one call: (slot, error): the test that has it.
FORKED = "tests/abi/fork_test.cpp"
SHOWN_BY = {
    ("init", "BEAT_E_BUSY"): "tests/abi/collect_test.cpp",
    ("poll", "BEAT_E_BUSY"): "tests/abi/collect_test.cpp",
    ("poll", "BEAT_E_STATE"): "tests/abi/disk_test.cpp",
    ("ack", "BEAT_E_STATE"): "tests/abi/disk_test.cpp",
    ("last_error", "BEAT_E_TRUNCATED"): "tests/abi/promises_test.cpp",
    ("shutdown", "BEAT_E_TIMEOUT"): "tests/abi/callbacks_test.cpp",
    **{(slot, "BEAT_E_FORKED"): FORKED for slot in ("poll", "release", "ack", "cancel", "status_json", "last_error", "shutdown")},
}
READ_SHOWN_BY = {
    ("ask", "BEAT_E_STATE"): "tests/abi/disk_test.cpp",
    **{(slot, "BEAT_E_FORKED"): "tests/abi/read_test.cpp" for slot in ("on_request", "ask", "progress", "document_id")},
}
# Headers: the table in it, the test with a row for each error, and who has the others.
TABLES = [("abi/beat_plugin.h", "beat_plugin_api", "tests/abi/misuse_test.cpp", SHOWN_BY),
          ("abi/beat_read.h", "beat_read_api", "tests/abi/read_misuse_test.cpp", READ_SHOWN_BY),
          ("abi/beat_wait.h", "beat_wait_api", "tests/abi/wait_test.cpp", {("descriptor", "BEAT_E_FORKED"): "tests/abi/wait_test.cpp"})]
SLOT = re.compile(r"/\*(?P<prose>(?:(?!\*/).)*)\*/\s*[\w ]+\*?\(BEAT_CALL \*(?P<name>\w+)\)", re.DOTALL)


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
        return [f"abi: {compiler} -std={standard} {' '.join(extra)}: {first.strip()}; "
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

    def test_every_error_named_at_a_slot_is_shown_by_a_test(self):
        for header, table, test, elsewhere in TABLES:
            with self.subTest(header):
                self.errors_are_shown(header, table, test, elsewhere)

    def errors_are_shown(self, header, table, test, elsewhere):
        text = tree.read(header).partition(f"typedef struct {table} {{")[2].partition(f"}} {table};")[0]
        named = {(slot["name"], error) for slot in SLOT.finditer(text)
                 for error in re.findall(r"BEAT_E_\w+", slot["prose"].rpartition("Errors:")[2])}
        rows = set()
        for row in tree.read(test).split('\n      {"')[1:]:
            rows.add((re.match(r"\w+", row).group(), re.findall(r"BEAT_(?:E_\w+|OK)", row.partition("\n  };")[0])[-1]))
        self.assertGreater(len(named), 2, f"{header}: this test reads 'Errors: BEAT_E_...' at the slots of {table}")
        self.report(
            [f"{header}: {slot} names {error}, which no row of {test} has and this test does not place elsewhere; add a row"
             for slot, error in sorted(named - rows - set(elsewhere))]
            + [f"{test}: {slot} answers {error}, which its slot in {header} does not name; name it"
               for slot, error in sorted(rows - named) if error != "BEAT_OK"]
            + [f"{file} does not mention {error}, or {header} no longer names it at {slot}; correct the entry of this test"
               for (slot, error), file in elsewhere.items() if (slot, error) not in named or error not in tree.read(file)])

    def test_half_of_it_is_prose(self):
        for header, *_ in TABLES:
            with self.subTest(header):
                self.is_prose(header)

    def is_prose(self, header):
        text = tree.read(header)
        inside, prose = False, 0
        for line in text.splitlines():
            begins = "/*" in line
            prose += inside or begins
            inside = (inside or begins) and "*/" not in line
        share = prose / len(text.splitlines())
        self.assertGreaterEqual(share, 0.5, f"{header}: only {share:.0%} of the lines explain; purpose, arguments, "
                                            "ownership, threads and errors stand there")


if __name__ == "__main__":
    unittest.main()
