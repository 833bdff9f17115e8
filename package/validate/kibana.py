# SPDX-License-Identifier: Apache-2.0
"""Saved objects of Kibana, whatever their type: versions, titles, references, nested JSON, nobody's personal ids."""

import functools
import json
import re

from .finding import Finding
from .package import BUILT, SOURCE, entries, parse

# Places below "attributes" that Kibana keeps as JSON within a string; the source form shows them as what they are.
NESTED = [("controlGroupInput", "ignoreParentSettingsJSON"), ("controlGroupInput", "panelsJSON"),
          ("kibanaSavedObjectMeta", "searchSourceJSON"), ("layerListJSON",), ("mapStateJSON",), ("optionsJSON",),
          ("panelsJSON",), ("uiStateJSON",), ("visState",)]
PERSONAL_KEYS = {"created_by", "createdBy", "updated_by", "updatedBy", "created_at", "updated_at", "owner", "accessControl",
                 "originId",
                 "namespaces", "profile_uid"}
PERSONAL_VALUE = re.compile(r"^u_[A-Za-z0-9_-]{20,}$")
ROOT = {"id", "type", "attributes", "references", "managed", "coreMigrationVersion", "typeMigrationVersion"}


def objects(package, kind="*"):
    """(path, saved object) of every file below kibana/ that is one."""
    for path in package.paths(f"kibana/{kind}/*.json"):
        found = package.read(path)
        yield path, found if isinstance(found, dict) else {}


def _at(attributes, place):
    for key in place[:-1]:
        attributes = attributes.get(key) if isinstance(attributes, dict) else None
    return (attributes, place[-1]) if isinstance(attributes, dict) and place[-1] in attributes else (None, None)


def nested(saved):
    """(dotted place, value as the file has it) of nested JSON, that of embedded panels included."""
    attributes = saved.get("attributes")
    if not isinstance(attributes, dict):
        return
    for place in NESTED:
        holder, key = _at(attributes, place)
        if holder is not None:
            yield ".".join(place), holder[key]
    panels = attributes.get("panelsJSON")
    for number, panel in enumerate(entries(decode(panels))):
        inner = panel.get("embeddableConfig")
        for place, value in nested(inner) if isinstance(inner, dict) else ():
            yield f"panelsJSON[{number}].{place}", value


def decode(value):
    """Nested JSON as what it is; None if the string is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def attribute(saved, *place):
    """A nested attribute, decoded in either form; None if it is not there."""
    attributes = saved.get("attributes")
    holder, key = _at(attributes if isinstance(attributes, dict) else {}, place)
    return None if holder is None else decode(holder[key])


def references(saved):
    return [r for r in entries(saved.get("references")) if all(isinstance(r.get(k), str) for k in ("id", "type", "name"))]


def kinds(package):
    for path, saved in objects(package):
        folder = path.split("/")[1]
        if saved.get("type") != folder.replace("index_pattern", "index-pattern"):
            yield Finding(path, f"its type is {saved.get('type')}", f"write {folder}, or move the file")


def shape(package):
    for path, saved in objects(package):
        for key in sorted(saved.keys() - ROOT):
            yield Finding(path, f"key {key} of the saved object", f"keep {', '.join(sorted(ROOT))} only")
        for key in ("id", "type"):
            if not isinstance(saved.get(key), str):
                yield Finding(path, f"{key} is {saved.get(key)!r}", "write a string")
        if not isinstance(saved.get("attributes"), dict):
            yield Finding(path, "has no attributes", "write them")
        for key in ("coreMigrationVersion", "typeMigrationVersion"):
            if not re.match(r"^\d+\.\d+\.\d+$", str(saved.get(key))):
                yield Finding(path, f"{key} is {saved.get(key)!r}", "state it, so that Kibana knows which migrations to run")
        listed = saved.get("references", [])
        if not isinstance(listed, list) or len(references(saved)) != len(listed):
            yield Finding(path, "references are no list of id, type and name", "write each with these three")


def titles(package):
    seen = {}
    for path, saved in objects(package):
        attributes = saved.get("attributes") or {}
        title = attributes.get("title") or attributes.get("name")
        if not title:
            yield Finding(path, "has no title", "give it one")
        elif (path.split("/")[1], title) in seen:
            yield Finding(path, f"its title '{title}' is that of {seen[path.split('/')[1], title]}", "tell them apart")
        elif not attributes.get("description"):
            yield Finding(path, "has no description", "say what it is for; Kibana lists it beside the title")
        seen.setdefault((path.split("/")[1], title), path)


def reference_names(package):
    for path, saved in objects(package):
        names = [reference["name"] for reference in references(saved)]
        for doubled in sorted({n for n in names if names.count(n) > 1}):
            yield Finding(path, f"has two references named {doubled}", "name each reference once")


def form(package):
    for path, saved in objects(package):
        for place, value in nested(saved):
            if package.form == SOURCE and isinstance(value, str):
                yield Finding(path, f"{place} is a string", "write it as JSON; the build encodes it")
            elif package.form == BUILT and not isinstance(value, str):
                yield Finding(path, f"{place} is no string", "encode it; Kibana expects JSON within a string there")
            elif decode(value) is None:
                yield Finding(path, f"{place} holds no JSON", "correct it")


@functools.lru_cache(maxsize=256)
def _personal(path, data):
    """Places of a saved object that tell who exported it."""
    def walk(value, place):
        if isinstance(value, dict):
            for key, item in value.items():
                if key in PERSONAL_KEYS:
                    yield f"{place}{key}"
                yield from walk(item, f"{place}{key}.")
        elif isinstance(value, list):
            for item in value:
                yield from walk(item, place)
        elif isinstance(value, str):
            if PERSONAL_VALUE.match(value):
                yield place.rstrip(".")
            elif value[:1] in "[{" and (inner := decode(value)) is not None:
                yield from walk(inner, place)

    try:
        return sorted(set(walk(parse(path, data), "")))
    except ValueError:
        return []


def personal(package):
    for path, _ in objects(package):
        for place in _personal(path, package.files[path]):
            yield Finding(path, f"{place} belongs to whoever exported it", "remove it")


RULES = {
    "kibana.kinds": kinds,
    "kibana.shape": shape,
    "kibana.titles": titles,
    "kibana.reference_names": reference_names,
    "kibana.form": form,
    "kibana.personal": personal,
}
