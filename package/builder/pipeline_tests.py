# SPDX-License-Identifier: Apache-2.0
"""Pipeline tests in the form of Elastic's tools, made from the expected documents: a document of ours passes
its pipeline unchanged, but for the time of arrival. They are in the source form only."""

import re

import assets
import description as described
from sources import dump_json, dump_yaml

# The time of arrival is the store's.
CONFIG = {"dynamic_fields": {"event.ingested": "^.+$"}}


def _stored(document):
    out = assets.ingested(document)
    if "preserve_original_event" not in document.get("tags", []):
        out["event"].pop("original", None)
    return out


def files(root, description):
    out = {}
    for stream in described.streams(description):
        folder = f"data_stream/{stream['name']}/_dev/test/pipeline"
        out[f"{folder}/test-common-config.yml"] = dump_yaml(CONFIG)
        for path, documents in assets.golden(root, stream["name"]):
            if not documents:
                continue
            name = re.sub(r"[^a-z0-9]+", "-", path.parent.name.lower())
            test = f"{folder}/test-{name}.json"
            out[test] = dump_json({"events": documents})
            out[f"{test}-expected.json"] = dump_json({"expected": [_stored(document) for document in documents]})
    return out
