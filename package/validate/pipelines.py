# SPDX-License-Identifier: Apache-2.0
"""Ingest pipelines: processors both engines have, tags, visible failures, the handling of event.original."""

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
MENTIONED = ["_ingest.on_failure_processor_type", "_ingest.on_failure_processor_tag", "_ingest.on_failure_message",
             "_ingest.pipeline"]
ABSENT, PRESENT = "ctx.event?.original == null", "ctx.event?.original != null"


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


def tags(package):
    for path, pipeline in pipelines(package):
        seen = set()
        for kind, options in deep(pipeline.get("processors")):
            tag = options.get("tag")
            if not isinstance(tag, str) or not tag:
                yield Finding(path, f"a {kind} of {options.get('field') or options.get('description') or '...'} has no tag",
                              "give it one; failures are named after it")
                continue
            if tag in seen:
                yield Finding(path, f"tag {tag} stands twice", "make it unique in the file")
            seen.add(tag)


def failures(package):
    """The first handler of each kind is what the format looks at, so it is what we look at."""
    for path, pipeline in pipelines(package):
        handlers = list(steps(pipeline.get("on_failure")))
        kinds = [options for kind, options in handlers if kind == "set" and options.get("field") == "event.kind"]
        if not kinds or kinds[0].get("value") != "pipeline_error":
            yield Finding(path, "on_failure does not set event.kind to pipeline_error", "add the processor set")
        texts = [options for kind, options in handlers
                 if kind in ("set", "append") and options.get("field") == "error.message"]
        if not texts:
            yield Finding(path, "on_failure does not set error.message",
                          "name the processor's type and tag, the message and the pipeline")
            continue
        for needed in MENTIONED:
            if needed not in str(texts[0].get("value")):
                yield Finding(path, f"error.message of on_failure lacks {needed}",
                              "mention it, so that a failure can be found")


def original(package):
    """The format matches these conditions letter by letter."""
    for path, pipeline in pipelines(package):
        found = list(steps(pipeline.get("processors")))
        renames = [n for n, (kind, o) in enumerate(found)
                   if kind == "rename" and o.get("field") == "message" and o.get("target_field") == "event.original"]
        if not renames:
            continue
        rename = found[renames[0]][1]
        if rename.get("if") != ABSENT:
            yield Finding(path, f"message is renamed to event.original if {rename.get('if')!r}", f"write if: {ABSENT}")
        if rename.get("ignore_missing") is not True:
            yield Finding(path, "message is renamed without ignore_missing", "set it; finished documents have no message")
        removes = [o for kind, o in found[renames[0]:] if kind == "remove" and "message" in (o["field"] if isinstance(
            o.get("field"), list) else [o.get("field")])]
        if not any(o.get("if") == PRESENT and o.get("ignore_missing") is True for o in removes):
            yield Finding(path, "message is renamed and not removed where event.original was there",
                          f"add a remove of message with ignore_missing: true and if: {PRESENT}")


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
    "pipelines.tags": tags,
    "pipelines.failures": failures,
    "pipelines.original": original,
    "pipelines.identity": identity,
}
