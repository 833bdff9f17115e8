# SPDX-License-Identifier: Apache-2.0
"""A stock Elastic Agent's cel input and the API it asks: the program that the package renders, run by Elastic's own library
(tests/package/cel), and a simulated organization whose clock the test moves."""

import contextlib
import datetime
import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

import gotools
import rendered
import searched

RUNNER = gotools.ROOT / "tests" / "package" / "cel"
SIMULATOR = rendered.BINARY_DIR / "bin" / "anthropic-metrics-simulator"
EPOCH = "2026-11-20T12:00:00Z"
KEY = searched.CANARY
TIME = "%Y-%m-%dT%H:%M:%SZ"


def parsed(text):
    return datetime.datetime.strptime(text, TIME).replace(tzinfo=datetime.timezone.utc)


def stamp(moment):
    return moment.strftime(TIME)


def streams(package="anthropic_metrics", values="defaults"):
    """{stream: its part of the policy of the tile stock_agent}."""
    entry, = rendered.policy("stock_agent", values, package)["inputs"]
    return {stream["data_stream"]["dataset"].rpartition(".")[2]: stream for stream in entry["streams"]}


class Organization:
    """The simulator, standing still but for advance()."""

    def __init__(self, url, now, authorities):
        self.url, self.now, self.authorities = url, parsed(now), authorities

    def _call(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}{path}", method=method, data=body)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def advance(self, hours):
        self.now += datetime.timedelta(hours=hours)
        self._call("POST", f"/_simulator/advance?by={int(hours * 3600)}s", b"")

    def faults(self, *rules):
        """These from now on; none: all is well again."""
        self._call("DELETE", "/_simulator/faults")
        if rules:
            self._call("POST", "/_simulator/faults", json.dumps({"faults": list(rules)}).encode())

    def requests(self):
        return self._call("GET", "/_simulator/requests")["requests"]

    def truth(self, stream, start, end, group_by, **more):
        """Rows of the buckets in [start, end) as the API reports them now."""
        query = [("stream", stream), ("starting_at", start), ("ending_at", end), *more.items()]
        query += [("group_by[]", name) for name in group_by]
        data = self._call("GET", f"/_simulator/truth?{urllib.parse.urlencode(query)}")["data"]
        return [dict(row, bucket_start_time=bucket["starting_at"]) for bucket in data for row in bucket["results"]]


@contextlib.contextmanager
def organization(*options, epoch=EPOCH):
    if not SIMULATOR.exists():
        raise gotools.Skip(f"{SIMULATOR} is not built")
    with subprocess.Popen([SIMULATOR, "serve", "--plain", "--speed", "0", "--epoch", epoch, "--exit-with-stdin", "--admin-key",
                           KEY, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = json.loads(process.stdout.readline())
            yield Organization(said["url"], epoch, said.get("certificate_authority", ""))
        finally:
            process.stdin.close()
            process.wait(timeout=30)


class Input:
    """One stream of the input in an Agent. All that it says is kept in `said`, to be searched for the key."""

    def __init__(self, process, stream, url, key=KEY):
        self.process, self.said = process, []
        state = {**stream["state"]}
        told = {"program": stream["program"], "state": state, "secret_state": dict(stream["secret_state"], admin_api_key=key),
                "resource.url": url}
        self.tell(config=told)

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answers = []
        while not (answers and answers[-1].get("done")):
            self.said.append(self.process.stdout.readline())
            answers.append(json.loads(self.said[-1]))
        if "refused" in answers[-1]:
            raise AssertionError(f"the input does not take it: {answers[-1]['refused']}")
        return answers

    def run(self, now, executions=0):
        """(events, texts of errors) of one interval."""
        *answers, done = self.tell(run=stamp(now), executions=executions)
        failed = [answer["failed"] for answer in answers if answer["failed"]]
        if failed:
            raise AssertionError(f"the program failed: {failed[0]}")
        self.evaluations, self.cursor = done["evaluations"], done["cursor"]
        events = [event for answer in answers for event in answer["events"] or []]
        return ([event for event in events if "message" in event],
                [event["error"]["message"] for event in events if "error" in event])

    def restart(self):
        self.tell(restart=True)


@contextlib.contextmanager
def running(stream, url, key=KEY):
    """An input of these settings; at its end what it said is searched for the key."""
    program = gotools.go_build(RUNNER, "cel-runner", ".")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            made = Input(process, stream, url, key)
            yield made
            with searched.folder() as scratch:
                pathlib.Path(scratch / "said.ndjson").write_text("".join(made.said), encoding="utf-8")
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def rows(events):
    return [json.loads(event["message"]) for event in events]
