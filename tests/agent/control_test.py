# SPDX-License-Identifier: Apache-2.0
"""The host's side of the Agent's control protocol: on real TLS and HTTP/2, against gRPC's own server."""

import json
import signal
import time
import unittest

import with_grpc

with_grpc.enter()

import grpc  # noqa: E402

import messages  # noqa: E402
from case import OUTPUT, AgentCase, source  # noqa: E402
from credentials import Authority  # noqa: E402
from stub import wait_for  # noqa: E402


class Units(AgentCase):
    def test_a_start_takes_two_messages(self):
        begin = time.monotonic()
        agent = self.started()
        self.assertLess(time.monotonic() - begin, 5)
        first, second = (message for _, message in agent.check_ins[:2])
        self.assertEqual((first["units"], first["features"], first["component"]), ({}, 0, 0))
        self.assertEqual(first["programme"], {"name": "echo", "facts": {"kind": "test"}, "build": "0000"})
        self.assertEqual(first["pid"], agent.component.pid)
        self.assertEqual(first["extras"], [], "chunks are not asked for")
        self.assertEqual({(side, unit["index"], unit["state"]) for (side, _), unit in second["units"].items()},
                         {(0, 1, "HEALTHY"), (1, 1, "HEALTHY")})
        self.assertIsNone(second["programme"])
        self.assertEqual(agent.answers[0]["id"], "init")
        self.assert_clean(agent)

    def test_a_new_revision_and_a_second_input(self):
        agent = self.started()
        agent.set_input("one", source("one", policy={"revision": 4}))
        agent.wait_healthy()
        self.assertEqual((agent.unit("one")["index"], agent.unit()["index"]), (2, 1))
        agent.set_input("two", source("two"))
        agent.wait_healthy()
        self.assertEqual(agent.unit("two")["state"], "HEALTHY")
        self.assert_clean(agent)

    def test_a_level_changes_without_a_configuration(self):
        agent = self.started()
        self.assertIn("level info", agent.unit("one")["message"])
        agent.set_level("one", "debug")
        wait_for(lambda: "level debug" in agent.unit("one")["message"], "the new level")
        self.assertEqual(agent.sent[-1][1], 0, "the configuration did not come along")
        self.assert_clean(agent)

    def test_a_removed_input_says_that_it_stopped_and_is_forgotten(self):
        agent = self.started(("one", "two"))
        agent.remove("two")
        wait_for(lambda: (agent.unit("two") or {}).get("state") == "STOPPED", "STOPPED")
        self.assertEqual(agent.unit("two")["index"], 1)
        wait_for(lambda: agent.unit("two") is None, "it is left out")
        self.assertEqual(agent.unit("one")["state"], "HEALTHY")
        agent.set_input("two", source("two"))
        agent.wait_healthy()
        self.assert_clean(agent)

    def test_two_outputs_are_two_processes(self):
        for output in ("default", "other"):
            agent = self.started(output=output)
            self.assertEqual(set(agent.check_ins[-1][1]["units"]), {(0, f"anthropic_metrics-{output}-one"), (1, f"anthropic_metrics-{output}")})
            self.assert_clean(agent)

    def test_a_refused_configuration_is_told_with_its_reason(self):
        agent = self.started()
        payload = {"streams": {"one-usage": {"status": "FAILED", "error": "unknown setting", "n": 7, "list": [None, True, 1.5]}}}
        agent.set_input("one", source(report={"state": "FAILED", "message": "unknown setting 'x'; remove it", "payload": payload}))
        unit = wait_for(lambda: agent.unit("one")["state"] == "FAILED" and agent.unit("one"), "FAILED")
        self.assertEqual((unit["index"], unit["message"], unit["payload"]), (2, "unknown setting 'x'; remove it", payload))
        agent.set_input("one", source())
        agent.wait_healthy()
        self.assert_clean(agent)

    def test_large_configurations_pass_in_both_directions(self):
        agent = self.started()
        agent.set_input("one", source(long="x" * 400_000))
        agent.wait_healthy()
        self.assertIn("400000 letters", agent.unit("one")["message"])
        agent.set_input("one", source(report={"state": "HEALTHY", "message": "m" * 400_000}))
        agent.wait_healthy()
        self.assertEqual(len(agent.unit("one")["message"]), 400_000)
        agent.set_input("one", source(long="x" * 10_000_000))
        agent.wait_healthy(60)
        self.assertIn("10000000 letters", agent.unit("one")["message"])
        self.assert_clean(agent)

    def test_parts_of_a_list_are_taken_though_nobody_asked_for_them(self):
        agent = self.agent()
        agent.start(self.command())
        wait_for(lambda: agent.check_ins, "a check-in")
        with agent.lock:
            session, agent._session = agent._session, None  # not told one by one
            agent.set_output(OUTPUT)
            for name in ("one", "two", "three"):
                agent.set_input(name, source(name))
            agent._session = session
            agent.push_in_chunks()
        agent.wait_healthy()
        self.assertEqual(len(agent.check_ins[-1][1]["units"]), 4)
        self.assert_clean(agent)


class Messages(AgentCase):
    """How much is said. A minute of the real times (25 s between check-ins) is 2.4 periods here; a busy machine may delay one by half."""

    PERIOD = 1.0
    MINUTE = 2.4 * PERIOD

    def most_in_a_minute(self, agent, seconds=4):
        since = time.monotonic()
        time.sleep(seconds)
        times = [at for at, _ in agent.check_ins if at >= since]
        self.assertTrue(times, "it goes on telling")
        return max(sum(begin <= at < begin + self.MINUTE for at in times) for begin in times)

    def test_at_most_three_a_minute_while_all_is_well(self):
        agent = self.started()
        self.assertLessEqual(self.most_in_a_minute(agent), 3)
        self.assert_clean(agent)

    def test_at_most_three_a_minute_while_a_unit_is_not_as_wanted(self):
        """The Agent answers each check-in at once then; who answers that in turn never ends."""
        agent = self.started()
        for state in ("DEGRADED", "FAILED", "STARTING"):
            agent.set_input("one", source(report={"state": state, "message": "the service answers 500"}))
            wait_for(lambda: agent.unit("one")["state"] == state, state)
            sent = len(agent.sent)
            self.assertLessEqual(self.most_in_a_minute(agent), 3)
            self.assertGreater(len(agent.sent), sent, "the Agent did ask again")
        self.assert_clean(agent)

    def test_a_unit_that_is_not_yet_reported_makes_no_loop(self):
        agent = self.agent()
        agent.set_input("one", source(report={"state": "STARTING"}))
        agent.set_output(OUTPUT)
        agent.start(self.command())
        wait_for(lambda: agent.unit("one"), "the unit")
        self.assertLessEqual(self.most_in_a_minute(agent), 3)
        self.assert_clean(agent)

    def test_other_words_go_with_the_next_regular_check_in(self):
        agent = self.started()
        since, before = time.monotonic(), agent.unit("one")["message"]
        for _ in range(20):
            agent.component.signal(signal.SIGHUP)
            time.sleep(0.02)
        wait_for(lambda: agent.unit("one")["message"] != before, "the words arrive")
        self.assertLessEqual(agent.count(since), 2)
        self.assert_clean(agent)

    def test_echoes_of_other_indexes_are_sent_at_once_and_once(self):
        agent = self.started()
        since = time.monotonic()
        agent.features_index, agent.component_index = 3, 4
        agent.push()
        agent.wait_healthy()
        last = agent.check_ins[-1][1]
        self.assertEqual((last["features"], last["component"]), (3, 4))
        self.assertLessEqual(self.most_in_a_minute(agent), 3)
        self.assertLess(agent.count(since), 8)


class Connections(AgentCase):
    def test_a_cut_connection_is_made_anew_and_nothing_is_lost(self):
        agent = self.started()
        for _ in range(2):
            streams = agent.streams
            agent.drop(away=0.3)
            wait_for(lambda: agent.streams > streams, "a new stream")
            agent.wait_healthy()
        said = next(message for _, message in agent.check_ins[::-1] if message["programme"])
        self.assertEqual({unit["state"] for unit in said["units"].values()}, {"HEALTHY"}, "the first message has what was known")
        agent.set_input("one", source("one", revision=9))
        agent.wait_healthy()
        self.assert_clean(agent)
        self.assertTrue([line for line in agent.lines() if "connected to the Elastic Agent again" in line])

    def test_a_configuration_that_comes_again_after_a_reconnection_is_no_change(self):
        agent = self.started()
        told = sum("wanted:" in line for line in agent.lines())
        for unit in agent.wanted.values():
            unit["seen"] = None  # so that it comes along, with its keys in another order
            unit["source"] = dict(reversed(unit["source"].items()))
        agent.push()
        time.sleep(0.3)
        self.assertGreater(agent.sent[-1][1], 0)
        self.assertEqual(sum("wanted:" in line for line in agent.lines()), told)

    def test_a_stream_that_the_agent_ends_is_begun_again(self):
        agent = self.started()
        streams = agent.streams
        agent.end_streams()
        wait_for(lambda: agent.streams > streams, "a new stream")
        agent.wait_healthy()
        self.assert_clean(agent)

    def test_a_refused_token_is_told_once_with_what_to_do(self):
        agent = self.agent(checkin=30)
        agent.set_output(OUTPUT)
        agent.listen()
        agent.start(self.command(), greeting=agent.greeting(token="another"))
        wait_for(lambda: [line for line in agent.lines() if "status 7" in line], "the refusal in the log")
        time.sleep(1.5)
        told = [json.loads(line) for line in agent.lines() if "status 7" in line]
        self.assertEqual(len(told), 1, "it is told once, however often it is tried")
        self.assertEqual(told[0]["log.level"], "warn")
        self.assertIn("restart the Elastic Agent", told[0]["message"])
        self.assertEqual(agent.streams, 0)

    def test_each_refusal_has_its_own_remedy(self):
        agent = self.agent(checkin=30)
        agent.refuse(grpc.StatusCode.UNIMPLEMENTED, "no such service, 100 % sure")
        agent.start(self.command())
        line = wait_for(lambda: [line for line in agent.lines() if "status 12" in line], "the refusal in the log")[0]
        self.assertIn("8.6", line)
        self.assertIn("no such service, 100 % sure", line)
        agent.refuse(grpc.StatusCode.ALREADY_EXISTS, f"the token {agent.token} is in use")
        wait_for(lambda: [line for line in agent.lines() if "status 6" in line], "the other refusal in the log")
        agent.accept()
        agent.wait_healthy()
        self.assert_clean(agent)

    def test_nobody_but_the_agent_is_spoken_to(self):
        foreign = Authority(self.folder / "foreign")
        agent = self.agent(checkin=30)
        agent.listen()
        wrong = {"another name": agent.greeting(server_name="0" * 32), "no such name": agent.greeting(server_name="localhost"),
                 "a foreign authority": agent.greeting(authority=foreign.pem)}
        for what, greeting in wrong.items():
            with self.subTest(what):
                agent.start(self.command(), greeting=greeting)
                line = wait_for(lambda: [line for line in agent.component.lines if "certificate is refused" in line[1]], "the refusal in the log")[0]
                self.assertIn("restart the Elastic Agent", line[1])
                agent.stop()
        self.assertEqual((agent.check_ins, agent.answers), ([], []))

    def test_a_foreign_certificate_of_ours_is_refused_by_the_agent(self):
        certificate, key = Authority(self.folder / "foreign").pair("client", "anthropic_metrics-default")
        agent = self.agent(checkin=30)
        agent.listen()
        agent.start(self.command(), greeting=agent.greeting(certificate=certificate, key=key))
        wait_for(lambda: [line for line in agent.lines() if '"warn"' in line or '"info"' in line], "a line about it")
        self.assertEqual(agent.streams, 0)

    def test_certificates_that_are_none_are_told_of(self):
        agent = self.agent(checkin=30)
        agent.listen()
        for part in ("authority", "certificate", "key"):
            agent.start(self.command(), greeting=agent.greeting(**{part: "canary-of-junk"}))
            line = wait_for(lambda: [line for _, line in agent.component.lines if "cannot be used" in line], "a line about it")[0]
            self.assertIn("restart the Elastic Agent", line)
            self.assertNotIn("canary", line)
            self.assertEqual(agent.stop(), 0)

    def test_a_local_socket_is_an_address_too(self):
        agent = self.agent()
        agent.set_input("one", source())
        path = self.folder / "agent.sock"
        agent.listen(path=path)
        for form in (f"unix://{path}", f"unix:{path}"):
            agent.start(self.command(), greeting=agent.greeting(address=form))
            agent.wait_healthy()
            agent.stop()
        self.assert_clean(agent)

    def test_damaged_messages_end_the_connection_only(self):
        agent = self.started()
        streams = agent.streams
        agent.send_raw(b"\x0a\xff\xff\xff\xff\x0f")
        wait_for(lambda: agent.streams > streams, "a new stream")
        agent.wait_healthy()
        self.assertTrue([line for line in agent.lines() if "damaged" in line])
        self.assert_clean(agent)

    def test_a_message_beyond_the_limit_is_refused_without_taking_memory(self):
        agent = self.agent(checkin=30)
        agent.set_input("one", source())
        agent.listen()
        agent.start(self.command(), greeting=agent.greeting(largest=1_000_000))
        agent.wait_healthy()
        before = agent.component.memory()["VmHWM"]  # kB; below a sanitizer it begins with more.
        agent.set_input("one", source(long="x" * 64_000_000))
        wait_for(lambda: [line for line in agent.lines() if "larger than the 1000000" in line], "the refusal in the log")
        self.assertLess(agent.component.memory()["VmHWM"] - before, 16_000)


class Life(AgentCase):
    def test_silence_is_noticed_and_ended_by_the_agent(self):
        agent = self.started(checkin=1.5)
        process = agent.component
        process.signal(signal.SIGSTOP)
        wait_for(lambda: agent.kills, "the kill")
        self.assertEqual(process.wait(5), -signal.SIGKILL)
        wait_for(lambda: agent.component is not process, "another process")
        agent.wait_healthy()
        self.assertEqual(agent.faults, ["missed a check-in"])

    def test_a_stop_says_the_last_word_and_ends_both_streams(self):
        agent = self.started()
        begin = time.monotonic()
        self.assertEqual(agent.stop(), 0)
        self.assertLess(time.monotonic() - begin, 4)
        self.assertEqual({unit["state"] for unit in agent.check_ins[-1][1]["units"].values()}, {"STOPPED"})
        wait_for(lambda: not agent._session.open and not agent._actions.open, "both streams are over")
        self.assert_clean(agent)

    def test_a_stop_without_an_agent_does_not_wait(self):
        agent = self.started(checkin=30)
        agent._server.stop(grace=0).wait(10)
        time.sleep(0.2)
        begin = time.monotonic()
        self.assertEqual(agent.stop(), 0)
        self.assertLess(time.monotonic() - begin, 4)

    def test_a_start_before_the_agent_listens_waits_for_it(self):
        agent = self.agent(checkin=30)
        agent.set_output(OUTPUT)
        agent.listen()
        agent._server.stop(grace=0).wait(10)
        agent.start(self.command())
        time.sleep(0.3)
        agent.listen(agent.port)
        agent.wait_healthy()
        self.assertTrue([line for line in agent.lines() if "cannot be reached" in line])

    def test_greetings_that_are_none_are_refused_in_a_sentence(self):
        agent = self.agent(restarts=False)
        agent.listen()
        for greeting, words in ((b"junk \xff", "no greeting of an Elastic Agent"),
                                (agent.greeting(services=()), "install Elastic Agent 8.6 or newer"),
                                (agent.greeting(token=""), "the greeting has no token"),
                                (agent.greeting()[:-30], "no greeting of an Elastic Agent"),
                                (b"x" * 1_100_000, "more than a megabyte")):
            component = agent.start(self.command(), greeting=greeting)
            self.assertEqual(component.wait(10), 64)
            self.assertIn(words, "".join(line for _, line in component.lines))
        self.assertEqual(agent.check_ins, [])


class Actions(AgentCase):
    def test_diagnostics_come_for_the_component_and_for_a_unit(self):
        agent = self.started()
        whole = agent.act(diagnostics=True, level="component")
        unit = agent.act(diagnostics=True, unit="one", level="unit")
        output = agent.act(diagnostics=True, side=messages.OUTPUT)
        for answer, whose in ((whole, "component"), (unit, "anthropic_metrics-default-one"), (output, "anthropic_metrics-default")):
            self.assertFalse(answer["failed"])
            file, = answer["files"]
            self.assertEqual((file["file_name"], file["content_type"], file["content"]), ("state.txt", "text/plain", f"{whose} is well".encode()))
            seconds = dict(messages.fields(file["time"]))[1]
            self.assertLess(abs(seconds - time.time()), 60)
        self.assert_clean(agent)

    def test_what_is_not_known_or_breaks_is_answered_with_a_sentence(self):
        agent = self.started()
        self.assertFalse(agent.act("echo", unit="one")["failed"])
        unknown = agent.act("isolate", unit="one")
        self.assertEqual((unknown["failed"], json.loads(unknown["result"])), (True, {"error": "no action is called isolate"}))
        broken = agent.act("throw")
        self.assertIn("it broke", json.loads(broken["result"])["error"])
        self.assert_clean(agent)

    def test_a_large_answer_passes(self):
        agent = self.started()
        huge = agent.act("huge", seconds=20)
        self.assertEqual(len(huge["files"][0]["content"]), 5_000_000)
        self.assert_clean(agent)

    def test_actions_go_on_after_a_reconnection(self):
        agent = self.started()
        agent.drop()
        wait_for(lambda: sum(one["id"] == "init" for one in agent.answers) == 2, "another stream of actions")
        self.assertFalse(agent.act("echo")["failed"])
        self.assert_clean(agent)


if __name__ == "__main__":
    unittest.main()
