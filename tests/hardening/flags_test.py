# SPDX-License-Identifier: Apache-2.0
"""How this build tree compiles: sanitizers see everything, assertions are there to fail.

python3 flags_test.py COMPILE_COMMANDS PRESETS CONFIGURATION SANITIZERS
"""

import json
import re
import shlex
import sys
import unittest

# Undefined behaviour that these define is none to a sanitizer, which then stays silent.
BLINDING = ["-fno-strict-overflow", "-fwrapv", "-fwrapv-pointer", "-fno-delete-null-pointer-checks",
            "-ftrivial-auto-var-init=zero", "-fno-sanitize=undefined", "-fsanitize-recover=all"]


def defined(words, name):
    """Whether a macro is defined after all -D and -U, of which the last one counts."""
    state = False
    for word in words:
        if re.fullmatch(f"-D{name}(=.*)?", word):
            state = True
        elif word == f"-U{name}":
            state = False
    return state


class Flags(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(COMMANDS, encoding="utf-8") as file:
            entries = json.load(file)
        cls.commands = {entry["file"]: shlex.split(entry["command"]) for entry in entries}

    def each(self):
        self.assertGreater(len(self.commands), 100)
        return self.commands.items()

    def test_a_release_and_a_sanitizer_check_the_preconditions_of_the_library(self):
        if CONFIGURATION != "Release" and not SANITIZERS:
            self.skipTest("what the presets say counts")
        for file, words in self.each():
            self.assertTrue(defined(words, "_GLIBCXX_ASSERTIONS"), file)

    def test_only_a_release_leaves_assertions_out(self):
        for file, words in self.each():
            self.assertEqual(defined(words, "NDEBUG"), CONFIGURATION == "Release" and not SANITIZERS, file)

    def test_a_sanitizer_is_not_blinded(self):
        if not SANITIZERS:
            self.skipTest("no sanitizer here")
        for file, words in self.each():
            self.assertFalse(set(words) & set(BLINDING), file)
            self.assertIn(f"-fsanitize={SANITIZERS}", words, file)
            self.assertIn("-fno-sanitize-recover=all", words, file)

    def test_a_release_is_hardened(self):
        if SANITIZERS or CONFIGURATION != "Release":
            self.skipTest("no release")
        for file, words in self.each():
            self.assertIn("-fstack-protector-strong", words, file)
            self.assertTrue(defined(words, "_FORTIFY_SOURCE"), file)

    def test_every_preset_with_optimised_tests_keeps_assertions(self):
        with open(PRESETS, encoding="utf-8") as file:
            presets = {preset["name"]: preset for preset in json.load(file)["configurePresets"]}

        def variables(name):
            preset = presets[name]
            return (variables(preset["inherits"]) if "inherits" in preset else {}) | preset.get("cacheVariables", {})

        for name in ("dev", "asan", "tsan", "fuzz"):
            known = variables(name)
            self.assertEqual(known["CMAKE_BUILD_TYPE"], "RelWithDebInfo", name)
            self.assertIn("-D_GLIBCXX_ASSERTIONS", known["CMAKE_CXX_FLAGS"], name)
            for language in ("C", "CXX"):
                self.assertNotIn("NDEBUG", known.get(f"CMAKE_{language}_FLAGS_RELWITHDEBINFO", "-DNDEBUG"), name)


if __name__ == "__main__":
    COMMANDS, PRESETS, CONFIGURATION, SANITIZERS = sys.argv[1:5]
    unittest.main(argv=sys.argv[:1])
