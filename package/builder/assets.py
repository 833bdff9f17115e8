# SPDX-License-Identifier: Apache-2.0
"""What each stream brings, fields, pipeline and a sample, and files that go into the package as they are."""

import datetime

import description as described
import naming
import pipeline
import stream_fields
from fault import PackageFault
from sources import dump_json, dump_yaml, load_json_lines, load_yaml, read

FIXTURES = "tests/fixtures"
PIPELINE_HEAD = b"---\n# Made of ingest_pipelines/, whose comments say why; change those files.\n"


def golden(root, stream):
    """(file, documents) of every expected document of a stream, fixtures in name order."""
    found = sorted((root / FIXTURES / stream).rglob("*.ndjson"))
    out = [(path, [_of_package(document, stream) for document in load_json_lines(root, path.relative_to(root), "")])
           for path in found]
    if not any(documents for _, documents in out):
        raise PackageFault(f"{FIXTURES}/{stream}: no expected documents (*.ndjson); record some, the package shows one "
                           "as sample_event.json")
    return out


def _of_package(document, stream):
    """As it is where the policy names the package's data sets."""
    dataset = {"dataset": naming.dataset(stream)}
    return dict(document, data_stream=document["data_stream"] | dataset, event=document["event"] | dataset)


def sample(root, stream):
    """The richest expected document that is no correction, as the store holds it."""
    documents = [document for _, several in golden(root, stream) for document in several]
    return ingested(max(documents, key=lambda document: (_is_first(document, stream), _leaves(document))))


def _is_first(document, stream):
    return document["anthropic"][stream].get("revision", 0) == 0


def ingested(document):
    """What the pipeline adds: the time of arrival, five minutes after the newest time in the document."""
    newest = max(_times(document))
    arrived = datetime.datetime.strptime(newest, "%Y-%m-%dT%H:%M:%SZ") + datetime.timedelta(minutes=5)
    event = dict(document["event"], ingested=arrived.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return dict(document, event=dict(sorted(event.items())))


def _leaves(value):
    if isinstance(value, dict):
        return sum(_leaves(item) for item in value.values())
    return 1


def _times(value, name=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _times(item, key)
    elif name == "@timestamp" or name.endswith("_time"):
        yield value


def pipeline_file(root, stream):
    return PIPELINE_HEAD + dump_yaml(pipeline.of_stream(root, stream))


def files(root, description):
    out = {
        "LICENSE.txt": read(root, "LICENSE", "restore it"),
        "changelog.yml": read(root, "changelog.yml", "restore it"),
        "validation.yml": b"docs_structure_enforced:\n  enabled: true\n  version: 1\n",
    }
    for stream in (entry["name"] for entry in described.streams(description)):
        folder = f"data_stream/{stream}"
        fields = load_yaml(root, f"fields/{stream}.yml", "define the fields of the stream's documents there")
        base = stream_fields.for_package(stream_fields.base(root, stream))
        out[f"{folder}/fields/base-fields.yml"] = dump_yaml(base)
        out[f"{folder}/fields/fields.yml"] = dump_yaml(stream_fields.for_package(fields))
        out[f"{folder}/elasticsearch/ingest_pipeline/default.yml"] = pipeline_file(root, stream)
        out[f"{folder}/sample_event.json"] = dump_json(sample(root, stream))
    return out
