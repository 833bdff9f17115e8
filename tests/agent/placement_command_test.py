# SPDX-License-Identifier: Apache-2.0
"""`anthropic-metrics agent` as a person types it, against mock folders and a program that plays the Agent's."""

import concurrent.futures
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

import tree
from fake_agent import FakeAgent, loads

PROGRAM = tree.BINARY_DIR / "bin" / "anthropic-metrics"
LIBRARY = tree.BINARY_DIR / "lib" / "libanthropic_metrics.so"
SHIM = tree.BINARY_DIR / "tests" / "agent" / "libplacement_kill_shim.so"
VERSION = tree.load_yaml("manifest.yml")["version"]
OURS = ["anthropic_metrics", "anthropic_metrics.spec.yml", "libanthropic_metrics.so"]
NOBODY = 65534


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="am-agent-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        # As installed: program and library side by side, readable by everybody.
        self.installed = self.folder / "installed"
        self.installed.mkdir()
        for file in (PROGRAM, LIBRARY):
            shutil.copy(file, self.installed)
            (self.installed / file.name).chmod(0o755)
        self.root = self.folder / "root"
        self.root.mkdir()
        self.agent = FakeAgent(self.root)

    def run_agent(self, *words, agent=None, code=0, **more):
        done = subprocess.run([self.installed / PROGRAM.name, "agent", *words, "--agent", agent or self.agent.top],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False, **more)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def ours(self, components=None):
        return sorted(path.name for path in (components or self.agent.components).iterdir() if "anthropic" in path.name)


class Install(Case):
    def test_with_the_integration_in_the_policy(self):
        self.agent.set(policy=["anthropic_metrics", "filestream"])
        self.agent.start()
        other = self.agent.add_version("elastic-agent-9.6.1-1fe2c3")
        said = self.run_agent("install")
        self.assertIn(f"elastic-agent-9.6.0-07adab (current): placed {VERSION}", said)
        self.assertIn(f"elastic-agent-9.6.1-1fe2c3: placed {VERSION}", said)
        self.assertIn("anthropic_metrics-default: HEALTHY, Healthy: communicating with pid '1003'", said)
        self.assertNotIn("filestream-default", said)
        self.assertEqual(self.agent.starts(), 3)
        for components in (self.agent.components, other / "components"):
            self.assertEqual(self.ours(components), OURS)
        self.assertIn("anthropic_metrics", loads(self.agent.components)[0])

    def test_before_a_policy_has_the_integration(self):
        said = self.run_agent("install")
        self.assertIn("no policy of this Agent has an input anthropic_metrics: add the integration in Kibana", said)
        self.assertEqual(self.agent.starts(), 2)

    def test_again_changes_nothing_and_restarts_nobody(self):
        self.agent.set(policy=["anthropic_metrics"])
        self.run_agent("install")
        starts = self.agent.starts()
        said = self.run_agent("install")
        self.assertIn(f"{VERSION} stands there already", said)
        self.assertIn("Nothing had to be done.", said)
        self.assertEqual(self.agent.starts(), starts)

    def test_a_newer_release_is_placed_over_an_older_one(self):
        self.run_agent("install", "--no-restart")
        spec = self.agent.components / "anthropic_metrics.spec.yml"
        spec.write_text(spec.read_text(encoding="utf-8").replace(VERSION, "0.0.9", 1), encoding="utf-8")
        self.assertIn(f"placed {VERSION} instead of 0.0.9", self.run_agent("install"))
        self.assertEqual(self.agent.starts(), 2)

    def test_files_only(self):
        self.assertIn("Not restarted; the Agent sees the component at its next start.", self.run_agent("install", "--no-restart"))
        self.assertEqual(self.agent.starts(), 1)
        self.assertEqual(self.ours(), OURS)

    def test_an_agent_that_does_not_run_keeps_what_was_placed(self):
        self.agent.set(mood="stopped")
        said = self.run_agent("install", code=68)
        self.assertIn("What was placed stays.", said)
        self.assertIn("the Elastic Agent does not answer: Error: failed to communicate", said)
        self.assertIn("start it (sudo systemctl start elastic-agent)", said)
        self.assertEqual(self.ours(), OURS)

    def test_an_agent_that_says_nothing(self):
        self.agent.set(mood="hanging")
        said = self.run_agent("install", "--timeout", "1", code=68)
        self.assertIn("the Elastic Agent does not answer: no word within the time; start it", said)
        self.assertEqual(self.ours(), OURS)

    def test_a_restart_that_is_refused(self):
        self.agent.set(mood="stubborn")
        said = self.run_agent("install", code=68)
        self.assertIn("the Elastic Agent refuses to restart: Error: Failed trigger restart of daemon; run this as root", said)
        self.assertEqual(self.ours(), OURS)

    def test_an_agent_that_does_not_come_back(self):
        self.agent.set(mood="vanishing")
        said = self.run_agent("install", "--timeout", "2", code=75)
        self.assertIn("has not answered for 2 s since it was told to restart; look at its log", said)

    def test_a_component_that_stays_unwell(self):
        self.agent.set(policy=["anthropic_metrics"], mood="degraded")
        said = self.run_agent("install", "--timeout", "3", code=1)
        self.assertIn("anthropic_metrics-default-one: DEGRADED, degraded", said)
        self.assertIn("the Elastic Agent is not content with the component", said)

    def test_another_product_with_our_input(self):
        (self.agent.components / "theirs").write_text("x", encoding="utf-8")
        (self.agent.components / "theirs.spec.yml").write_text(
            "version: 2\ninputs:\n  - name: anthropic_metrics\n    platforms: [linux/amd64, linux/arm64]\n", encoding="utf-8")
        self.agent.add_version("elastic-agent-1")  # would be the first in order
        said = self.run_agent("install", code=78)
        self.assertIn("theirs.spec.yml of another product has the input type anthropic_metrics as its name", said)
        self.assertEqual(self.ours(), [])
        self.assertEqual(self.ours(self.agent.top / "data/elastic-agent-1/components"), [])

    def test_a_library_of_another_version(self):
        theirs = tree.BINARY_DIR / "tests/host/plugins/libfake_plugin.so"
        if not theirs.exists():
            self.skipTest(f"{theirs} is not built")
        said = self.run_agent("install", "--plugin", theirs, code=76)
        self.assertIn("install both of one release", said)
        self.assertEqual(self.ours(), [])

    def test_two_at_once_take_turns(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.run_agent, "install", "--no-restart") for _ in range(4)]:
                done.result()
        self.assertEqual(self.ours(), OURS)
        self.assertEqual((self.agent.components / OURS[0]).read_bytes(), PROGRAM.read_bytes())

    def test_each_kind_of_installation(self):
        for number, (top, link) in enumerate({"opt/Elastic/Agent": None, "usr/share/elastic-agent": None,
                                              "var/lib/elastic-agent": "usr/share/elastic-agent/bin/elastic-agent"}.items()):
            with self.subTest(top):
                root = self.folder / str(number)
                root.mkdir()
                agent = FakeAgent(root, top, link=link)
                agent.set(policy=["anthropic_metrics"])
                said = self.run_agent("install", agent=agent.top)
                self.assertIn("(current): placed", said)
                self.assertIn("anthropic_metrics-default: HEALTHY", said)
                self.assertEqual(agent.starts(), 2)


class Uninstall(Case):
    def test_takes_everything_of_ours_and_nothing_else(self):
        self.run_agent("install", "--no-restart")
        other = self.agent.add_version("elastic-agent-9.6.1-1fe2c3")
        said = self.run_agent("uninstall")
        self.assertIn("elastic-agent-9.6.0-07adab (current): taken away", said)
        self.assertIn("elastic-agent-9.6.1-1fe2c3: nothing of ours", said)
        self.assertEqual(sorted(p.name for p in self.agent.components.iterdir()), ["filestream", "filestream.spec.yml"])
        self.assertEqual(self.ours(other / "components"), [])
        self.assertEqual(self.agent.starts(), 2)

    def test_with_the_integration_still_in_the_policy(self):
        self.agent.set(policy=["anthropic_metrics"])
        self.run_agent("install")
        said = self.run_agent("uninstall", "--timeout", "4")
        self.assertIn("the Agent's policy still has the integration: remove it in Kibana", said)

    def test_where_nothing_is_nobody_is_restarted(self):
        self.run_agent("uninstall")
        self.assertEqual(self.agent.starts(), 1)

    def test_an_install_afterwards_keeps_itself_again(self):
        self.run_agent("install", "--no-restart")
        self.run_agent("uninstall", "--no-restart")
        mark = self.agent.top / "data" / ".anthropic_metrics.uninstalled"
        self.assertTrue(mark.exists())
        self.run_agent("install", "--no-restart")
        self.assertFalse(mark.exists())


class Status(Case):
    def test_says_what_lies_where(self):
        self.agent.set(policy=["anthropic_metrics"])
        self.agent.add_version("elastic-agent-9.6.1-1fe2c3")
        self.agent.start()
        said = self.run_agent("status", code=1)
        self.assertIn("elastic-agent-9.6.0-07adab (current): nothing of ours", said)
        self.assertIn(f"This program is {VERSION}.", said)
        self.assertIn("anthropic_metrics-default: FAILED, input not supported", said)
        self.run_agent("install")
        said = self.run_agent("status")
        self.assertIn(f"elastic-agent-9.6.0-07adab (current): {VERSION}\n", said)
        self.assertIn(f"elastic-agent-9.6.1-1fe2c3: {VERSION}\n", said)
        self.assertIn("the Agent answers: version 9.6.0, HEALTHY", said)
        self.assertIn("    anthropic_metrics-default-one: HEALTHY", said)

    def test_says_what_is_missing(self):
        self.run_agent("install", "--no-restart")
        (self.agent.components / "anthropic_metrics.spec.yml").unlink()
        self.assertIn("an interrupted installation, which the Agent ignores; install again", self.run_agent("status", code=1))
        self.run_agent("install", "--no-restart")
        (self.agent.components / "anthropic_metrics").unlink()
        self.assertIn("without its program: an Agent does not start from there; install again", self.run_agent("status", code=1))

    def test_an_answer_of_another_form(self):
        (self.agent.version / "elastic-agent").write_text("#!/bin/sh\necho '{\"status\": \"fine\"}'\n", encoding="utf-8")
        self.assertIn("is not in the form of version 8.6 or newer", self.run_agent("status", code=68))

    def test_what_the_agent_says_does_not_act_on_the_terminal(self):
        (self.agent.version / "elastic-agent").write_text("#!/bin/sh\nprintf 'a \\033[31mred word\\n'; exit 1\n", encoding="utf-8")
        self.assertNotIn("\033", self.run_agent("status", code=68))


class Unprivileged(Case):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root becomes another user")
        super().setUp()
        if subprocess.run(["ls", self.agent.components], user=NOBODY, group=NOBODY, capture_output=True, check=False).returncode:
            self.skipTest(f"{self.folder} cannot be reached by another user")
        self.nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        # It plays the Agent's program, too.
        reached = subprocess.run([sys.executable, "-c", "import yaml"], capture_output=True, check=False, cwd="/", **self.nobody)
        self.python_is_reached = reached.returncode == 0

    def test_an_agent_that_only_root_may_read(self):
        self.agent.top.chmod(0o750)
        said = self.run_agent("install", code=66, **self.nobody)
        self.assertIn("cannot be read: Permission denied; run this with sudo, or as the user of the Elastic Agent", said)

    def test_an_agent_that_only_root_may_write(self):
        said = self.run_agent("install", code=74, **self.nobody)
        self.assertIn("components/anthropic_metrics: Permission denied; run this with sudo", said)
        self.assertEqual(self.ours(), [])

    def test_an_agent_of_this_user(self):
        if not self.python_is_reached:
            self.skipTest(f"another user cannot run {sys.executable}")
        self.agent.set(policy=["anthropic_metrics"])
        self.agent.give_to(NOBODY)
        self.assertIn("anthropic_metrics-default: HEALTHY", self.run_agent("install", **self.nobody))
        self.assertEqual(self.ours(), OURS)
        self.run_agent("uninstall", **self.nobody)
        self.assertEqual(self.ours(), [])

    def test_root_gives_the_files_to_an_agent_without_root(self):
        self.agent.give_to(NOBODY)
        self.run_agent("install", "--no-restart")
        for name in OURS:
            info = (self.agent.components / name).stat()
            self.assertEqual((info.st_uid, info.st_gid), (NOBODY, NOBODY))
            self.assertFalse(info.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        subprocess.run([self.agent.components / "anthropic_metrics", "version"], check=True, capture_output=True, timeout=60,
                       cwd="/", **self.nobody)

    def test_who_uninstalls_without_the_right_is_told(self):
        self.run_agent("install", "--no-restart")
        said = self.run_agent("uninstall", code=74, **self.nobody)
        self.assertIn("Permission denied; run this with sudo", said)
        self.assertEqual(self.ours(), OURS)


@unittest.skipUnless(SHIM.exists(), "below a sanitizer nothing can be preloaded")
class Killed(Case):
    """Killed at each step, with half of a write done: an Agent always starts from what is left."""

    def strike(self, at, *words):
        count = self.folder / "count"
        count.unlink(missing_ok=True)
        environment = {**os.environ, "LD_PRELOAD": str(SHIM), "AM_KILL_AT": str(at), "AM_KILL_COUNT": str(count)}
        done = subprocess.run([self.installed / PROGRAM.name, "agent", *words, "--no-restart", "--agent", self.agent.top],
                              env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return int(count.read_text(encoding="utf-8"))
        self.assertEqual(done.returncode, -9, done.stdout + done.stderr)
        inputs, why = loads(self.agent.components)
        self.assertIsNone(why, f"{words}, step {at}")
        if "anthropic_metrics" in inputs:
            self.assertTrue(set(OURS) <= set(self.ours()), f"{words}, step {at}: {self.ours()}")
        return None

    def through_all_steps(self, words, prepare, least):
        at = 0
        while True:
            at += 1
            prepare()
            steps = self.strike(at, *words)
            if steps is not None:
                break
            self.run_agent("install", "--no-restart")
            self.assertEqual(self.ours(), OURS, f"after step {at}")
            self.assertEqual((self.agent.components / OURS[0]).read_bytes(), PROGRAM.read_bytes())
        self.assertEqual(at, steps + 1)
        self.assertGreaterEqual(steps, least)

    def clear(self):
        for name in self.ours():
            (self.agent.components / name).unlink()

    def test_installing(self):
        self.through_all_steps(["install"], self.clear, 15)

    def test_replacing_an_older_release(self):
        def older():
            for name in OURS:
                file = self.agent.components / name
                text = b"an older one" if name != OURS[1] else file.read_bytes().replace(VERSION.encode(), b"0.0.9", 1)
                file.write_bytes(text)
                file.chmod(0o755)

        self.run_agent("install", "--no-restart")
        self.through_all_steps(["install"], older, 15)

    def test_uninstalling(self):
        self.run_agent("install", "--no-restart")
        self.through_all_steps(["uninstall"], lambda: None, 5)


if __name__ == "__main__":
    unittest.main()
