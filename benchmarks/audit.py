# SPDX-License-Identifier: Apache-2.0
"""Days of one-minute buckets with 200 rows each, collected into files and then audited against the API: what the audit's process
needs, beside the limit. Usage: audit.py BINARY_DIR [--days 90] [--rows 200]. A day is 288,000 documents and 300 MB of files."""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

POLICY = """outputs:
  default: {{type: file, path: "{folder}/documents", rotate_every_kb: 1000000000}}
inputs:
  - type: anthropic_metrics
    id: days
    admin_api_key: sk-ant-admin01-simulator
    url: {url}
    ssl.certificate_authorities: ["{authority}"]
    http_client_timeout: 10m
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        bucket_width: 1m
        initial_interval: {hours}h
        interval: 1m
        settle: 0s
        group_by: [inference_geo, model, service_tier, workspace_id]
      - data_stream.dataset: anthropic_metrics.health
        enabled: false
"""
EPOCH = "2026-11-04T00:00:00Z"
BUCKETS = 24 * 60


def ran(folder, name, command, good):
    """(wall seconds, what the kernel counted, exit code) of a command whose output goes into a file."""
    begin = time.monotonic()
    with (folder / f"{name}.out").open("w") as out, (folder / f"{name}.txt").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in good:
        sys.exit(f"audit.py: '{name}' ended with {code}:\n{(folder / f'{name}.out').read_text()[-2000:]}"
                 f"{(folder / f'{name}.txt').read_text()[-2000:]}")
    return time.monotonic() - begin, usage, code


def line(what, value, must="", aim=""):
    print(f"{what:<62} {value:>12}  {must:<8} {aim}", flush=True)


def spoil(file):
    """Changes the number in every 100,000th line, at the same length; how many."""
    field, places, place = b'"output_tokens":', [], 0
    with file.open("rb") as stream:
        for number, text in enumerate(stream, 1):
            if number % 100_000 == 0:
                at = text.index(field) + len(field)
                places.append((place + at, b"2" if text[at:at + 1] == b"1" else b"1"))
            place += len(text)
    with file.open("r+b") as stream:
        for at, digit in places:
            stream.seek(at)
            stream.write(digit)
    return len(places)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--rows", type=int, default=200)
    asked = parser.parse_args()
    binaries = asked.binaries.resolve() / "bin"
    with tempfile.TemporaryDirectory(prefix="am-bench-") as scratch:
        folder = pathlib.Path(scratch)
        simulator = subprocess.Popen(
            [binaries / "anthropic-metrics-simulator", "serve", "--port", "0", "--speed", "0", "--exit-with-stdin", "--groups", str(asked.rows),
             "--activity", "1", "--epoch", EPOCH, "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0", "--certificates", folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = json.loads(simulator.stdout.readline())
        try:
            policy = folder / "policy.yml"
            policy.write_text(POLICY.format(folder=folder, url=said["url"], authority=said["certificate_authority"],
                                            hours=24 * asked.days), encoding="utf-8")
            report(asked, binaries, folder, policy)
        finally:
            simulator.stdin.close()
            simulator.wait()


def report(asked, binaries, folder, policy):
    host = [binaries / "anthropic-metrics"]
    common = ["-c", policy, "--path.data", folder / "data"]
    wall, _, _ = ran(folder, "run", [*host, "run", *common, "--once", "--timeout", "7200"], {0})
    print(f"\n{f'{asked.days} days of minutes, {asked.rows} rows each, in files':<62} {'measured':>12}  {'must':<8} aim")
    line("collected in, seconds", f"{wall:.0f}")
    files = sorted((folder / "documents").glob("*usage*.ndjson"))
    end = datetime.date.fromisoformat(EPOCH[:10])
    start = end - datetime.timedelta(days=asked.days)
    words = [*host, "audit", *common, "--from", str(start), "--to", str(end), "--json", *(word for file in files for word in ("--files", file))]
    wall, usage, _ = ran(folder, "audit", words, {0})
    told = json.loads((folder / "audit.out").read_text())["streams"][0]
    if told["documents"] != asked.days * BUCKETS * asked.rows:
        sys.exit(f"audit.py: {told['documents']} documents were compared")
    cpu = usage.ru_utime + usage.ru_stime
    line("documents compared", f"{told['documents']:,}")
    line("audited in, seconds", f"{wall:.1f}")
    line("documents per second", f"{told['documents'] / wall:,.0f}")
    line("CPU of the audit's process, us per document", f"{cpu / told['documents'] * 1e6:.2f}")
    line("peak RSS of the audit's process, MB", f"{usage.ru_maxrss / 1024:.1f}", "<= 64")
    planted = sum(spoil(file) for file in files)
    wall, usage, code = ran(folder, "audit", words, {0, 2})
    told = json.loads((folder / "audit.out").read_text())["streams"][0]
    if told["different_rows"] != planted or code != (2 if planted else 0):
        sys.exit(f"audit.py: {planted} rows were spoiled, {told['different_rows']} were found")
    line("different rows, planted and found", f"{planted}")
    line("peak RSS when they differ, MB", f"{usage.ru_maxrss / 1024:.1f}", "<= 64")


main()
