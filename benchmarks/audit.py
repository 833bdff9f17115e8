# SPDX-License-Identifier: Apache-2.0
"""Days of one-minute buckets with 200 rows each, collected into files and then audited against the API: what the audit's process
needs. A day is 288,000 documents and 300 MB of files."""

import datetime
import json

import measuring
from measuring import figure

BUCKETS = 24 * 60


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
    parser = measuring.parser(__doc__, "90 days instead of --days")
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--rows", type=int, default=200)
    asked = parser.parse_args()
    build, days = asked.build.resolve(), 90 if asked.whole else asked.days
    with measuring.scratch() as folder, measuring.simulator(build, folder, "--speed", "0", "--groups", str(asked.rows), "--activity",
                                                            "1") as api:
        into = folder / "days"
        streams = measuring.USAGE.format(width="1m", hours=24 * days) + measuring.HEALTH_OFF
        words = measuring.policy(into, api, measuring.FILES.format(folder=into), streams)
        measuring.run(build, folder, "collect", measuring.host(build, "run", *words, "--once", "--timeout", "7200"))
        report(build, folder, into, words, days, asked.rows)


def audit(build, folder, words, good):
    """What it needed, and what it says of the stream."""
    process = measuring.Process(build, folder, "audit", measuring.host(build, "audit", *words))
    found = process.wait(good)
    return found, json.loads(process.out.read_text())["streams"][0]


def report(build, folder, into, words, days, rows):
    files = sorted((into / "documents").glob("*usage*.ndjson"))
    end = datetime.date.fromisoformat(measuring.EPOCH[:10])
    words = [*words, "--from", str(end - datetime.timedelta(days=days)), "--to", str(end), "--json",
             *(word for file in files for word in ("--files", file))]
    found, told = audit(build, folder, words, {0})
    if told["documents"] != days * BUCKETS * rows:
        measuring.fail(f"{told['documents']} documents were compared")
    planted = sum(spoil(file) for file in files)
    differing, told = audit(build, folder, words, {0, 2})
    if told["different_rows"] != planted or differing.code != (2 if planted else 0):
        measuring.fail(f"{planted} rows were spoiled, {told['different_rows']} were found")
    documents = days * BUCKETS * rows
    figure("audit_cpu", found.cpu / documents * 1e6)
    figure("audit_speed", documents / found.wall)
    figure("audit_peak", found.peak)
    figure("audit_peak_differing", differing.peak)


main()
