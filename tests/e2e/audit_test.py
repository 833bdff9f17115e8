# SPDX-License-Identifier: Apache-2.0
"""The audit of files: each kind of difference and of cause, the repair with and without a state, what is refused, and the audit
that a running host makes by itself."""

import json
import pathlib
import subprocess
import time
import unittest

import searched
import shipped

EPOCH, START = "2026-11-03T00:00:00Z", "2026-11-01T00:00:00Z"
KEY = searched.CANARY
STREAMS = """
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: 48h
        interval: 1m
        settle: 0s
        group_by: [model, workspace_id]
      - data_stream.dataset: anthropic_metrics.cost
        initial_interval: 48h
        interval: 1m
        settle: 0s
      - data_stream.dataset: anthropic_metrics.health
"""


class World:
    """A host that has collected two days of an organization into files. Use as a context manager."""

    def __init__(self, extra="", **organization):
        self.extra, self.settings = extra, {"seed": 5, "groups": 3, "epoch": EPOCH, "late_rate": 0.1, **organization}
        self.searched = searched.folder(inputs=["policy.yml"])

    def __enter__(self):
        self.folder = pathlib.Path(self.searched.__enter__())
        self.organization = shipped.Organization(self.folder, key=KEY, **self.settings)
        self.organization.__enter__()
        self.host = shipped.Host(self.folder, self.organization, {"type": "file", "path": str(self.folder / "out")}, key=KEY,
                                 streams=STREAMS, extra=self.extra, level="warning")
        return self

    def __exit__(self, *what):
        if self.host.process and self.host.process.poll() is None:
            self.host.kill()
        self.organization.__exit__()
        return self.searched.__exit__(*what)

    def collect(self):
        code = self.host.once()
        if code:
            raise AssertionError(f"run --once ended with {code}:\n{self.host.log()[-3000:]}")

    def file(self, stream="usage"):
        return self.folder / f"out/metrics-anthropic_metrics.{stream}-default.ndjson"

    def documents(self, stream="usage"):
        return [json.loads(line) for line in self.file(stream).read_text().splitlines()]

    def write(self, documents, stream="usage"):
        self.file(stream).write_text("".join(json.dumps(document) + "\n" for document in documents))

    def audit(self, *words, json_output=True):
        """(exit code, what it said as JSON or text, its log)."""
        times = [] if "--from" in words else ["--from", START, "--to", EPOCH]
        done = subprocess.run(self.host.command("audit", *times, *(["--json"] if json_output else []), *words),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, env=shipped.environment())
        if KEY in done.stdout + done.stderr:
            raise AssertionError("the audit shows the key")
        said = json.loads(done.stdout) if json_output and done.stdout.startswith("{") else done.stdout
        return done.returncode, said, done.stderr


def stream(said, name):
    return next(one for one in said["streams"] if one["stream"] == name)


def kinds(said, name="usage"):
    return {one["kind"] for one in stream(said, name)["differences"]}


def causes(said, name="usage"):
    return {one["kind"]: one["count"] for one in stream(said, name)["findings"]}


class Audit(unittest.TestCase):
    maxDiff = None

    def assert_equal(self, world, *words):
        code, said, log = world.audit(*words)
        self.assertEqual((code, said["equal"], said["complete"], said["problems"]), (0, True, True, []), f"{said}\n{log}")
        return said

    def test_what_was_collected_is_equal(self):
        with World() as world:
            world.collect()
            said = self.assert_equal(world)
            for name in ("usage", "cost"):
                one = stream(said, name)
                self.assertGreater(one["rows"], 0)
                self.assertEqual(one["documents"], one["rows"])
                self.assertEqual([sum_["api"] for sum_ in one["sums"]], [sum_["store"] for sum_ in one["sums"]])
                self.assertNotEqual(one["sums"][0]["api"], "0")
                self.assertEqual(one["findings"], [])
            code, page, _ = world.audit(json_output=False)
            self.assertEqual(code, 0)
            self.assertTrue(page.endswith("\nequal\n"), page)
            # Named files are the same files.
            self.assert_equal(world, "--stream", "usage", "--files", str(world.file()))

    def test_each_kind_is_found_repaired_and_stays_clean(self):
        with World() as world:
            world.collect()
            self.plant(world)
            code, said, log = world.audit()
            self.assertEqual((code, said["equal"], said["complete"]), (2, False, True), log)
            usage = stream(said, "usage")
            # The line that comes again is there once.
            self.assertEqual(usage["different_rows"], 3, usage["differences"])
            self.assertEqual(kinds(said), {"missing", "different", "extra"})
            # The invented row has an id that is not its own.
            self.assertEqual(causes(said), {"duplicate_id": 1, "foreign_id": 1})
            self.assertEqual(stream(said, "cost")["different_rows"], 1)
            before = len(world.documents())

            code, said, _ = world.audit("--repair")
            self.assertEqual(code, 2)
            self.assertEqual(said["repair"], {"documents": 4, "written": False, "different_rows_after": 0, "problems": []})
            self.assertEqual(len(world.documents()), before)

            code, said, log = world.audit("--repair", "--yes")
            self.assertEqual((code, said["equal"]), (0, True), f"{said}\n{log}")
            self.assertEqual(said["repair"]["different_rows_after"], 0)
            self.assert_equal(world)
            # The ledger was told: what comes late is corrected on top of the repair.
            world.organization.advance("25h")
            world.collect()
            self.assert_equal(world)

    def plant(self, world):
        documents = world.documents()
        documents[0]["anthropic"]["usage"]["output_tokens"] += 1000
        del documents[3]
        documents.append(documents[5])
        invented = json.loads(json.dumps(documents[7]))
        invented["anthropic"]["usage"]["model"] = "claude-invented"
        documents.append(invented)
        invented["event"]["id"] = "AAAAAAAAAAAAAAAAAAAAAA"
        world.write(documents)
        costs = world.documents("cost")
        costs[0]["anthropic"]["cost"]["amount_exact"] += "1" if "." in costs[0]["anthropic"]["cost"]["amount_exact"] else ".1"
        world.write(costs, "cost")

    def test_a_lost_state_and_another_collector_are_repaired_without_a_state(self):
        with World() as world:
            world.collect()
            documents = world.documents()
            for document in documents[::2]:
                del document["event"]["id"], document["organization"], document["input"]
                del document["anthropic"]["usage"]["revision"], document["anthropic"]["usage"]["group_by"]
                document["anthropic"]["usage"]["output_tokens"] *= 3
            world.write(documents)
            subprocess.run(["rm", "-r", str(world.host.data)], check=True)
            code, said, _ = world.audit()
            self.assertEqual(code, 2)
            self.assertEqual(causes(said)["other_collector"], len(documents[::2]))
            code, said, log = world.audit("--repair", "--yes")
            self.assertEqual(code, 0, f"{said}\n{log}")
            self.assertFalse((world.host.data / "state").exists())
            self.assert_equal(world)

    def test_what_no_report_can_have_had_stays_and_the_rest_is_repaired(self):
        with World() as world:
            world.collect()
            documents = world.documents()
            days = sorted({one["@timestamp"][:10] for one in documents})
            self.assertGreater(len(days), 1)
            invented = json.loads(json.dumps(next(one for one in documents if one["@timestamp"].startswith(days[0]))))
            invented["anthropic"]["usage"]["service_tier"] = "invented"  # the grain is model and workspace
            invented["event"]["id"] = "AAAAAAAAAAAAAAAAAAAAAA"
            lost = next(one for one in documents if one["@timestamp"].startswith(days[-1]))
            world.write([one for one in documents if one is not lost] + [invented])
            world.write(world.documents("cost")[1:], "cost")
            before = len(world.documents())
            code, said, log = world.audit("--repair", "--yes")
            self.assertEqual((code, said["equal"], said["complete"]), (3, False, False), log)
            self.assertEqual(said["problems"], [])
            self.assertEqual({name: said["repair"][name] for name in ("documents", "written", "different_rows_after")},
                             {"documents": 2, "written": True, "different_rows_after": 1})
            self.assertEqual(len(said["repair"]["problems"]), 1)
            self.assertRegex(said["repair"]["problems"][0], r"^usage: 1 window stays as it is, the first from .*; delete the documents ")
            self.assertEqual(len(world.documents()), before + 1)
            self.assert_equal(world, "--stream", "cost")
            # Deleted, as the sentence says, and repaired.
            world.write([one for one in world.documents() if one["event"]["id"] != invented["event"]["id"]])
            code, said, log = world.audit("--repair", "--yes")
            self.assertEqual(code, 0, f"{said}\n{log}")

    def test_hours_of_another_grain(self):
        with World() as world:
            world.collect()
            # From now on usage is split otherwise: what there is of the former grain is compared by it.
            world.host.set_streams(STREAMS.replace("[model, workspace_id]", "[model]"))
            self.assert_equal(world)
            # The same hours in the other grain as well count twice.
            former = world.documents()
            hours = sorted({one["anthropic"]["usage"]["bucket_start_time"] for one in former})
            first = [one for one in former if one["anthropic"]["usage"]["bucket_start_time"] == hours[0]]
            for one in first[:1]:
                one["anthropic"]["usage"]["group_by"] = ["model"]
                del one["anthropic"]["usage"]["workspace_id"]
            world.write(former)
            code, said, _ = world.audit("--stream", "usage")
            self.assertEqual(code, 2)
            self.assertIn("overlap", kinds(said))
            self.assertIn("overlap", causes(said))
            code, said, log = world.audit("--stream", "usage", "--repair", "--yes")
            self.assertEqual(code, 0, f"{said}\n{log}")
            self.assert_equal(world, "--stream", "usage")

    def test_what_cannot_be_is_refused_in_a_sentence(self):
        with World() as world:
            for words, code, sentence in [
                    (["--from", "2999-01-01"], 64, "is in the future; name a time that is past"),
                    (["--from", "2026-11-02", "--to", "2026-11-01"], 64, "is not before --to"),
                    (["--from", "yesterday"], 64, "is no day such as 2026-10-01"),
                    (["--stream", "rate_limit"], 64, "those that can be audited are"),
                    (["--stream", "analytics_usage"], 3, "stream 'analytics_usage' is switched off"),
                    (["--yes"], 64, "--yes is of --repair"),
                    (["--repair", "--files", "x"], 64, "leave out --files"),
                    (["--files", str(world.folder / "nowhere")], 3, "nowhere: No such file or directory"),
                    ([], 3, "there is no such file yet; run the host")]:
                with self.subTest(words):
                    found, said, log = world.audit(*words, json_output=False)
                    self.assertEqual(found, code, said + log)
                    self.assertIn(sentence, said + log)
            world.host.output.clear()
            world.host.set_output(type="console")
            found, said, log = world.audit(json_output=False)
            self.assertEqual(found, 3, said + log)
            self.assertIn("keeps nothing that could be compared; name files of documents with --files", said)
            (world.folder / "said.txt").write_text(said + log)

    def test_an_api_that_refuses_ends_it_and_nothing_is_written(self):
        with World() as world:
            world.collect()
            world.write(world.documents()[1:])
            before = world.file().read_bytes()
            world.organization.control("faults", "POST", {"faults": [
                {"path": "/v1/organizations/cost_report", "kind": "status", "status": 403, "count": 0}]})
            code, said, _ = world.audit("--repair", "--yes")
            self.assertEqual((code, said["complete"], said["equal"]), (3, False, False))
            self.assertEqual(said["repair"]["written"], False)
            self.assertTrue(any("nothing is written" in problem for problem in said["problems"]), said["problems"])
            self.assertEqual(world.file().read_bytes(), before)

    def test_a_running_host_holds_its_state(self):
        with World() as world:
            world.collect()
            world.write(world.documents()[1:])
            world.host.start()
            until = time.monotonic() + 30
            while time.monotonic() < until and world.audit()[0] != 2:
                time.sleep(0.2)
            time.sleep(1)
            code, said, _ = world.audit("--repair", "--yes")
            self.assertEqual(code, 3, said)
            self.assertTrue(any("repair: true" in problem for problem in said["problems"]), said["problems"])
            self.assertEqual(world.host.stop(), 0)


class InTheHost(unittest.TestCase):
    def test_a_host_audits_itself_repairs_and_tells(self):
        extra = "audit: {every: 1s, repair: true}"
        with World(extra, epoch="now") as world:
            world.host.inputs = "http: {enabled: true, port: 0}\n" + world.host.inputs
            world.host.set_output()
            world.collect()
            documents = world.documents()
            world.write(documents[1:-1:2])
            world.host.start()
            found = {}
            until = time.monotonic() + 120
            while time.monotonic() < until:
                time.sleep(0.5)
                for one in world.documents("health") if world.file("health").exists() else []:
                    if "audit" in one["anthropic"]["health"]:
                        found.setdefault(one["anthropic"]["health"]["audit"]["stream"], []).append(one["anthropic"]["health"]["audit"])
                if any(audit["repaired"] for audit in found.get("usage", [])) and found["usage"][-1]["differences"] == 0:
                    break
                found = {}
            self.assertEqual(world.host.stop(), 0)
            self.assertTrue(found, world.host.log()[-3000:])
            first = next(audit for audit in found["usage"] if audit["differences"])
            self.assertEqual(first["repaired"], first["differences"], found)
            self.assertIn("last_exact_to", found["usage"][-1])
            self.assertIn("of them are corrected", world.host.log())


if __name__ == "__main__":
    unittest.main()
