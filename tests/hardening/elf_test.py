# SPDX-License-Identifier: Apache-2.0
"""What came of cmake/hardening.cmake, read from the plugin and from the host.

python3 elf_test.py PLUGIN HOST CONFIGURATION COMPILER
"""

import sys
import unittest

import elf

SIX = {f"beat_plugin_{name}" for name in ("abi_version", "get_api", "init", "poll", "ack", "shutdown")}


class Hardened:
    """For every binary of ours."""

    def test_relocations_are_read_only_and_bound_at_the_start(self):
        self.assertIsNotNone(self.elf.segment(elf.PT_GNU_RELRO))
        now = self.elf.tags(elf.DT_BIND_NOW) or self.elf.flags(elf.DT_FLAGS) & elf.DF_BIND_NOW \
            or self.elf.flags(elf.DT_FLAGS_1) & elf.DF_1_NOW
        self.assertTrue(now, "not linked with -z now")

    def test_no_memory_is_both_written_and_executed(self):
        stack = self.elf.segment(elf.PT_GNU_STACK)
        self.assertIsNotNone(stack)
        self.assertEqual(stack[1] & 1, 0, "the stack is executable")
        for program in self.elf.programs:
            if program[0] == elf.PT_LOAD:
                self.assertNotEqual(program[1] & 3, 3, "a segment is writable and executable")

    def test_code_is_not_written_when_loaded(self):
        self.assertFalse(self.elf.tags(elf.DT_TEXTREL) or self.elf.flags(elf.DT_FLAGS) & elf.DF_TEXTREL)

    def test_indirect_jumps_and_returns_are_guarded(self):
        if self.elf.machine != elf.EM_X86_64:
            self.skipTest("of x86-64 only")
        self.assertEqual(self.elf.x86_features() & (elf.IBT | elf.SHSTK), elf.IBT | elf.SHSTK,
                         "an object was compiled without -fcf-protection=full")

    def test_only_what_is_used_is_needed(self):
        needed = self.elf.tags(elf.DT_NEEDED)
        self.assertEqual(len(needed), len(set(needed)))

    def test_a_release_names_no_inner_functions(self):
        if CONFIGURATION != "Release":
            self.skipTest("this is " + CONFIGURATION)
        self.assertFalse(self.elf.has_symbol_table(), "not stripped")
        self.assertFalse(self.elf.tags(elf.DT_RPATH) or self.elf.tags(elf.DT_RUNPATH))


class Plugin(Hardened, unittest.TestCase):
    def setUp(self):
        self.elf = elf.Elf(PLUGIN)

    def test_six_functions_leave_it(self):
        self.assertEqual(self.elf.exported() - {"BEAT_1"}, SIX)

    def test_it_stays_once_loaded_and_can_be_loaded(self):
        flags = self.elf.flags(elf.DT_FLAGS_1)
        self.assertTrue(flags & elf.DF_1_NODELETE)
        self.assertFalse(flags & elf.DF_1_NOOPEN)

    def test_it_has_no_path_of_its_own_for_libraries(self):
        self.assertFalse(self.elf.tags(elf.DT_RPATH) or self.elf.tags(elf.DT_RUNPATH))


class Host(Hardened, unittest.TestCase):
    def setUp(self):
        self.elf = elf.Elf(HOST)

    def test_its_place_in_memory_is_not_fixed(self):
        self.assertEqual(self.elf.type, 3)
        self.assertIsNotNone(self.elf.segment(elf.PT_INTERP))
        self.assertTrue(self.elf.flags(elf.DT_FLAGS_1) & elf.DF_1_PIE)


if __name__ == "__main__":
    PLUGIN, HOST, CONFIGURATION = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1])
