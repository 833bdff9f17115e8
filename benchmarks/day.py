# SPDX-License-Identifier: Apache-2.0
"""One day of one-minute buckets with 200 rows each, in one page, through the whole path: TLS, inflate, decode, ledger,
outbox, and then files, or a store that takes everything. Says what that costs the host's process, beside the limits.
Usage: day.py BINARY_DIR [ROWS_PER_BUCKET]."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

POLICY = """outputs:
  default: {output}
inputs:
  - type: anthropic_metrics
    id: day
    admin_api_key: sk-ant-admin01-simulator
    url: {url}
    ssl.certificate_authorities: ["{authority}"]
    http_client_timeout: 10m
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        bucket_width: 1m
        initial_interval: {hours}h
        settle: 0s
        group_by: [inference_geo, model, service_tier, workspace_id]
"""


FILES = 'type: file, path: "{folder}/documents", rotate_every_kb: 10000000'
STORE = 'type: elasticsearch, hosts: ["http://127.0.0.1:{port}"]'


def host(binaries, folder, ready, output, hours):
    """Runs the host to the end of one round: wall seconds and what the kernel counted."""
    folder.mkdir()
    file = folder / "policy.yml"
    file.write_text(POLICY.format(hours=hours, output="{" + output.format(folder=folder, **ready) + "}", **ready), encoding="utf-8")
    begin = time.monotonic()
    process = subprocess.Popen([binaries / "anthropic-metrics", "run", "-c", file, "--path.data", folder / "data", "--once",
                                "--timeout", "1200"], stdin=subprocess.DEVNULL, stderr=(folder / "log.txt").open("w"))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"day.py: the host ended with {process.returncode}:\n{(folder / 'log.txt').read_text()}")
    return time.monotonic() - begin, usage


def line(what, value, must="", aim=""):
    print(f"{what:<62} {value:>8}  {must:<8} {aim}")


def lines(path):
    """How many the file has. It is read in pieces: what this process once held counts as its children's peak."""
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(2**20), b""))


def files(binaries, scratch, ready):
    """The day into files; documents per second."""
    # A round of an hour shows what starting costs; it is no part of a document's price.
    _, idle = host(binaries, scratch / "hour", ready, FILES, 1)
    wall, usage = host(binaries, scratch / "day", ready, FILES, 24)
    count = [sum(lines(file) for file in (scratch / name / "documents").glob("*.ndjson")) for name in ("hour", "day")]
    cpu = (usage.ru_utime + usage.ru_stime) - (idle.ru_utime + idle.ru_stime)
    database = (scratch / "day/data/state/day/ledger.db").stat().st_size
    print(f"\n{'one day of minutes in one page, TLS to files':<62} {'measured':>8}  {'must':<8} aim")
    line("documents", count[1])
    line("documents per second", round(count[1] / wall))
    line("CPU of the host's process, us per document", f"{cpu / (count[1] - count[0]) * 1e6:.2f}", "<= 4", "<= 2")
    line("peak RSS of host + plugin, MB", f"{usage.ru_maxrss / 1024:.1f}", "<= 32", "<= 16")
    line("peak RSS for an hour, MB", f"{idle.ru_maxrss / 1024:.1f}")
    line("database with an empty outbox, MB per million rows", f"{database / count[1]:.1f}")
    return count[1] / wall


def store(binaries, scratch, ready, into_files):
    """The same day into a store, beside what went into files."""
    sink = subprocess.Popen([binaries / "bulk_sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready = {**ready, "port": sink.stdout.readline().strip()}
        wall, usage = host(binaries, scratch / "store", ready, STORE, 24)
    finally:
        said, _ = sink.communicate()
    came = json.loads(said)
    speed = came["documents"] / wall
    print(f"\n{'the same day, TLS to a store that keeps nothing':<62} {'measured':>8}  must")
    line("documents", came["documents"])
    line("documents per second", round(speed))
    line("that, as a part of what went into files", f"{speed / into_files:.2f}", ">= 0.5")
    line("CPU of the host's process, us per document", f"{(usage.ru_utime + usage.ru_stime) / came['documents'] * 1e6:.2f}")
    line("peak RSS of host + plugin, MB", f"{usage.ru_maxrss / 1024:.1f}", "<= 32")
    line("requests", came["requests"])
    line("octets sent per document of " + str(round(came["bytes"] / came["documents"])), round(came["sent_bytes"] / came["documents"]))


def main():
    binaries = pathlib.Path(sys.argv[1]).resolve() / "bin"
    rows = sys.argv[2] if len(sys.argv) > 2 else "200"
    with tempfile.TemporaryDirectory(prefix="am-bench-") as scratch:
        scratch = pathlib.Path(scratch)
        simulator = subprocess.Popen(
            [binaries / "anthropic-metrics-simulator", "serve", "--port", "0", "--speed", "0", "--exit-with-stdin", "--groups", rows,
             "--activity", "1", "--epoch", "2026-11-04T00:00:00Z", "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0",
             "--certificates", scratch], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = json.loads(simulator.stdout.readline())
        ready = {"url": said["url"], "authority": said["certificate_authority"]}
        try:
            into_files = files(binaries, scratch, ready)
            store(binaries, scratch, ready, into_files)
        finally:
            simulator.stdin.close()
            simulator.wait()


main()
