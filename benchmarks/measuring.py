# SPDX-License-Identifier: Apache-2.0
"""What every benchmark needs: the simulator, a policy, the host under `measured` (measured.c), and a way to hand a figure to
the table. A benchmark prints nothing on standard output but figures; what else it says goes to standard error."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

EPOCH = "2026-11-04T00:00:00Z"
GROUP_BY = "[inference_geo, model, service_tier, workspace_id]"
SKIPPED = 77
# The system's trust is what a service finds. A bundle that a shell's environment names would be read as a whole: 20 ms, some MB.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(_name, None)

POLICY = """outputs:
  default: {output}
inputs:
  - type: anthropic_metrics
    id: bench
    admin_api_key: sk-ant-admin01-simulator
    url: {url}
    {trust}
    http_client_timeout: 20m
    streams:
{streams}"""
USAGE = """      - data_stream.dataset: anthropic_metrics.usage
        bucket_width: {width}
        initial_interval: {hours}h
        settle: 0s
        group_by: """ + GROUP_BY + "\n"
HEALTH_OFF = """      - data_stream.dataset: anthropic_metrics.health
        enabled: false
"""
# Never rotated: what was collected is counted in one file.
FILES = '{{type: file, path: "{folder}/documents", rotate_every_kb: 1000000000}}'
STORE = '{{type: elasticsearch, hosts: ["http://127.0.0.1:{port}"]}}'


def figure(name, measured, limit=None, **more):
    """Hands a figure to the table. name: one of figures.yml, which says its unit, must and aim. limit: what the machine allows,
    measured in the same run, in the same unit."""
    print(json.dumps({"figure": name, "measured": measured, "limit": limit, **more}), flush=True)


def fail(why):
    """Ends the benchmark: what it was to measure is wrong."""
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {why}")


def skip(why):
    """Ends the benchmark: this machine lacks something."""
    print(f"{pathlib.Path(sys.argv[0]).name}: skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def parser(about, whole=None):
    """Of the arguments that every benchmark takes. whole: what --whole adds, if it adds something."""
    made = argparse.ArgumentParser(description=about)
    made.add_argument("build", type=pathlib.Path, help="the build's folder, with bin/ and lib/")
    made.add_argument("--whole", action="store_true", help=whole or "no difference here")
    return made


class Run:
    """What a process needed that is over. Seconds, MB (1024 * 1024 octets), counts."""

    def __init__(self, moments):
        start, end = moments[0], moments[-1]
        self.code = end["code"]
        self.wall = (end["ns"] - start["ns"]) / 1e9
        self.user, self.system = end["user_us"] / 1e6, end["system_us"] / 1e6
        self.cpu = self.user + self.system
        self.peak = end["peak"] / 1024
        peak = next((moment for moment in moments if moment["moment"] == "peak"), {})
        # Of the moment with the most memory, as far as it was seen.
        self.peak_anonymous, self.peak_pss = peak.get("anonymous", 0) / 1024, peak.get("pss", 0) / 1024


class Process:
    """A command that runs under `measured`. Its standard error is in FOLDER/NAME.log, its output in FOLDER/NAME.out."""

    def __init__(self, build, folder, name, command, every=20):
        self.name, self.report = name, folder / f"{name}.jsonl"
        self.log, self.out = folder / f"{name}.log", folder / f"{name}.out"
        with self.log.open("w") as log, self.out.open("w") as out:
            self.process = subprocess.Popen([build / "bin/measured", "--every", str(every), self.report, *command],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def moments(self):
        try:
            text = self.report.read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def pid(self):
        while not (moments := self.moments()):
            if self.process.poll() is not None:
                fail(f"'{self.name}' did not start:\n{self.log.read_text()}")
            time.sleep(0.001)
        return moments[0]["pid"]

    def began_ns(self):
        self.pid()
        return self.moments()[0]["ns"]

    def memory(self):
        """resident, peak, anonymous, file and pss now, in MB."""
        self.pid()  # else the signal could find a launcher that does not wait for it yet
        before = sum(moment["moment"] == "asked" for moment in self.moments())
        self.process.send_signal(signal.SIGUSR1)
        while len(asked := [moment for moment in self.moments() if moment["moment"] == "asked"]) == before:
            if self.process.poll() is not None:
                fail(f"'{self.name}' ended:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.005)
        return {key: value / 1024 for key, value in asked[-1].items() if key not in ("moment", "ns")}

    def cpu(self):
        """Seconds of CPU so far, and how often the process gave it up: its threads' wake-ups."""
        pid = self.pid()
        seconds, wakes = 0.0, 0
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            seconds += int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
            status = (task / "status").read_text(encoding="ascii")
            wakes += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        return seconds, wakes

    def stop(self):
        """Asks it to end, and waits."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait({0})

    def wait(self, good):
        code = self.process.wait()
        if code not in good:
            fail(f"'{self.name}' ended with {code}:\n{self.out.read_text()[-2000:]}{self.log.read_text()[-4000:]}")
        return Run(self.moments())


def run(build, folder, name, command, good=(0,)):
    """A command from its start to its end."""
    return Process(build, folder, name, command).wait(good)


def host(build, *words):
    return [build / "bin/anthropic-metrics", *words]


def policy(folder, api, output, streams):
    """Writes FOLDER/policy.yml. api: what the simulator said, or {"url"} and maybe {"certificate_authority"}, else it is the
    system's. Returns what the host takes."""
    folder.mkdir(exist_ok=True)
    file = folder / "policy.yml"
    trust = f'ssl.certificate_authorities: ["{api["certificate_authority"]}"]' if "certificate_authority" in api else ""
    file.write_text(POLICY.format(output=output, url=api["url"], trust=trust, streams=streams), encoding="utf-8")
    return ["-c", file, "--path.data", folder / "data"]


@contextlib.contextmanager
def simulator(build, folder, *options, epoch=EPOCH):
    """A simulator whose rows neither come late nor change; what it says when it listens, and `process`."""
    process = subprocess.Popen(
        [build / "bin/anthropic-metrics-simulator", "serve", "--port", "0", "--exit-with-stdin", "--epoch", epoch, "--late-rate", "0",
         "--restate-rate", "0", "--vanish-rate", "0", "--certificates", folder, *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            fail("the simulator does not start")
        yield {**json.loads(line), "process": process}
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def scratch():
    """A folder for a benchmark's files; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="am-bench-", dir=os.environ.get("TMPDIR")) as folder:
        yield pathlib.Path(folder)


def count_lines_of(path):
    """How many lines a file has."""
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(2**20), b""))


def count_lines(folder):
    """How many lines the documents in a folder are."""
    return sum(count_lines_of(path) for path in folder.rglob("*.ndjson"))
