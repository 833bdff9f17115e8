# SPDX-License-Identifier: Apache-2.0
"""Ingest pipelines: processors that both engines have, finished documents, the id of the document."""

import re

from .finding import Finding
from .package import entries

TOP = {"description", "processors", "on_failure"}
# Processors that Elasticsearch and OpenSearch share: the options each needs, and those it may have in both.
OPTIONS = {
    "append": ("field value", "allow_duplicates"),
    "convert": ("field type", "target_field ignore_missing"),
    "date": ("field formats", "target_field timezone locale output_format"),
    "drop": ("", ""),
    "fail": ("message", ""),
    "foreach": ("field processor", "ignore_missing"),
    "grok": ("field patterns", "pattern_definitions trace_match ignore_missing"),
    "gsub": ("field pattern replacement", "target_field ignore_missing"),
    "join": ("field separator", "target_field"),
    "json": ("field", "target_field add_to_root"),
    "kv": ("field field_split value_split",
           "target_field include_keys exclude_keys ignore_missing prefix trim_key trim_value"),
    "lowercase": ("field", "target_field ignore_missing"),
    "pipeline": ("name", ""),
    "remove": ("field", "ignore_missing"),
    "rename": ("field target_field", "ignore_missing"),
    "script": ("source", "lang params"),
    "set": ("field value", "override ignore_empty_value"),
    "split": ("field separator", "target_field ignore_missing preserve_trailing"),
    "trim": ("field", "target_field ignore_missing"),
    "uppercase": ("field", "target_field ignore_missing"),
}
EVERYWHERE = {"tag", "description", "if", "ignore_failure", "on_failure"}


def pipelines(package):
    for pattern in ("data_stream/*/elasticsearch/ingest_pipeline/*", "elasticsearch/ingest_pipeline/*"):
        for path in package.paths(pattern):
            found = package.read(path)
            yield path, found if isinstance(found, dict) else {}


def steps(processors):
    """(kind, options) of each entry that has the form of a processor."""
    for entry in entries(processors):
        for kind, options in entry.items():
            yield kind, options if isinstance(options, dict) else {}


def deep(processors):
    """Every processor, those that handle a processor's failure included, in the order of the file."""
    for kind, options in steps(processors):
        yield from deep(options.get("on_failure"))
        yield kind, options


def shape(package):
    for path, pipeline in pipelines(package):
        for key in sorted(pipeline.keys() - TOP):
            yield Finding(path, f"key {key} at the top", f"the format allows {', '.join(sorted(TOP))}")
        for key in ("processors", "on_failure"):
            if not isinstance(pipeline.get(key), list) or not pipeline[key]:
                yield Finding(path, f"{key} is missing or no list", "list processors there")
                continue
            for number, entry in enumerate(pipeline[key], 1):
                if not isinstance(entry, dict) or len(entry) != 1 or not isinstance(next(iter(entry.values())), dict):
                    yield Finding(path, f"{key}, entry {number}: {str(entry)[:80]} is not one processor with its options",
                                  "write one processor in each entry")


def portable(package):
    """An option that one of the engines does not know keeps the whole pipeline from being installed there."""
    for path, pipeline in pipelines(package):
        for kind, options in [*deep(pipeline.get("processors")), *steps(pipeline.get("on_failure"))]:
            inner = [(kind, options), *steps([options.get("processor")] if kind == "foreach" else [])]
            for name, given in inner:
                if name not in OPTIONS:
                    yield Finding(path, f"processor {name} is not in both engines", f"use {', '.join(OPTIONS)}")
                    continue
                needed, further = (set(words.split()) for words in OPTIONS[name])
                place = f"{name} {given.get('tag') or ''}".strip()
                for option in sorted(needed - given.keys()):
                    yield Finding(path, f"{place} has no {option}", "add it")
                for option in sorted(given.keys() - needed - further - EVERYWHERE):
                    yield Finding(path, f"{place} with {option}, which is not in both engines", "write it otherwise")


def original(package):
    """Documents that come finished have no message to keep."""
    for path, pipeline in pipelines(package):
        for kind, options in steps(pipeline.get("processors")):
            if kind == "rename" and options.get("field") == "message" and options.get("ignore_missing") is not True:
                yield Finding(path, "message is renamed without ignore_missing", "set it; finished documents have no message")


def identity(package):
    """The id of the document is the event's: without this step a repeat would count twice."""
    for path, pipeline in pipelines(package):
        if not path.endswith("/default.yml"):
            continue
        if not any(kind == "set" and options.get("field") == "_id" and re.search(r"\bevent\.id\b", str(options.get("value")))
                   for kind, options in steps(pipeline.get("processors"))):
            yield Finding(path, "does not set _id from event.id", "add the processor set, so that a repeat meets its own id")


RULES = {
    "pipelines.shape": shape,
    "pipelines.portable": portable,
    "pipelines.original": original,
    "pipelines.identity": identity,
}
