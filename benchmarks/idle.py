# SPDX-License-Identifier: Apache-2.0
"""S and I: the default deployment, from its start through a day of minutes (288,000 documents in one page) into minutes in which
nothing happens: what a process has before it collected anything and after, and how often it wakes for nothing."""

import time

import measuring
from measuring import figure

ROWS, BUCKETS = 200, 1440
LATENCY_SECONDS = 2


def small(build, folder):
    """S: 24 hours of one hour with 20 rows each, from start to end, once."""
    with measuring.simulator(build, folder, "--speed", "0", "--groups", "20", "--activity", "1") as api:
        into = folder / "small"
        words = measuring.policy(into, api, measuring.FILES.format(folder=into), measuring.USAGE.format(width="1h", hours=24))
        found = measuring.run(build, folder, "small-run", measuring.host(build, "run", *words, "--once", "--timeout", "60"))
        if measuring.count_lines(into / "documents") != 480:
            measuring.fail(f"{measuring.count_lines(into / 'documents')} documents instead of 480")
        figure("small_wall", found.wall * 1000)
        figure("small_cpu", found.cpu * 1000)
        figure("small_peak", found.peak)


def wait_for_day(process, documents):
    """Until the file has grown and then not for two seconds."""
    end, size, since = time.monotonic() + 600, 0, time.monotonic()
    while size == 0 or time.monotonic() - since < 2:
        now = sum(path.stat().st_size for path in documents.glob("*usage*.ndjson"))
        if now != size:
            size, since = now, time.monotonic()
        if process.process.poll() is not None or time.monotonic() > end:
            measuring.fail(f"the day is not collected:\n{process.log.read_text()[-2000:]}")
        time.sleep(0.2)
    if measuring.count_lines(documents) != ROWS * BUCKETS:
        measuring.fail(f"{measuring.count_lines(documents)} documents instead of {ROWS * BUCKETS}")


def main():
    asked = measuring.parser(__doc__, "idle for ten minutes instead of one").parse_args()
    build = asked.build.resolve()
    with measuring.scratch() as folder:
        small(build, folder)
        # The first answer takes its time: until it comes nothing is collected.
        with measuring.simulator(build, folder, "--speed", "0", "--groups", str(ROWS), "--activity", "1", "--latency-ms",
                                 str(LATENCY_SECONDS * 1000)) as api:
            into = folder / "day"
            words = measuring.policy(into, api, measuring.FILES.format(folder=into), measuring.USAGE.format(width="1m", hours=24))
            process = measuring.Process(build, folder, "day-run", measuring.host(build, "run", *words), every=0)
            process.pid()
            time.sleep(LATENCY_SECONDS / 2)
            before = process.memory()
            wait_for_day(process, into / "documents")
            after = process.memory()
            cpu, wakes = process.cpu()
            began = time.monotonic()
            time.sleep(600 if asked.whole else 60)
            seconds = time.monotonic() - began
            cpu_after, wakes_after = process.cpu()
            end = process.memory()
            process.stop()
        least = measuring.run(build, folder, "least", [build / "bin/least", "--rest"])
    figure("idle_before", before["resident"], least.peak)
    figure("idle_before_anonymous", before["anonymous"], least.peak_anonymous)
    figure("idle_after", after["resident"], least.peak)
    figure("idle_after_anonymous", after["anonymous"], least.peak_anonymous)
    figure("idle_after_pss", after["pss"], least.peak_pss)
    figure("idle_drift", end["resident"] - after["resident"])
    figure("idle_cpu", (cpu_after - cpu) / seconds * 100)
    figure("idle_wakes", (wakes_after - wakes) / seconds)


main()
