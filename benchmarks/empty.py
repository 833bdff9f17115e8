# SPDX-License-Identifier: Apache-2.0
"""Z: a month (90 days with --whole) of one-minute buckets of which nineteen in twenty are empty, and its older half wholly:
requests and time, with everything found that there is."""

import subprocess

import measuring
from measuring import figure


def main():
    asked = measuring.parser(__doc__, "90 days instead of 30").parse_args()
    build, days = asked.build.resolve(), 90 if asked.whole else 30
    begin = {30: "2026-10-20T00:00:00Z", 90: "2026-09-20T00:00:00Z"}[days]
    data = ["--groups", "1", "--activity", "0.05", "--history-start", begin]
    with measuring.scratch() as folder, measuring.simulator(build, folder, "--speed", "0", *data) as api:
        into = folder / "empty"
        words = measuring.policy(into, api, measuring.FILES.format(folder=into), measuring.USAGE.format(width="1m", hours=24 * days))
        found = measuring.run(build, folder, "empty-run", measuring.host(build, "run", *words, "--once", "--timeout", "3600"))
        done = subprocess.run([build / "bin/anthropic-metrics-simulator", "check", "--documents", into / "documents", "--epoch",
                               measuring.EPOCH, "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0", *data],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            measuring.fail(f"the documents are not what the simulator used:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        buckets = days * 24 * 60
        figure("empty_cpu", found.cpu / buckets * 1e6)
        figure("empty_wall", found.wall)
        figure("empty_peak", found.peak)


main()
