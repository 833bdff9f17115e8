# SPDX-License-Identifier: Apache-2.0
"""From Kibana's form to documents: the policy of the package's tile for the Elastic Agent, rendered as Kibana renders it and
handed over as an Agent does, is run by the component; and the other input of the same policy finds what it wrote."""

import copy
import functools
import glob
import json
import pathlib
import sys
import unittest

import with_grpc

with_grpc.enter()

import component_case
import gotools
import rendered
import shipped
import stub
import tree


NOT_OPENED = {"analytics_summary", "analytics_user", "service_account"}  # by an Admin key


def keyed(entry, organization):
    """With the organization's key and address in place of those that the form was filled with."""
    made = copy.deepcopy(entry) | {"admin_api_key": shipped.KEY, "url": organization.url}
    made |= {"authentication": "api_key", "anthropic_version": "2023-06-01"}  # all that this organization knows; no proxy is there
    made.pop("proxy_url", None)
    made["streams"] = [stream for stream in made["streams"] if stream["data_stream"]["dataset"].rpartition(".")[2] not in NOT_OPENED]
    return made


def files(patterns):
    return [path for pattern in patterns for path in glob.glob(pattern)]


class Packaged(component_case.ComponentCase):
    PACKAGE = "anthropic_metrics"

    def state_path(self, agent):
        return agent.data / self.PACKAGE

    def paths(self, agent, values="defaults"):
        """{stream: patterns} of the input that ships, with the Agent's own folder in place of its variable."""
        entry, = [one for one in rendered.policy("elastic_agent", values, self.PACKAGE)["inputs"] if one["type"] == "filestream"]
        return {stream["data_stream"]["dataset"].rpartition(".")[2]: [path.replace("${path.data}", str(agent.data)) for path in stream["paths"]]
                for stream in entry["streams"]}

    def run_as_rendered(self, values):
        agent = self.agent()
        rendered_entry, = rendered.component_inputs(str(agent.data), values, self.PACKAGE)
        entry = keyed(rendered_entry, self.organization)
        agent.set_input(entry["id"], entry)
        agent.start(self.command())
        self.wait_collecting(agent)
        return agent, entry

    def test_the_form_as_it_is_collects_and_what_is_written_is_found_to_be_shipped(self):
        agent, entry = self.run_as_rendered("defaults")
        self.assertEqual({name: stream["status"] for name, stream in agent.unit(entry["id"])["payload"]["streams"].items()},
                         {stream["id"]: "HEALTHY" for stream in entry["streams"]})
        self.assert_exact(self.state_path(agent), agent)
        paths = self.paths(agent)
        self.assertEqual(sorted(paths), tree.streams())
        for stream, patterns in paths.items():
            if stream in NOT_OPENED:
                self.assertEqual(files(patterns), [], stream)
                continue
            # A stream is healthy as soon as it is answered; its first documents come some requests later.
            found = stub.wait_for(functools.partial(files, patterns), f"a file of {stream}, as {patterns}", 60)
            datasets = {json.loads(line)["event"]["dataset"] for path in found for line in pathlib.Path(path).read_bytes().splitlines()}
            self.assertEqual(datasets, {f"{self.PACKAGE}.{stream}"})
        written = {path for path in glob.glob(f"{self.state_path(agent)}/documents/**", recursive=True) if path.endswith(".ndjson")}
        self.assertEqual(written, {path for patterns in paths.values() for path in files(patterns)},
                         "what is written is shipped, all of it")
        self.assert_clean(agent)

    def test_every_setting_that_the_form_has_is_taken(self):
        for values in ("emptied", "other"):
            with self.subTest(values):
                agent = self.agent()
                entry, = rendered.component_inputs(str(agent.data), values, self.PACKAGE)
                # The component is told to ship by itself in one of them, and there is no store here.
                agent.set_input(entry["id"], keyed(entry, self.organization) | {"write_to": "files"})
                agent.start(self.command())
                self.wait_collecting(agent, 120)  # every stream is on, and requests are spaced
                self.assertFalse(self.says(agent, "unknown setting"))
                agent.close()

    def test_the_second_integration_of_an_agent_needs_its_own_folder(self):
        agent, entry = self.run_as_rendered("defaults")
        second = keyed(entry, self.organization) | {"id": f"{entry['id']}-second", "data_stream": {"namespace": "second"}}
        agent.set_input(second["id"], second)
        self.wait_unit(agent, second["id"], "FAILED", "give each integration a folder of its own")
        agent.set_input(second["id"], second | {"state_path": f"{agent.data}/second"})
        self.wait_collecting(agent)


class OfTheSecondName(Packaged):
    """The package that today's Kibana takes: its data sets, its folder, the same component."""

    PACKAGE = "claude_metrics"


if __name__ == "__main__":
    try:
        rendered.renderer()
    except gotools.Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(gotools.SKIPPED)
    unittest.main()
