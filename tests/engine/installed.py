# SPDX-License-Identifier: Apache-2.0
"""An OpenSearch with the artefact installed by its own script, and the documents that tests send to it."""

import functools
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import engine

import artefact
import tree

STREAMS = artefact.STREAMS
FIXTURES = tree.ROOT / "tests" / "fixtures"
_numbers = itertools.count(1)


def install(url, *arguments, **environment):
    """Runs install.sh of a freshly made artefact; the finished process."""
    with tempfile.TemporaryDirectory() as folder:
        artefact.write(pathlib.Path(folder))
        return subprocess.run(["bash", f"{folder}/install.sh", *arguments], capture_output=True, text=True, timeout=300,
                              env={"PATH": os.environ["PATH"], "OPENSEARCH_URL": url, **environment})


@functools.lru_cache(maxsize=None)
def node():
    """The engine, with everything installed."""
    running = engine.node(engine.opensearch)
    done = install(running.url)
    if done.returncode:
        raise AssertionError(f"install.sh failed: {done.stdout}{done.stderr}")
    return running


def data_stream(stream):
    """A data stream of its own for one test."""
    return f"metrics-anthropic_metrics.{stream}-test{next(_numbers)}"


def golden(stream, case=None):
    """Expected documents of the stream, of all fixtures or one."""
    return [document for path, _, document in tree.golden_documents()
            if path.parts[2] == stream and (case is None or path.parts[3] == case)]


def cases(stream):
    """Names of the fixtures that hold an answer of the API."""
    return sorted(path.parent.name for path in (FIXTURES / stream).glob("*/answer.json"))


def raw_rows(stream, case):
    """The rows of a fixture's first answer, as collectors leave them in message."""
    answer = json.loads((FIXTURES / stream / case / "answer.json").read_text(encoding="utf-8"), parse_float=_Exact)
    if stream == "rate_limit":
        return answer["data"]
    return [dict(row, bucket_start_time=bucket["starting_at"], bucket_end_time=bucket["ending_at"])
            for bucket in answer["data"] for row in bucket["results"]]


class _Exact(float):
    """A number that is written as it was read."""


def without_fraction(time):
    """2026-01-31T00:00:00.000Z as our documents write it."""
    return re.sub(r"\.0+Z$", "Z", time)


def declared(stream):
    """{dotted name: type in OpenSearch} of every field of the stream."""
    out = {}
    for name, field in tree.declared_fields("base", stream).items():
        kind = field["type"]
        out[name] = "keyword" if kind == "constant_keyword" and "value" not in field else kind
    return out
