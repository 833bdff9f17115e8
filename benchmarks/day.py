# SPDX-License-Identifier: Apache-2.0
"""L: one day of one-minute buckets with 200 rows each, 288,000 documents, through the whole path: TLS, inflate, decode, ledger,
outbox, and then files, or a store that takes everything; in one page and in 24. Beside it the least that any collector must do
with the same page."""

import hashlib
import json
import ssl
import subprocess
import urllib.request

import measuring
from measuring import figure

ROWS, BUCKETS = 200, 1440
DATA = ["--groups", str(ROWS), "--activity", "1"]
TARGET = ("/v1/organizations/usage_report/messages?starting_at=2026-11-03T00:00:00Z&ending_at=2026-11-04T00:00:00Z&bucket_width=1m"
          "&group_by[]=inference_geo&group_by[]=model&group_by[]=service_tier&group_by[]=workspace_id&limit=1440")


def collect(build, folder, api, name, hours, output=measuring.FILES):
    """The host to the end of one round; and its folder."""
    into = folder / name
    words = measuring.policy(into, api, output.format(folder=into, **api), measuring.USAGE.format(width="1m", hours=hours))
    return measuring.run(build, folder, f"{name}-run", measuring.host(build, "run", *words, "--once", "--timeout", "1200")), into


def page_hash(api):
    """Of the day's page as it comes, and its size."""
    context = ssl.create_default_context(cafile=api["certificate_authority"])
    request = urllib.request.Request(api["url"] + TARGET, headers={"x-api-key": "sk-ant-admin01-simulator", "anthropic-version": "2023-06-01"})
    digest, size = hashlib.sha256(), 0
    with urllib.request.urlopen(request, timeout=600, context=context) as answer:
        while piece := answer.read(2**20):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def check_sums(build, documents):
    """Every row and sum against the simulator's own account of the day."""
    done = subprocess.run([build / "bin/anthropic-metrics-simulator", "check", "--documents", documents, "--epoch", measuring.EPOCH,
                           "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0", *DATA], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        measuring.fail(f"the documents are not what the simulator used:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def check_count(found):
    if found != ROWS * BUCKETS:
        measuring.fail(f"{found} documents instead of {ROWS * BUCKETS}")


def least(build, folder, api, *more):
    """CPU of the least that must be done, us per document."""
    found = measuring.run(build, folder, "least", [build / "bin/least", api["url"], api["certificate_authority"], TARGET, *more])
    return found.cpu / (ROWS * BUCKETS) * 1e6, found


def store(build, folder, api, limit):
    """The day into a store that keeps nothing."""
    sink = subprocess.Popen([build / "bin/bulk_sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready = {**api, "port": sink.stdout.readline().strip()}
        found, _ = collect(build, folder, ready, "store", 24, measuring.STORE)
    finally:
        said, _ = sink.communicate()
    came = json.loads(said)
    check_count(came["documents"])
    figure("store_cpu", found.cpu / came["documents"] * 1e6, limit)
    figure("store_speed", came["documents"] / found.wall)
    figure("store_peak", found.peak)
    figure("store_octets", came["sent_bytes"] / came["documents"], came["bytes"] / came["documents"])
    figure("store_requests", came["requests"])


def main():
    build = measuring.parser(__doc__).parse_args().build.resolve()
    count = ROWS * BUCKETS
    with measuring.scratch() as folder:
        with measuring.simulator(build, folder, "--speed", "0", *DATA) as api:
            one, size = page_hash(api)
            if page_hash(api)[0] != one:
                measuring.fail("the simulator's page is another one when it is asked for again")
            # A round of an hour shows what starting costs; it is no part of a document's price. It also warms the simulator.
            hour, _ = collect(build, folder, api, "hour", 1)
            day, into = collect(build, folder, api, "day", 24)
            check_count(measuring.count_lines(into / "documents"))
            check_sums(build, into / "documents")
            file = max((into / "documents").glob("*usage*.ndjson"), key=lambda path: path.stat().st_size)
            bare, floor = least(build, folder, api)
            limit, _ = least(build, folder, api, file)
            packed, _ = least(build, folder, api, file, "pack")
            figure("files_cpu", (day.cpu - hour.cpu) / (count - count / 24) * 1e6, limit)
            figure("files_system_share", day.system / day.cpu)
            figure("files_speed", count / day.wall)
            figure("files_peak", day.peak, floor.peak)
            figure("files_peak_anonymous", day.peak_anonymous, floor.peak_anonymous)
            figure("files_peak_hour", hour.peak)
            figure("database_size", (into / "data/state/bench/ledger.db").stat().st_size / count)
            figure("least_cpu", bare)
            figure("page_size", size / 2**20, page=one)
            store(build, folder, api, packed)
            for path in (into / "documents").glob("*.ndjson"):
                path.unlink()
        with measuring.simulator(build, folder, "--speed", "0", "--page-buckets", "60", *DATA) as api:
            pages, into = collect(build, folder, api, "pages", 24)
            check_count(measuring.count_lines(into / "documents"))
            figure("pages_cpu", (pages.cpu - hour.cpu) / (count - count / 24) * 1e6, limit)
            figure("pages_peak", pages.peak, floor.peak)


main()
