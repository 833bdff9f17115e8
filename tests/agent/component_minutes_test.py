# SPDX-License-Identifier: Apache-2.0
"""Two minutes of a component with the period that its spec file is made for: what it sends, and what it says."""

import json
import time
import unittest

import with_grpc

with_grpc.enter()

import component_case
import shipped
import stub
from component_case import item

MOST = 3  # check-ins a minute while nothing changes


class Minutes(component_case.ComponentCase):
    def count(self, agent, since, seconds=61):
        """Check-ins of a minute that has begun then, and its seconds."""
        stub.wait_for(lambda: time.monotonic() >= since + seconds, "the end of the minute", seconds + 1)
        return agent.count(since)

    def test_few_check_ins_and_a_level_that_changes_at_work(self):
        with shipped.organization(**self.ORGANIZATION) as organization:
            agent = self.agent(checkin=30.0)
            agent.set_input("one", item(organization, streams={"rate_limit": {"interval": "1m"}, "health": {}}))
            agent.start([component_case.HOST, "component", "--plugin", component_case.PLUGIN])
            self.wait_collecting(agent)
            agent.set_level("one", "debug")
            before, since = len(agent.lines()), time.monotonic()
            healthy = self.count(agent, since)
        self.wait_unit(agent, "one", "DEGRADED", seconds=90)  # nobody answers any more
        degraded = self.count(agent, time.monotonic())
        print(f"check-ins a minute: {healthy} healthy, {degraded} degraded")
        self.assertLessEqual(healthy, MOST)
        self.assertLessEqual(degraded, MOST)
        self.assert_clean(agent)
        lines = [json.loads(line) for line in agent.lines()]
        self.assertEqual({line["unit.id"] for line in lines if "unit.id" in line}, {"anthropic_metrics-default-one"})
        self.assertNotIn("debug", {line["log.level"] for line in lines[:before]})
        self.assertIn("debug", {line["log.level"] for line in lines[before:]})
        self.assertEqual(sum("running; state and documents" in line["message"] for line in lines), 1, "nothing was restarted")


if __name__ == "__main__":
    unittest.main()
