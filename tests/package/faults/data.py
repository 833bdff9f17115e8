# SPDX-License-Identifier: Apache-2.0
"""Planted faults of field files and ingest pipelines."""

from . import append, drop, put, replace, together, altered

FIELDS, BASE = "data_stream/usage/fields/fields.yml", "data_stream/usage/fields/base-fields.yml"
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


def on_failure(alter):
    return altered(PIPELINE, lambda pipeline: alter(pipeline["on_failure"]))


def _without(needed):
    def alter(handlers):
        for handler in handlers:
            if "append" in handler and handler["append"]["field"] == "error.message":
                handler["append"]["value"] = handler["append"]["value"].replace(needed, "something")
    return on_failure(alter)


def _kind(handlers):
    for handler in handlers:
        if handler.get("set", {}).get("field") == "event.kind":
            handler["set"]["value"] = "event"


def _no_message(handlers):
    handlers[:] = [h for h in handlers if h.get("append", {}).get("field") != "error.message"]


def _condition(pipeline):
    for entry in pipeline["processors"]:
        if entry.get("rename", {}).get("field") == "message":
            entry["rename"]["if"] = "ctx.event == null"


def _must_be_there(pipeline):
    for entry in pipeline["processors"]:
        if entry.get("rename", {}).get("field") == "message":
            del entry["rename"]["ignore_missing"]


def _keep_message(pipeline):
    pipeline["processors"] = [entry for entry in pipeline["processors"] if entry.get("remove", {}).get("field") != "message"]


def _no_id(pipeline):
    for entry in pipeline["processors"]:
        if entry.get("set", {}).get("field") == "_id":
            entry["set"]["field"] = "labels"


def _first(alter):
    return altered(PIPELINE, lambda pipeline: alter(pipeline["processors"], next(iter(pipeline["processors"][0].values()))))


def _twice(processors, options):
    next(iter(processors[1].values()))["tag"] = options["tag"]


FAULTS = [
    ("fields.shape", FIELDS, "key colour is unknown", field(colour="blue")),
    ("fields.shape", FIELDS, "type: 'string'", field(type="string")),
    ("fields.shape", FIELDS, "unit: 'token'", field(type="long", unit="token")),
    ("fields.shape", FIELDS, "neither true nor false", field(dimension="yes")),
    ("fields.shape", FIELDS, "is no mapping", append(*GROUP, "anthropic.usage.fresh")),
    ("fields.required", "data_stream/usage/fields", "data_stream.type is not declared",
     drop(BASE, "data_stream.type")),
    ("fields.shape", FIELDS, "is no mapping", append(*GROUP, "anthropic.usage.fresh")),
    ("fields.required", "data_stream/usage/fields", "data_stream.dataset is keyword",
     put(BASE, "data_stream.dataset", "type", "keyword")),
    ("fields.unique", FIELDS, "declared twice",
     append(*GROUP, {"name": "model", "type": "keyword", "description": "Again."})),
    ("fields.unique", FIELDS, "parent of", together(append(FIELDS, {
        "name": "anthropic.usage.model.name", "type": "keyword", "description": "Below a field."}),
        documented("anthropic.usage.model.name"))),
    ("fields.count", "data_stream/usage/fields", "fields are declared", together(
        altered(FIELDS, lambda fields: fields.extend(
            {"name": f"labels.f{n}", "type": "keyword", "description": "One of many."} for n in range(2100))),
        documented(*[f"labels.f{n}" for n in range(2100)]))),
    ("fields.in_full", FIELDS, "taken from ecs", together(
        append(FIELDS, {"name": "host.name", "external": "ecs"}), documented("host.name"))),
    ("fields.in_full", FIELDS, "no type",
     together(append(FIELDS, {"name": "fresh", "description": "x"}), documented("fresh"))),
    ("fields.in_full", FIELDS, "no description", together(
        append(FIELDS, {"name": "fresh", "type": "keyword"}), documented("fresh"))),
    ("fields.groups", FIELDS, "has fields and type keyword", put(FIELDS, "anthropic.usage", "type", "keyword")),
    ("fields.groups", FIELDS, "group without fields", together(
        append(FIELDS, {"name": "fresh", "type": "group", "description": "x"}), documented("fresh"))),
    ("fields.groups", FIELDS, "group with metric_type", put(FIELDS, "anthropic.usage", "metric_type", "gauge")),
    ("fields.types", FIELDS, "date_format", field(date_format="yyyy")),
    ("fields.types", FIELDS, "without object_type", field(type="object")),
    ("fields.types", FIELDS, "keyword with object_type", field(object_type="long")),
    ("fields.types", FIELDS, "without scaling_factor", field(type="scaled_float")),
    ("fields.types", FIELDS, "with a value", field(value="x")),
    ("fields.types", FIELDS, "without a value", field(type="constant_keyword")),
    ("fields.metrics", FIELDS, "keyword with metric_type", field(metric_type="gauge")),
    ("fields.metrics", FIELDS, "keyword with unit", field(unit="byte")),
    ("fields.metrics", FIELDS, "date and a dimension", field(type="date", dimension=True)),
    ("fields.metrics", FIELDS, "dimension and a metric", field(type="long", dimension=True, metric_type="gauge")),
    ("fields.money", FIELDS, "names no unit", together(append(*GROUP, {
        "name": "list_price", "type": "double", "description": "What it costs."}),
        documented("anthropic.usage.list_price"))),
    ("pipelines.shape", PIPELINE, "key version at the top", put(PIPELINE, "version", 1)),
    ("pipelines.shape", PIPELINE, "not one processor", append(*STEP, {"set": {"tag": "x", "field": "labels", "value": "x"},
                                                                    "remove": {"tag": "y", "field": "labels"}})),
    ("pipelines.portable", PIPELINE, "processor terminate", append(*STEP, {"terminate": {"tag": "stop"}})),
    ("pipelines.portable", PIPELINE, "processor fingerprint",
     append(*STEP, {"fingerprint": {"tag": "hash", "fields": ["message"]}})),
    ("pipelines.portable", PIPELINE, "copy_from",
     append(*STEP, {"set": {"tag": "copy", "field": "labels", "value": "x", "copy_from": "event.id"}})),
    ("pipelines.portable", PIPELINE, "has no value", append(*STEP, {"set": {"tag": "empty", "field": "labels"}})),
    ("pipelines.portable", PIPELINE, "processor enrich",
     append(*STEP, {"foreach": {"tag": "each", "field": "tags", "processor": {"enrich": {"policy_name": "x"}}}})),
    ("pipelines.tags", PIPELINE, "has no tag", _first(lambda processors, options: options.pop("tag"))),
    ("pipelines.tags", PIPELINE, "has no tag", _first(lambda processors, options: options.update(tag=""))),
    ("pipelines.tags", PIPELINE, "stands twice", _first(_twice)),
    ("pipelines.tags", PIPELINE, "has no tag", _first(
        lambda processors, options: options.update(on_failure=[{"set": {"field": "labels", "value": "x"}}]))),
    ("pipelines.failures", PIPELINE, "event.kind", on_failure(_kind)),
    ("pipelines.failures", PIPELINE, "does not set error.message", on_failure(_no_message)),
    ("pipelines.failures", PIPELINE, "_ingest.pipeline", _without("_ingest.pipeline")),
    ("pipelines.failures", PIPELINE, "_ingest.on_failure_processor_tag", _without("_ingest.on_failure_processor_tag")),
    ("pipelines.original", PIPELINE, "ctx.event == null", altered(PIPELINE, _condition)),
    ("pipelines.original", PIPELINE, "without ignore_missing", altered(PIPELINE, _must_be_there)),
    ("pipelines.original", PIPELINE, "not removed", altered(PIPELINE, _keep_message)),
    ("pipelines.identity", PIPELINE, "_id", altered(PIPELINE, _no_id)),
]
