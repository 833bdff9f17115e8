# SPDX-License-Identifier: Apache-2.0
"""S and I: the default deployment, once from start to end, and then at rest: what its process has, and how often it wakes for
nothing. Then what a process has at rest that collected L, 288,000 documents in one page."""

import time

import measuring
from measuring import figure

SMALL = (["--groups", "20", "--activity", "1"], measuring.USAGE.format(width="1h", hours=24), 480)
DAY = (["--groups", "200", "--activity", "1"], measuring.USAGE.format(width="1m", hours=24), 288_000)


def small(build, folder):
    """S from start to end, once."""
    data, streams, count = SMALL
    with measuring.simulator(build, folder, "--speed", "0", *data) as api:
        into = folder / "small"
        words = measuring.policy(into, api, measuring.FILES.format(folder=into), streams)
        found = measuring.run(build, folder, "small-run", measuring.host(build, "run", *words, "--once", "--timeout", "60"))
        if measuring.count_lines(into / "documents") != count:
            measuring.fail(f"{measuring.count_lines(into / 'documents')} documents instead of {count}")
        figure("small_wall", found.wall * 1000)
        figure("small_cpu", found.cpu * 1000)
        figure("small_peak", found.peak)


def wait_for_rest(process, documents, count):
    """Until the files have grown, and then not for three seconds."""
    end, size, since = time.monotonic() + 600, 0, time.monotonic()
    while size == 0 or time.monotonic() - since < 3:
        now = sum(path.stat().st_size for path in documents.glob("*usage*.ndjson"))
        if now != size:
            size, since = now, time.monotonic()
        if process.process.poll() is not None or time.monotonic() > end:
            measuring.fail(f"'{process.name}' does not come to rest:\n{process.log.read_text()[-2000:]}")
        time.sleep(0.2)
    found = sum(measuring.count_lines_of(path) for path in documents.glob("*usage*.ndjson"))
    if found != count:
        measuring.fail(f"{found} documents instead of {count}")


def at_rest(build, folder, name, what, seconds):
    """Memory when all is collected, and what so many seconds at rest cost: CPU in percent, wake-ups a second, growth in MB."""
    data, streams, count = what
    with measuring.simulator(build, folder, "--speed", "0", *data) as api:
        into = folder / name
        words = measuring.policy(into, api, measuring.FILES.format(folder=into), streams)
        process = measuring.Process(build, folder, f"{name}-run", measuring.host(build, "run", *words), every=0)
        wait_for_rest(process, into / "documents", count)
        memory = process.memory()
        (cpu, wakes), began = process.cpu(), time.monotonic()
        time.sleep(seconds)
        (cpu_after, wakes_after), took = process.cpu(), time.monotonic() - began
        growth = process.memory()["resident"] - memory["resident"]
        process.stop()
    return memory, (cpu_after - cpu) / took * 100, (wakes_after - wakes) / took, growth


def main():
    asked = measuring.parser(__doc__, "ten minutes at rest instead of one").parse_args()
    build = asked.build.resolve()
    with measuring.scratch() as folder:
        small(build, folder)
        before, cpu, wakes, growth = at_rest(build, folder, "rest", SMALL, 600 if asked.whole else 60)
        after, _, _, _ = at_rest(build, folder, "day", DAY, 1)
        least = measuring.run(build, folder, "least", [build / "bin/least", "--rest"])
    figure("idle_before", before["resident"], least.peak)
    figure("idle_before_anonymous", before["anonymous"], least.peak_anonymous)
    figure("idle_before_pss", before["pss"], least.peak_pss)
    figure("idle_after", after["resident"], least.peak)
    figure("idle_after_anonymous", after["anonymous"], least.peak_anonymous)
    figure("idle_growth", growth)
    figure("idle_cpu", cpu)
    figure("idle_wakes", wakes)


main()
