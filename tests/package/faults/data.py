# SPDX-License-Identifier: Apache-2.0
"""Planted faults of field files and ingest pipelines."""

from . import altered, append, put, replace, together

FIELDS = "data_stream/usage/fields/fields.yml"
GROUP = (FIELDS, "anthropic.usage", "fields")
PIPELINE = "data_stream/usage/elasticsearch/ingest_pipeline/default.yml"
STEP = (PIPELINE, "processors")
PAGE = "docs/README.md"


def documented(*names):
    """Rows of the field tables, so that a new field is not missed there as well."""
    rows = "".join(f"| {name} | new |\n" for name in names)
    return replace(PAGE, "## Troubleshooting", f"{rows}\n## Troubleshooting")


def field(**attributes):
    """A new field of the stream usage, on the page already."""
    return together(append(*GROUP, {"name": "fresh", "type": "keyword", "description": "Something new.", **attributes}),
                    documented("anthropic.usage.fresh"))


def _must_be_there(pipeline):
    for entry in pipeline["processors"]:
        if entry.get("rename", {}).get("field") == "message":
            del entry["rename"]["ignore_missing"]


def _no_id(pipeline):
    for entry in pipeline["processors"]:
        if entry.get("set", {}).get("field") == "_id":
            entry["set"]["field"] = "labels"


FAULTS = [
    ("fields.unique", FIELDS, "parent of", together(append(FIELDS, {
        "name": "anthropic.usage.model.name", "type": "keyword", "description": "Below a field."}),
        documented("anthropic.usage.model.name"))),
    ("fields.in_full", FIELDS, "no type",
     together(append(FIELDS, {"name": "fresh", "description": "x"}), documented("fresh"))),
    ("fields.in_full", FIELDS, "no description", together(
        append(FIELDS, {"name": "fresh", "type": "keyword"}), documented("fresh"))),
    ("fields.types", FIELDS, "group without fields", together(
        append(FIELDS, {"name": "fresh", "type": "group", "description": "x"}), documented("fresh"))),
    ("fields.types", FIELDS, "without scaling_factor", field(type="scaled_float")),
    ("fields.types", FIELDS, "with a value", field(value="x")),
    ("fields.types", FIELDS, "without a value", field(type="constant_keyword")),
    ("fields.metrics", FIELDS, "keyword with unit", field(unit="byte")),
    ("fields.metrics", FIELDS, "dimension and a metric", field(type="long", dimension=True, metric_type="gauge")),
    ("fields.money", FIELDS, "names no unit", together(append(*GROUP, {
        "name": "list_price", "type": "double", "description": "What it costs."}),
        documented("anthropic.usage.list_price"))),
    ("pipelines.portable", PIPELINE, "processor terminate", append(*STEP, {"terminate": {"tag": "stop"}})),
    ("pipelines.portable", PIPELINE, "processor fingerprint",
     append(*STEP, {"fingerprint": {"tag": "hash", "fields": ["message"]}})),
    ("pipelines.portable", PIPELINE, "copy_from",
     append(*STEP, {"set": {"tag": "copy", "field": "labels", "value": "x", "copy_from": "event.id"}})),
    ("pipelines.portable", PIPELINE, "has no value", append(*STEP, {"set": {"tag": "empty", "field": "labels"}})),
    ("pipelines.original", PIPELINE, "without ignore_missing", altered(PIPELINE, _must_be_there)),
    ("pipelines.identity", PIPELINE, "_id", altered(PIPELINE, _no_id)),
]
# Said by the official validator too. The build refuses them, since fields/ and ingest_pipelines/ are written by hand.
BOTH = [
    ("fields.shape", FIELDS, "type: 'string'", field(type="string")),
    ("fields.shape", FIELDS, "neither true nor false", field(dimension="yes")),
    ("fields.shape", FIELDS, "is no mapping", append(*GROUP, "anthropic.usage.fresh")),
    ("fields.unique", FIELDS, "declared twice",
     append(*GROUP, {"name": "model", "type": "keyword", "description": "Again."})),
    ("pipelines.shape", PIPELINE, "key version at the top", put(PIPELINE, "version", 1)),
    ("pipelines.shape", PIPELINE, "not one processor", append(*STEP, {"set": {"tag": "x", "field": "labels", "value": "x"},
                                                                    "remove": {"tag": "y", "field": "labels"}})),
    ("pipelines.portable", PIPELINE, "processor enrich",
     append(*STEP, {"foreach": {"tag": "each", "field": "tags", "processor": {"enrich": {"policy_name": "x"}}}})),
]
