# SPDX-License-Identifier: Apache-2.0
"""The recipe of an image and the systemd drop-in do what `agent install` does. There is no Docker here: the recipe is read, and
what it would run is run against a folder that looks like the image's."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tree
from fake_agent import FakeAgent, loads

RECIPE = "packaging/elastic-agent/Dockerfile"
DROP_IN = "packaging/elastic-agent/anthropic-metrics.conf"
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
LIBRARY = tree.BINARY_DIR / "lib" / "libanthropic_metrics.so"
MODES = {"anthropic_metrics": 0o755, "anthropic_metrics.spec.yml": 0o644, "libanthropic_metrics.so": 0o644}
USER = 1000  # of the Agent's image
TOP = "usr/share/elastic-agent"


def instructions():
    return [line for line in tree.read(RECIPE).splitlines() if line and not line.startswith("#")]


class Recipe(tree.TreeTest):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="am-image-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)

    def image(self, name):
        root = self.folder / name
        root.mkdir()
        agent = FakeAgent(root, TOP)
        agent.components.chmod(0o777)  # as the image has it
        return agent

    def installed(self, components):
        return {path.name: (path.stat().st_mode & 0o7777, path.read_bytes()) for path in components.iterdir() if path.name in MODES}

    def test_it_is_two_lines(self):
        base, run = instructions()
        self.assertRegex(base, r"^FROM docker\.elastic\.co/elastic-agent/elastic-agent-wolfi:\d+\.\d+\.\d+$")
        self.assertRegex(run, r"^RUN --mount=type=bind,target=/ours \[")

    def test_what_it_runs_is_what_agent_install_writes(self):
        mounted = self.folder / "context"  # as the build leaves it: bin/ and lib/
        for file in (HOST, LIBRARY):
            (mounted / file.parent.name).mkdir(parents=True)
            shutil.copy(file, mounted / file.parent.name)
        image, direct = self.image("image"), self.image("direct")
        words = json.loads(instructions()[1].partition("/ours ")[2])
        words = [word.replace("/ours", str(mounted)).replace(f"/{TOP}", str(image.top)) for word in words]
        as_user = {}
        if os.geteuid() == 0:
            image.give_to(USER)
            reached = subprocess.run(["ls", mounted], user=USER, group=USER, capture_output=True, check=False)
            as_user = {} if reached.returncode else {"user": USER, "group": USER, "extra_groups": []}
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd="/", **as_user)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        subprocess.run([HOST, "agent", "install", "--agent", direct.top, "--no-restart"], check=True, capture_output=True, timeout=60)
        written = self.installed(image.components)
        self.assertEqual({name: mode for name, (mode, _) in written.items()}, MODES)
        self.assertEqual(written, self.installed(direct.components))
        self.assertIn("anthropic_metrics", loads(image.components)[0])

    def test_the_drop_in_runs_a_command_that_exists(self):
        (command,) = re.findall(r"^ExecStartPre=-(.*)$", tree.read(DROP_IN), re.MULTILINE)
        package = FakeAgent(self.folder, "var/lib/elastic-agent", link="usr/share/elastic-agent/bin/elastic-agent")
        words = command.replace("/usr/bin/anthropic-metrics", str(HOST)).replace("/var/lib/elastic-agent", str(package.top)).split()
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(set(self.installed(package.components)), set(MODES))
        self.assertEqual(package.starts(), 1)  # it runs before the start, and must not ask for one

    def test_the_page_shows_both(self):
        page = tree.read("docs/elastic-agent.md")
        for line in [*instructions(), *[line for line in tree.read(DROP_IN).splitlines() if line.startswith("ExecStartPre")]]:
            self.assertIn(line, page, "docs/elastic-agent.md shows another recipe; copy it anew")
        for path in (RECIPE, DROP_IN):
            self.assertIn(path, page)


if __name__ == "__main__":
    unittest.main()
