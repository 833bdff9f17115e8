# SPDX-License-Identifier: Apache-2.0
"""The table of `make bench`: what it names is there, what it says follows from what was measured, and the parent of what is
measured adds nothing of its own."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tree

BENCHMARKS = tree.ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench

DATA = tree.load_yaml("benchmarks/figures.yml")


class Figures(tree.TreeTest):
    def test_programs_are_files_and_files_are_programs(self):
        named = {program["run"] for program in DATA["programs"]}
        here = {path.name for path in BENCHMARKS.glob("*.py") if "import measuring" in path.read_text(encoding="utf-8")}
        self.assertEqual(named, here, "benchmarks/figures.yml names other programs than there are; name each once")

    def test_programs_find_what_they_import(self):
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for program in DATA["programs"]:
            with self.subTest(program["run"]):
                done = subprocess.run([sys.executable, "-B", BENCHMARKS / program["run"], "--help"], capture_output=True, text=True,
                                      check=False, env=alone)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_a_program_says_is_in_the_table(self):
        findings = []
        for path in sorted(BENCHMARKS.glob("*.py")):
            for name in re.findall(r'\bfigure\("([^"]+)"', path.read_text(encoding="utf-8")):
                if name not in DATA["figures"]:
                    findings.append(f"benchmarks/{path.name}: figure '{name}' is not in figures.yml; add what it is, its unit, must and aim")
        self.report(findings)

    def test_a_figure_says_what_it_is_and_an_aim_is_not_below_the_must(self):
        findings = []
        for name, about in DATA["figures"].items():
            if not about.get("say") or "unit" not in about or about.get("better") not in ("less", "more", "none"):
                findings.append(f"figures.yml: {name} lacks say, unit or better (less, more, none)")
            wishes = [about[wish] for wish in ("must", "aim") if wish in about]
            if wishes and about.get("better") == "none":
                findings.append(f"figures.yml: {name} has a must or an aim, but neither less nor more is better")
            if len(wishes) == 2 and wishes != sorted(wishes, reverse=about["better"] == "less"):
                findings.append(f"figures.yml: {name}: the aim {wishes[1]} is easier than the must {wishes[0]}")
        self.report(findings)


class Table(unittest.TestCase):
    def row(self, measured, limit=(), **about):
        data = {"figures": {"one": {"say": "one", "unit": "us", "better": "less", **about}}}
        return bench.summed_up({"one": {"measured": measured, "limit": list(limit)}}, data)[0]

    def test_the_median_is_shown_with_its_spread_and_its_ratio_to_the_limit(self):
        row = self.row([3.0, 1.0, 2.0], [0.5, 0.5, 0.4])
        self.assertEqual((row["least"], row["measured"], row["most"], row["limit"], row["ratio"]), (1.0, 2.0, 3.0, 0.5, 4.0))

    def test_a_must_is_judged_in_its_direction(self):
        self.assertTrue(self.row([2.0], must=2, aim=1)["must_reached"])
        self.assertFalse(self.row([2.0], must=2, aim=1)["aim_reached"])
        self.assertTrue(self.row([2.0], better="more", must=2, aim=3)["must_reached"])
        self.assertFalse(self.row([1.9], better="more", must=2)["must_reached"])

    def test_what_was_not_measured_is_left_out(self):
        self.assertEqual(bench.summed_up({}, DATA), [])


class Measured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            raise unittest.SkipTest("there is no C compiler to build measured.c with")
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.program = cls.folder / "measured"
        subprocess.run([compiler, "-O1", "-o", cls.program, BENCHMARKS / "measured.c"], check=True)

    def ran(self, *command, every="1"):
        """Its exit code, and the moments it told."""
        report = self.folder / "report.jsonl"
        done = subprocess.run([self.program, "--every", every, report, *command], check=False, capture_output=True)
        return done.returncode, [json.loads(line) for line in report.read_text(encoding="ascii").splitlines()]

    def test_the_parents_own_memory_is_not_counted(self):
        ballast = bytearray(40 * 2**20)  # of this process, which a fork would show for a moment
        code, moments = self.ran("/bin/sh", "-c", "exit 3")
        self.assertEqual((code, moments[-1]["code"], len(ballast)), (3, 3, 40 * 2**20))
        self.assertLess(moments[-1]["peak"], 8 * 1024)

    def test_the_peak_and_the_time_are_the_commands(self):
        code, moments = self.ran(sys.executable, "-c", "held = bytearray(60 * 2**20); sum(range(2 * 10**6))")
        self.assertEqual(code, 0)
        end = moments[-1]
        self.assertGreater(end["peak"], 60 * 1024)
        self.assertGreater(end["user_us"], 0)
        self.assertGreater(end["ns"], moments[0]["ns"])

    def test_a_signal_is_passed_on_and_told(self):
        report = self.folder / "signal.jsonl"
        with subprocess.Popen([self.program, report, "/bin/sh", "-c", "echo up; exec cat"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            process.terminate()
            self.assertEqual(process.wait(), 128 + 15)
        self.assertEqual(json.loads(report.read_text(encoding="ascii").splitlines()[-1])["code"], 143)

    def test_a_command_that_is_not_there_is_told(self):
        code, _ = self.ran(str(self.folder / "nothing"))
        self.assertEqual(code, 127)


if __name__ == "__main__":
    unittest.main()
