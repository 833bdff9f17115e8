# SPDX-License-Identifier: Apache-2.0
"""One day of one-minute buckets with 200 rows each, in one page, through the whole path: TLS, inflate, decode, ledger,
outbox, files. Says what that costs the host's process, beside the limits. Usage: day.py BINARY_DIR [ROWS_PER_BUCKET]."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

POLICY = """outputs:
  default: {{type: file, path: "{folder}/documents", rotate_every_kb: 10000000}}
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


def host(binaries, folder, policy, hours):
    """Runs the host to the end of one round: wall seconds and what the kernel counted."""
    file = folder / "policy.yml"
    file.write_text(policy.format(hours=hours, folder=folder, **READY), encoding="utf-8")
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


binaries = pathlib.Path(sys.argv[1]).resolve() / "bin"
rows = sys.argv[2] if len(sys.argv) > 2 else "200"
with tempfile.TemporaryDirectory(prefix="am-bench-") as scratch:
    scratch = pathlib.Path(scratch)
    simulator = subprocess.Popen(
        [binaries / "anthropic-metrics-simulator", "serve", "--port", "0", "--speed", "0", "--exit-with-stdin", "--groups", rows,
         "--activity", "1", "--epoch", "2026-11-04T00:00:00Z", "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0",
         "--certificates", scratch], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ready = json.loads(simulator.stdout.readline())
    READY = {"url": ready["url"], "authority": ready["certificate_authority"]}
    try:
        # A round of an hour shows what starting costs; it is no part of a document's price.
        (scratch / "hour").mkdir()
        _, idle = host(binaries, scratch / "hour", POLICY, 1)
        (scratch / "day").mkdir()
        wall, usage = host(binaries, scratch / "day", POLICY, 24)
        count = [sum(file.read_bytes().count(b"\n") for file in (scratch / name / "documents").glob("*.ndjson"))
                 for name in ("hour", "day")]
        cpu = (usage.ru_utime + usage.ru_stime) - (idle.ru_utime + idle.ru_stime)
        database = (scratch / "day/data/state/day/ledger.db").stat().st_size
        print(f"\n{'one day of minutes in one page, TLS to files':<62} {'measured':>8}  {'must':<8} aim")
        line("documents", count[1])
        line("documents per second", round(count[1] / wall))
        line("CPU of the host's process, us per document", f"{cpu / (count[1] - count[0]) * 1e6:.2f}", "<= 4", "<= 2")
        line("peak RSS of host + plugin, MB", f"{usage.ru_maxrss / 1024:.1f}", "<= 32", "<= 16")
        line("peak RSS for an hour, MB", f"{idle.ru_maxrss / 1024:.1f}")
        line("database with an empty outbox, MB per million rows", f"{database / count[1]:.1f}")
    finally:
        simulator.stdin.close()
        simulator.wait()
