# SPDX-License-Identifier: Apache-2.0
"""The real component between a stub of the Agent and a simulated organization. Call with_grpc.enter() first."""

import json
import unittest

import searched
import shipped
import stub
import tree

HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
PLUGIN = tree.BINARY_DIR / "lib" / "libanthropic_metrics.so"
OUTPUT = {"type": "elasticsearch", "hosts": ["http://127.0.0.1:9"], "api_key": "id:canary-of-the-output"}
CLOCK = "one of them is wrong"
STREAMS = {"usage": {"initial_interval": "48h", "settle": "0s", "group_by": ["inference_geo", "model", "service_tier", "workspace_id"]},
           "cost": {"initial_interval": "48h", "settle": "0s"}, "rate_limit": {}, "workspace": {}, "api_key": {}, "spend_limit": {},
           "health": {}}


def item(organization, name="one", streams=None, key=shipped.KEY, **more):
    """An input as Fleet's policies have it and the Agent hands it over."""
    entries = [{"id": f"s-{name}-{stream}", "data_stream": {"dataset": f"anthropic_metrics.{stream}", "type": "metrics"}, **settings}
               for stream, settings in (STREAMS if streams is None else streams).items()]
    return {"id": name, "name": f"claude {name}", "type": "anthropic_metrics", "revision": 1, "package_policy_id": f"p-{name}",
            "meta": {"package": {"name": "anthropic_metrics", "version": "0.1.0"}}, "policy": {"revision": 4},
            "data_stream": {"namespace": "default"}, "admin_api_key": key, "__mark_redact_admin_api_key": True,
            "url": organization.url, "batch": {"max_documents": 200}, "streams": entries, **more}


class ComponentCase(unittest.TestCase):
    """ORGANIZATION: settings of the simulated organization that all tests of the class share. PERIOD: of check-ins, in seconds."""

    # An odd watermark is now and then none, by the hour in which this runs: analytics has nothing to say then.
    ORGANIZATION = {"groups": 4, "epoch": "now", "plain_watermark": True}
    PERIOD = 1

    @classmethod
    def setUpClass(cls):
        cls.organization = cls.enterClassContext(shipped.organization(**cls.ORGANIZATION))

    def setUp(self):
        self.folder = self.enterContext(searched.folder(key=shipped.KEY.encode()))

    def agent(self, **options):
        agent = stub.Agent(self.folder, **{"checkin": 10.0, **options})
        self.addCleanup(self.close, agent)
        agent.set_output(OUTPUT)
        return agent

    def close(self, agent):
        """What it said is left to the search for the key."""
        agent.close()
        said = [*agent.lines(), *(str(message) for _, message in agent.check_ins), *(str(answer) for answer in agent.answers)]
        with (self.folder / "said.txt").open("a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in said)

    def started(self, *inputs, **options):
        """An Agent whose inputs are healthy: items, or one item as it is."""
        agent = self.agent(**options)
        for source in inputs or [item(self.organization)]:
            agent.set_input(source["id"], source)
        agent.start(self.command())
        self.wait_collecting(agent)
        return agent

    def wait_collecting(self, agent, seconds=60):
        """Until every unit is as wanted. The organization's clock may be ahead of this machine's: that degrades, and no more."""
        def as_wanted():
            units = agent.check_ins[-1][1]["units"] if agent.check_ins else {}
            return all(key in units and units[key]["index"] == unit["index"] and not unit["stopped"]
                       and (units[key]["state"] == "HEALTHY" or units[key]["state"] == "DEGRADED" and CLOCK in units[key]["message"])
                       for key, unit in list(agent.wanted.items()))
        stub.wait_for(as_wanted, "every unit as wanted", seconds, lambda: f"told: {agent.check_ins[-1:]}, lines: {agent.lines()[-5:]}")

    def command(self, *more):
        return [HOST, "component", "--plugin", PLUGIN, "--period", str(self.PERIOD), *more]

    def state_path(self, agent):
        return agent.data / "anthropic_metrics"

    def documents(self, state_path):
        """{data stream: [line]} of what was written, each id once."""
        found = {}
        for path in sorted((state_path / "documents").glob("metrics-*.ndjson*")):
            for line in path.read_bytes().splitlines():
                document = json.loads(line)
                data = document["data_stream"]
                found.setdefault(f"metrics-{data['dataset']}-{data['namespace']}", {})[document["event"]["id"]] = line
        return {name: list(lines.values()) for name, lines in found.items()}

    def assert_exact(self, state_path, agent):
        """What was written equals what the organization used."""
        stub.wait_for(lambda: self.organization.check(self.documents(state_path)) == [], "documents equal to the organization's truth", 60,
                      lambda: f"{self.organization.check(self.documents(state_path))[:5]}; {agent.lines()[-5:]}")

    def assert_clean(self, agent):
        """Nothing that an Agent would hold against the component."""
        self.assertEqual((agent.faults, agent.kills, agent.exits), ([], [], []))

    def says(self, agent, text):
        """Whether a line of the component has this text."""
        return any(text in line for line in agent.lines())

    def wait_unit(self, agent, name, state, text="", seconds=30):
        """Waits until the unit is in that state with that text in its message; the unit."""
        def found():
            unit = agent.unit(name)
            return unit if unit and unit["state"] == state and text in unit["message"] else None
        return stub.wait_for(found, f"unit {name} {state} '{text}'", seconds, lambda: f"it is {agent.unit(name)}")
