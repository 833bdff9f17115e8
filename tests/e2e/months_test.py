# SPDX-License-Identifier: Apache-2.0
"""Months of every stream with the real host: killed at random moments, started again, and exact in the end.

  AM_DAYS=<n>   virtual days with kills (default 2); as many as reports may change follow without any
  AM_SEED=<n>   of the organization and of the moments
"""

import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import searched

HOST, PLUGIN, SIMULATOR = (pathlib.Path(path) for path in sys.argv[1:4])
SEED = int(os.environ.get("AM_SEED") or 1)
DAYS = int(os.environ.get("AM_DAYS") or 2)
LEFT_OUT = {"analytics_summary", "analytics_user", "claude_code", "spend_limit"}  # a round of all takes most of a minute
FINAL = 31  # days after which nothing changes
KEY = "sk-ant-admin01-simulator"
KEYS = {"ANTHROPIC_ADMIN_KEY": KEY, "ANTHROPIC_OAUTH_TOKEN": "sk-ant-oat01-simulator",
        "ANTHROPIC_ENTERPRISE_KEY": "sk-ant-api01-simulator"}
ENVIRONMENT = {**os.environ, **KEYS}
DATA = ["--seed", str(SEED), "--groups", "4", "--kind", "any", "--directory-change-rate", "0.1", "--revision-rate", "0.1",
        "--epoch", "2026-09-07T13:30:00Z"]


class World:
    """A simulator that stays, a policy with every stream, and runs of the host on one state."""

    def __init__(self, folder):
        self.folder = folder
        self.api = subprocess.Popen([SIMULATOR, "serve", "--plain", "--port", "0", "--speed", "0", *DATA],
                                    env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.api.stdout.readline())
        self.now = datetime.datetime(2026, 9, 7, 13, 30)
        described = json.loads(subprocess.run([HOST, "export", "description", "--plugin", PLUGIN], capture_output=True, text=True,
                                              check=True, timeout=60).stdout)
        self.streams = [stream["name"] for stream in described["streams"]
                        if stream.get("endpoint") in self.ready["endpoints"] and stream["name"] not in LEFT_OUT]
        lines = "".join(f"      - data_stream.dataset: anthropic_metrics.{name}\n        enabled: true\n" for name in self.streams)
        (folder / "policy.yml").write_text(
            f"outputs:\n  default: {{type: file, path: '{folder}/out', rotate_every_kb: 1048576}}\n"
            f"inputs:\n  - type: anthropic_metrics\n    id: months\n    url: {self.ready['url']}\n"
            "    admin_api_key: ${ANTHROPIC_ADMIN_KEY}\n    oauth_token: ${ANTHROPIC_OAUTH_TOKEN}\n"
            "    enterprise_api_key: ${ANTHROPIC_ENTERPRISE_KEY}\n"
            f"    streams:\n{lines}", encoding="utf-8")

    def end(self):
        self.api.stdin.close()
        self.api.terminate()
        self.api.wait(30)
        self.api.stdout.close()

    def advance(self, hours):
        with urllib.request.urlopen(urllib.request.Request(f"{self.ready['url']}/_simulator/advance?by={hours}h", method="POST"),
                                    timeout=30) as answer:
            self.now = datetime.datetime.strptime(json.load(answer)["now"], "%Y-%m-%dT%H:%M:%SZ")

    def command(self, *more):
        return [HOST, "run", "-c", self.folder / "policy.yml", "--plugin", PLUGIN, "--path.data", self.folder / "data", *more]

    def round(self):
        """One whole round; how long it took."""
        begun = time.monotonic()
        done = subprocess.run(self.command("--once", "--timeout", "120"), capture_output=True, text=True, timeout=180,
                              env=ENVIRONMENT)
        if done.returncode != 0:
            raise AssertionError(f"a round ended with {done.returncode}: {done.stderr[-4000:]}")
        return time.monotonic() - begun

    def killed(self, after):
        """Whether it still ran when it was killed."""
        with subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as running:
            time.sleep(after)
            was_running = running.poll() is None
            running.kill()
            running.wait(30)
            return was_running

    def check(self, cutoff):
        """What the simulator says about all documents but those of buckets from the cutoff on."""
        kept = self.folder / "kept"
        kept.mkdir()
        mark = '"bucket_start_time":"'
        for path in (self.folder / "out").glob("*.ndjson"):
            with path.open(encoding="utf-8") as lines, (kept / path.name).open("w", encoding="utf-8") as out:
                for line in lines:
                    begin = line.find(mark)
                    start = line[begin + len(mark):begin + len(mark) + 20] if begin >= 0 else ""
                    if start < cutoff:
                        out.write(line)
        as_of = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        return subprocess.run([SIMULATOR, "check", "--documents", kept, "--as-of", as_of, "--allow-resends", *DATA],
                              capture_output=True, text=True, timeout=250)


class Months(unittest.TestCase):
    def test_exact_in_the_end(self):
        chance = random.Random(SEED)
        with searched.folder(key=KEY.encode()) as folder:
            world = World(pathlib.Path(folder))
            self.addCleanup(world.end)
            usual = world.round()
            kills = 0
            for _ in range(DAYS):
                world.advance(chance.randint(12, 22))
                for _ in range(chance.randint(0, 2)):
                    kills += world.killed(chance.uniform(0, usual * 1.2))
                world.round()
            cutoff = world.now.strftime("%Y-%m-%dT00:00:00Z")
            for _ in range(FINAL // 4 + 1):
                world.advance(96)
                world.round()
            said = world.check(cutoff)
            print(f"{(world.now - datetime.datetime(2026, 9, 7)).days} days, {len(world.streams)} streams, {kills} kills\n{said.stdout}")
            self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
            self.assertGreater(kills, 0)
            for stream in world.streams:
                self.assertIn(f"{stream}", said.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
