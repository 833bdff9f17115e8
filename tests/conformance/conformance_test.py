# SPDX-License-Identifier: Apache-2.0
"""beat-plugin-conform on a plugin that keeps every promise, and on one for each way to break a single one."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import kit

# Which check finds which fault of broken_plugin.c.
FOUND_BY = {
    "exports_more": "symbols",
    "serves_any_major": "versions",
    "leaves_a_slot_empty": "versions",
    "refuses_longer_hosts": "table-sizes",
    "takes_shorter_hosts": "table-sizes",
    "writes_behind_results": "table-sizes",
    "ignores_flags": "table-sizes",
    "reads_null_arguments": "arguments",
    "acknowledges_anything": "arguments",
    "tells_cut_length": "texts",
    "writes_behind_text": "texts",
    "cuts_within_characters": "texts",
    "reuses_handles": "stale-handles",
    "cancels_all": "double-handles",
    "forgets_ended_handles": "double-shutdown",
    "ends_twice": "concurrent-shutdown",
    "ends_during_poll": "shutdown-during-poll",
    "polls_twice": "concurrent-poll",
    "cancels_late": "cancel-latency",
    "cancels_twice": "cancel-latency",
    "exceeds_budget": "budget",
    "rings_no_bell": "wait",
    "needs_log": "null-callbacks",
    "needs_a_host": "null-callbacks",
    "logs_newlines": "callbacks",
    "calls_from_own_thread": "callbacks",
    "says_no_end": "callbacks",
    "calls_after_end": "callbacks",
    "garbles_ndjson": "delivery",
    "reuses_memory": "delivery",
    "ignores_max_docs": "delivery",
    "retries_other_bytes": "retry",
    "forgets_deliveries": "kill",
    "acknowledges_in_memory": "kill",
    "shares_state": "one-writer",
    "has_few_slots": "thousand-instances",
    "is_unmapped": "reload",
    "ignores_fork": "fork",
    "lends_lock_to_children": "fork",
    "handles_a_signal": "signals",
    "blocks_a_signal": "signals",
    "sets_locale": "locale",
    "changes_folder": "working-directory",
    "sets_a_variable": "environment",
    "sets_umask": "environment",
    "leaks_a_descriptor": "descriptors",
    "uses_low_descriptors": "closed-descriptors",
    "leaves_a_thread": "threads",
    "starts_a_thread_when_loaded": "threads",
    "prints": "output",
    "raises_sigpipe": "sigpipe",
    "frees_host_memory": "foreign-malloc",
    "calls_itself_by_name": "clashing-symbols",
}
SANITIZED = bool(os.environ.get("AM_SANITIZE"))


def listed():
    done = subprocess.run([kit.KIT, "--list"], capture_output=True, text=True, timeout=60, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


class Kit(kit.Tried):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = kit.compile_plugin(cls.folder / "good.so")

    def test_every_check_has_a_fault_and_every_fault_a_check(self):
        self.assertEqual(kit.faults(), ["none", *FOUND_BY])
        self.assertEqual(set(listed()), set(FOUND_BY.values()))

    def test_a_plugin_that_keeps_every_promise_conforms(self):
        told = kit.report(self.good, self.config, *kit.MANY)
        self.assertEqual(kit.failed(told), {})
        self.assertEqual([check["name"] for check in told["checks"]], listed())
        skipped = [check["name"] for check in told["checks"] if check["result"] == "skipped"]
        self.assertEqual(skipped, ["foreign-malloc"] if SANITIZED else [])

    def broken(self, fault):
        """What the kit finds in a plugin with this fault."""
        plugin = kit.compile_plugin(self.folder / f"{fault}.so", fault)
        return fault, kit.failed(kit.report(plugin, self.config, *kit.QUICK))

    def test_each_fault_fails_its_check_and_no_other(self):
        faults = [fault for fault in FOUND_BY if not (SANITIZED and FOUND_BY[fault] == "foreign-malloc")]
        for fault, findings in kit.each(self.broken, faults):
            with self.subTest(fault):
                self.assertEqual(list(findings), [FOUND_BY[fault]], findings)
                print(f"{fault}: {FOUND_BY[fault]}: {findings[FOUND_BY[fault]][0]}")


class CommandLine(unittest.TestCase):
    def call(self, *words):
        return subprocess.run([kit.KIT, *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

    def test_wrong_calls_say_what_is_wrong_and_end_with_2(self):
        with tempfile.TemporaryDirectory() as folder:
            config = str(kit.write_config(Path(folder)))
            for words, sentence in [([], "which plugin?"), (["x.so"], "--config FILE is missing"),
                                    (["x.so", "--config", "/nowhere/c.json"], "--config /nowhere/c.json cannot be read: No such file"),
                                    (["/nowhere/x.so", "--config", config], "/nowhere/x.so cannot be read: No such file"),
                                    ([config, config, "--config", config], "one plugin at a time"),
                                    ([config, "--config", config, "--only", "symbols,nothing"], "--only nothing: there is no such check"),
                                    ([config, "--config", config, "--patience", "0"], "--patience takes a number from 1"),
                                    ([config, "--odd"], "--odd")]:
                with self.subTest(words):
                    done = self.call(*words)
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertIn(sentence, done.stderr)
                    self.assertIn("--help", done.stderr)

    def test_help_names_every_option_and_the_exit_codes(self):
        done = self.call("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("--config", "--only", "--list", "--json", "--jobs", "--patience", "@STATE@", "0 it conforms, 1 it does not, 2 wrong call"):
            self.assertIn(word, done.stdout)

    def test_what_is_no_plugin_does_not_conform(self):
        with tempfile.TemporaryDirectory() as folder:
            config = kit.write_config(Path(folder))
            done = self.call(str(config), "--config", str(config), "--only", "symbols,versions")
            self.assertEqual(done.returncode, 1)
            self.assertIn("it is no shared library of this machine", done.stdout)
            self.assertIn("it cannot be loaded", done.stdout)
            self.assertTrue(done.stdout.endswith("does not conform: 0 passed, 2 failed, 0 not tried\n"), done.stdout)

    def test_without_a_state_what_needs_one_is_not_tried_and_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            plugin = kit.compile_plugin(Path(folder) / "good.so")
            config = Path(folder) / "plain.json"
            config.write_text("{}", encoding="ascii")
            done = self.call(str(plugin), "--config", str(config), "--only", "kill,one-writer,retry", "--jobs", "3")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(done.stdout.count("not tried: the configuration has no @STATE@"), 2)
            self.assertTrue(done.stdout.endswith("conforms: 1 passed, 0 failed, 2 not tried\n"), done.stdout)

    def test_nothing_is_left_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            plugin = kit.compile_plugin(Path(folder) / "good.so")
            config = kit.write_config(Path(folder))
            scratch = Path(folder) / "scratch"
            scratch.mkdir()
            kit.report(plugin, config, "--only", "kill,fork,one-writer", "--jobs", "3", environment=os.environ | {"TMPDIR": str(scratch)})
            self.assertEqual(list(scratch.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
