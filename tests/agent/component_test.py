# SPDX-License-Identifier: Apache-2.0
"""The host as a component of the Elastic Agent: policies in, units and documents out."""

import json
import shutil
import time
import unittest

import with_grpc

with_grpc.enter()

import component_case
import messages
import store_faults
import store_front
import store_model
import stub
from component_case import OUTPUT, item


class Component(component_case.ComponentCase):
    def test_an_input_is_collected_below_the_data_folder_and_told_stream_by_stream(self):
        agent = self.started()
        self.assert_exact(self.state_path(agent), agent)
        unit = agent.unit("one")
        self.assertEqual((unit["state"], unit["message"], unit["index"]), ("HEALTHY", "collecting", 1))
        self.assertEqual(unit["payload"]["streams"], {f"s-one-{stream}": {"status": "HEALTHY", "error": ""} for stream in component_case.STREAMS})
        self.assertIn("files", agent.unit()["message"])
        self.assert_clean(agent)
        memory = agent.component.memory()
        print(f"resident {memory['VmRSS']} KiB, at most {memory['VmHWM']} KiB")

    def test_a_new_revision_alone_restarts_nothing(self):
        agent = self.started()
        agent.set_input("one", item(self.organization, revision=2, policy={"revision": 5}))
        self.wait_collecting(agent)
        self.assertEqual(agent.unit("one")["index"], 2)
        self.assertEqual(sum("running; state and documents" in line for line in agent.lines()), 1)
        self.assert_clean(agent)

    def test_a_refused_setting_fails_the_unit_and_the_former_configuration_runs_on(self):
        agent = self.started()
        agent.set_input("one", item(self.organization, max_retries="many"))
        unit = self.wait_unit(agent, "one", "FAILED", "max_retries")
        self.assertIn("former configuration runs on", unit["message"])
        self.assertEqual((unit["index"], unit["payload"]["streams"]["s-one-usage"]["status"]), (2, "HEALTHY"))
        self.assert_exact(self.state_path(agent), agent)
        agent.set_input("one", item(self.organization))
        self.wait_collecting(agent)
        self.assert_clean(agent)

    def test_a_refused_input_leaves_the_other_alone(self):
        agent = self.agent()
        agent.set_input("bad", item(self.organization, "bad", state_path="here"))
        agent.set_input("good", item(self.organization, "good"))
        agent.start(self.command())
        self.wait_unit(agent, "bad", "FAILED", "state_path: 'here' is not an absolute path")
        self.wait_unit(agent, "good", "HEALTHY")
        self.assert_exact(self.state_path(agent), agent)

    def test_two_integrations_need_two_folders(self):
        agent = self.started()
        of_another = {"data_stream": {"namespace": "other"}}
        agent.set_input("two", item(self.organization, "two", **of_another))
        self.wait_unit(agent, "two", "FAILED", "belongs to the input anthropic_metrics-default-one")
        self.assertNotEqual(agent.unit("one")["state"], "FAILED")
        agent.set_input("two", item(self.organization, "two", state_path=str(self.folder / "two"), **of_another))
        self.wait_collecting(agent)
        self.assert_exact(self.folder / "two", agent)

    def test_who_waits_for_a_folder_gets_it_when_the_other_leaves(self):
        agent = self.started()
        agent.set_input("two", item(self.organization, "two"))
        self.wait_unit(agent, "two", "FAILED", "belongs to")
        agent.remove("one")
        self.wait_collecting(agent)
        self.assertEqual([key[1] for key in agent.wanted if key[0] == messages.INPUT], ["anthropic_metrics-default-two"])
        self.assert_clean(agent)

    def test_the_key_that_is_refused_fails_the_unit_without_a_storm_of_messages(self):
        agent = self.agent()
        agent.set_input("one", item(self.organization, key="sk-ant-admin01-of-somebody-else"))
        agent.start(self.command())
        unit = self.wait_unit(agent, "one", "FAILED")
        self.assertIn("401", unit["message"] + json.dumps(unit["payload"]))
        since = time.monotonic()
        time.sleep(6 * self.PERIOD)
        self.assertLessEqual(agent.count(since), 8, "a check-in every period, and no more")
        agent.set_input("one", item(self.organization))
        self.wait_collecting(agent)
        self.assertFalse(self.says(agent, "of-somebody-else"))
        self.assert_clean(agent)

    def test_what_was_collected_survives_removal_of_the_input_and_of_the_work_folder(self):
        agent = self.started()
        self.assert_exact(self.state_path(agent), agent)
        counted = self.counted(agent)
        agent.set_input("other", item(self.organization, "other", state_path=str(self.folder / "other"), data_stream={"namespace": "other"}))
        agent.remove("one")
        stub.wait_for(lambda: len(agent.wanted) == 2, "the first input is gone", 30)
        self.wait_collecting(agent)
        shutil.rmtree(agent.work)
        self.organization.advance("5h")
        agent.set_input("one", item(self.organization))
        self.wait_collecting(agent)
        self.assert_exact(self.state_path(agent), agent)
        self.assertGreater(self.counted(agent), counted)
        self.assertEqual(self.counted(agent), self.counted(agent, unique=True), "nothing was written twice")

    def counted(self, agent, unique=False):
        lines = [line for path in (self.state_path(agent) / "documents").glob("*.ndjson*") for line in path.read_bytes().splitlines()]
        lines = [line for line in lines if json.loads(line)["event"]["dataset"].endswith((".usage", ".cost"))]
        return len({json.loads(line)["event"]["id"] for line in lines}) if unique else len(lines)

    def test_a_kill_loses_nothing(self):
        agent = self.started()
        for _ in range(3):
            agent.component.kill()
            self.organization.advance("7h")
            stub.wait_for(lambda: agent.component.runs(), "the component runs again")
            self.wait_collecting(agent)
        self.assert_exact(self.state_path(agent), agent)
        self.assertEqual(len(agent.exits), 3)

    def test_the_archive_has_status_and_configuration_without_secrets(self):
        agent = self.started()
        whole = agent.act(diagnostics=True)
        self.assertEqual([file["file_name"] for file in whole["files"]], ["status.json"])
        self.assertEqual(json.loads(whole["files"][0]["content"])["health"], "healthy")
        of_unit = agent.act(diagnostics=True, unit="one")
        files = {file["file_name"]: file["content"] for file in of_unit["files"]}
        configuration = json.loads(files["configuration.json"])
        self.assertEqual(configuration["admin_api_key"], "[redacted]")
        self.assertEqual(configuration["streams"][0]["id"], "s-one-usage")
        of_output = agent.act(diagnostics=True, side=messages.OUTPUT)
        self.assertNotIn("canary-of-the-output", json.dumps([str(file) for file in of_output["files"]]))
        self.assertTrue(agent.act(name="unknown", unit="one")["failed"])
        self.assert_clean(agent)

    def test_sigterm_stops_every_unit_first(self):
        agent = self.started()
        self.assertEqual(agent.stop(), 0)
        self.assertEqual({unit["state"] for unit in agent.check_ins[-1][1]["units"].values()}, {"STOPPED"})
        self.assertEqual(agent.faults, [])

    def test_without_its_library_every_unit_says_so(self):
        agent = self.agent()
        agent.set_input("one", item(self.organization))
        agent.start([component_case.HOST, "component", "--plugin", self.folder / "none.so", "--period", str(self.PERIOD)])
        self.wait_unit(agent, "one", "FAILED", "none.so")
        self.assertNotEqual(agent.stop(), 0)

    def test_two_outputs_are_two_processes_that_do_not_share_a_folder(self):
        first = self.started()
        second = stub.Agent(self.folder, checkin=10.0, output="other")
        self.addCleanup(self.close, second)
        second.set_output(OUTPUT)
        second.set_input("one", item(self.organization))
        second.start(self.command())
        self.wait_unit(second, "one", "FAILED", "give this integration a folder of its own (state_path)")
        self.assertEqual(first.stop(), 0)
        self.wait_collecting(second)  # tried again by itself
        self.assert_exact(self.state_path(first), second)

    def test_documents_go_to_the_agents_own_output_if_the_input_says_so(self):
        store = store_model.Model()
        front = self.enterContext(store_front.Front(store, store_faults.Script()))
        agent = self.agent()
        agent.set_output({"type": "elasticsearch", "hosts": [front.url], "username": "elastic", "password": "canary-of-the-output",
                          "backoff": {"init": "50ms"}, "preset": "balanced"})
        agent.set_input("one", item(self.organization, write_to="elasticsearch"))
        agent.start(self.command())
        self.wait_collecting(agent)
        def check():
            documents = {name: [source for inner in indices.values() for source in inner.values()]
                         for name, indices in store.holdings().items()}
            return self.organization.check(documents)
        stub.wait_for(lambda: check() == [], "documents in the store", 60, lambda: str(agent.lines()[-3:]))
        self.assertEqual(agent.unit()["message"], "documents are accepted")
        self.assertEqual(list((self.state_path(agent) / "documents").glob("*")) if (self.state_path(agent) / "documents").exists() else [], [])
        self.assertFalse(self.says(agent, "canary-of-the-output"))
        self.assert_clean(agent)


if __name__ == "__main__":
    unittest.main()
