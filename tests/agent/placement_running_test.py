# SPDX-License-Identifier: Apache-2.0
"""The real component where `agent install` puts it, through upgrades of its Agent, removals, and its own end."""

import os
import pathlib
import subprocess
import time
import unittest

import with_grpc

with_grpc.enter()

import component_case
import stub
from component_case import HOST, PLUGIN, item
from fake_agent import loads

OURS = {"anthropic_metrics", "anthropic_metrics.spec.yml", "libanthropic_metrics.so"}
NEW = "9.6.1"
STARTS = 1.3  # seconds from a new folder to the start of the new Agent; seen with a small package


class Placed(component_case.ComponentCase):
    ORGANIZATION = {"groups": 2, "epoch": "now"}

    def command(self, agent=None):
        return [(agent or self.current).components / "anthropic_metrics", "component", "--period", str(self.PERIOD)]

    def placed(self, **more):
        """An Agent with the component in its folder, running."""
        self.current = self.agent()
        (self.current.home / "elastic-agent").write_text("#!/bin/sh\n", encoding="ascii")
        self.act("install", "--plugin", PLUGIN)
        self.current.set_input("one", item(self.organization, **more))
        self.current.start(self.command())
        self.wait_collecting(self.current)
        return self.current

    def close(self, agent):
        """The program knows the demo's public key, which is the organization's, and is no artefact."""
        super().close(agent)
        for program in agent.data.glob("*/components/anthropic_metrics"):
            program.unlink()

    def act(self, *words):
        subprocess.run([HOST, "agent", *words, "--agent", self.folder, "--no-restart"], check=True, capture_output=True, timeout=60)

    def unpack(self, until=STARTS):
        """As an Agent does it: file by file, components late. Returns their folder when the new version would start."""
        began = time.monotonic()
        version = self.current.data / f"elastic-agent-{NEW}-07adab"
        version.mkdir()
        for at, name in ((0, "elastic-agent"), (0.2, "manifest.yaml"), (0.5, "components/agentbeat"), (0.8, "components/endpoint")):
            time.sleep(max(0, began + at - time.monotonic()))
            (version / name).parent.mkdir(exist_ok=True)
            (version / name).write_bytes(os.urandom(100_000))
        time.sleep(max(0, began + until - time.monotonic()))
        return version / "components"

    def ours(self, components):
        return OURS & {path.name for path in components.iterdir()}

    def test_an_upgrade_goes_on_where_the_former_version_stopped(self):
        former = self.placed()
        self.assert_exact(self.state_path(former), former)
        inputs, why = loads(self.unpack())
        self.assertEqual((list(inputs or []), why), (["anthropic_metrics"], None))
        self.assertTrue(self.says(former, "placed anthropic_metrics"))
        self.assertEqual(former.stop(), 0)
        self.assert_clean(former)
        before = self.documents(self.state_path(former))
        new = self.agent(facts={"version": NEW})
        new.set_input("one", item(self.organization))
        new.start(self.command(new))
        self.wait_collecting(new)
        self.assertEqual(pathlib.Path(os.readlink(f"/proc/{new.component.pid}/exe")).parent, new.components)
        self.assert_exact(self.state_path(new), new)
        self.assertEqual(new.stop(), 0)
        after = self.documents(self.state_path(new))
        for name in ("metrics-anthropic_metrics.usage-default", "metrics-anthropic_metrics.cost-default"):
            self.assertEqual(len(set(before[name]) - set(after[name])), 0)
        self.assert_clean(new)

    def test_a_component_that_is_told_not_to_stays_where_it_is(self):
        self.placed(self_update=False)
        self.assertEqual(self.ours(self.unpack(2.5)), set())

    def test_what_removes_foreign_components_removes_it_for_a_moment(self):
        agent = self.placed()
        for name in OURS:
            (agent.components / name).unlink()
        stub.wait_for(lambda: self.ours(agent.components) == OURS, "its files", 10, lambda: f"{agent.lines()[-3:]}")
        self.assertEqual((agent.components / "anthropic_metrics").read_bytes(), HOST.read_bytes())
        self.assertEqual((agent.components / "libanthropic_metrics.so").read_bytes(), PLUGIN.read_bytes())
        self.assert_clean(agent)

    def test_uninstalling_is_not_undone_by_what_still_runs(self):
        agent = self.placed()
        self.act("uninstall")
        self.assertEqual(self.ours(self.unpack(2.5)), set())
        self.assertEqual(self.ours(agent.components), set())
        self.wait_collecting(agent)  # until the Agent's next start
        self.assertEqual(agent.stop(), 0)
        self.assert_clean(agent)

    def test_watching_costs_nothing_while_nothing_happens(self):
        agent = self.placed()
        self.assert_exact(self.state_path(agent), agent)
        (thread,) = [path for path in pathlib.Path(f"/proc/{agent.component.pid}/task").iterdir()
                     if (path / "comm").read_text(encoding="ascii").strip() == "successors"]

        def turns():
            text = (thread / "status").read_text(encoding="ascii")
            return int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

        # Every tenth of a second for ten seconds after its start, then no more.
        stub.wait_for(lambda: (before := turns()) is not None and (time.sleep(3) or turns() - before <= 2), "rest", 60)


if __name__ == "__main__":
    unittest.main()
