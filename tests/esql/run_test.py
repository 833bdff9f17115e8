# SPDX-License-Identifier: Apache-2.0
"""Where the parser's packages cannot be had, the suites are skipped and say why; where they are, nothing is fetched."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import run

RUN = pathlib.Path(run.__file__)


def started(folder, suite, **environment):
    return subprocess.run(
        [sys.executable, "-B", str(RUN), str(folder), str(suite)],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
    )


class Packages(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.suite = self.scratch / "own_test.py"
        self.suite.write_text("import sys\nsys.exit(3)\n", encoding="utf-8")

    def test_missing_packages_are_a_skip_with_one_line(self):
        done = started(self.scratch / "packages", self.suite, PIP_FIND_LINKS=str(self.scratch))
        self.assertEqual(done.returncode, run.SKIPPED, done.stderr)
        self.assertRegex(done.stdout, r"\Aown_test\.py: skipped: the ES\|QL parser's packages are missing: .+\n\Z")

    def test_packages_that_are_there_are_used(self):
        there = os.environ["PYTHONPATH"].split(os.pathsep)[0]  # this suite was started in the same way
        done = started(there, self.suite)
        self.assertEqual(done.returncode, 3, "the suite's own exit code")

    def test_without_pip(self):
        done = started(self.scratch / "packages", self.suite, PATH="", PYTHONSAFEPATH="1", PYTHONPATH=str(self.hidden_pip()))
        self.assertEqual(done.returncode, run.SKIPPED, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("install python3-pip"), 1)

    def hidden_pip(self):
        """A folder that makes python believe that pip is broken."""
        (self.scratch / "pip.py").write_text("raise ImportError('no pip')\n", encoding="utf-8")
        return self.scratch


if __name__ == "__main__":
    unittest.main()
