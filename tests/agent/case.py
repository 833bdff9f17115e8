# SPDX-License-Identifier: Apache-2.0
"""What tests with the stub of the Agent share: a folder, and the smallest component in it."""

import os
import pathlib
import tempfile
import unittest

import stub

ECHO = os.environ.get("AM_ECHO_COMPONENT", "")
OUTPUT = {"type": "elasticsearch", "hosts": ["http://localhost:9200"], "api_key": "id:canary-of-the-output"}


def source(name="one", **more):
    return {"id": name, "type": "anthropic_metrics", "revision": 3, "admin_api_key": "canary-of-the-input",
            "streams": [{"id": f"{name}-usage", "data_stream": {"dataset": "anthropic_metrics.usage"}}], **more}


class AgentCase(unittest.TestCase):
    PERIOD = 0.5  # of the component's check-ins; the Agent's patience is longer

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="agent-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def agent(self, **options):
        agent = stub.Agent(self.folder, **{"checkin": 6.0, **options})
        self.addCleanup(agent.close)
        return agent

    def started(self, inputs=("one",), **options):
        """An Agent with healthy units."""
        agent = self.agent(**options)
        agent.set_output(OUTPUT)
        for name in inputs:
            agent.set_input(name, source(name))
        agent.start(self.command())
        agent.wait_healthy()
        return agent

    def command(self):
        return [ECHO, "--period", str(self.PERIOD)]

    def assert_clean(self, agent, kills=0):
        """Nothing that the Agent would hold against the component, and no secret in its lines."""
        self.assertEqual((agent.faults, len(agent.kills), agent.exits), ([], kills, []))
        for secret in (agent.token, agent.key[40:80], "canary-of-"):
            self.assertEqual([line for line in agent.lines() if secret in line], [])
