# SPDX-License-Identifier: Apache-2.0
"""Field files: types that exist and fit together, each field once, all of them explained, money with its unit."""

import re

from .finding import Finding
from .package import entries
from .shape import flag, part, text

TEXTS = {"text", "match_only_text", "keyword", "constant_keyword", "wildcard", "version"}
WHOLE = {"long", "integer", "short", "byte", "unsigned_long"}
NUMBERS = WHOLE | {"double", "float", "half_float", "scaled_float"}
RANGES = {"integer_range", "float_range", "long_range", "double_range", "date_range", "ip_range"}
OTHERS = {"date", "date_nanos", "boolean", "binary", "geo_point", "geo_shape", "ip", "flattened", "histogram", "alias",
          "aggregate_metric_double", "counted_keyword", "semantic_text"}
TYPES = TEXTS | NUMBERS | RANGES | OTHERS | {"group", "nested", "object"}
METRICS = {"counter", "gauge"}
ENTRY = part(["name"], name=text(), type=text(choices=TYPES), metric_type=text(choices=METRICS), dimension=flag,
             value=text(), description=text())
FLEETS = {"data_stream.type", "data_stream.dataset", "data_stream.namespace"}  # Fleet gives them their values


def walk(package, stream):
    """(path, dotted name, entry, is leaf) of every entry of a stream's field files, groups included."""
    def descend(path, listed, prefix):
        for entry in entries(listed):
            name = prefix + str(entry.get("name"))
            below = entry.get("fields")
            yield path, name, entry, not isinstance(below, list)
            if isinstance(below, list):
                yield from descend(path, below, name + ".")

    for path in package.paths(f"data_stream/{stream}/fields/*.yml"):
        yield from descend(path, package.read(path), "")


def every(package):
    for stream in package.streams():
        yield from walk(package, stream)


def declared(package, stream):
    """{dotted name: entry} of a stream's leaves."""
    return package.once(("declared", stream), lambda: {
        name: entry for _, name, entry, leaf in walk(package, stream) if leaf})


def _no_fields(listed, place):
    if not isinstance(listed, list):
        yield place, f"{listed!r} is no list", "write a list of fields"
        return
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict):
            yield f"{place}[{number}]", f"{entry!r} is no mapping", "write a field with its name"
        elif "fields" in entry:
            yield from _no_fields(entry["fields"], f"{place}[{number}].fields")


def shape(package):
    for path in package.paths("data_stream/*/fields/*.yml"):
        for place, fact, remedy in _no_fields(package.read(path) or [], ""):
            yield Finding(path, f"{place}: {fact}" if place else fact, remedy)
    for path, name, entry, _ in every(package):
        for place, fact, remedy in ENTRY(entry, ""):
            yield Finding(path, f"{name}: {place}: {fact}" if place else f"{name}: {fact}", remedy)


def unique(package):
    for stream in package.streams():
        seen = {}
        for path, name, _, leaf in walk(package, stream):
            if leaf and name in seen:
                yield Finding(path, f"{name} is declared twice, first in {seen[name]}", "keep one")
            seen.setdefault(name, path) if leaf else None
        names = sorted(seen)
        for first, second in zip(names, names[1:]):
            if second.startswith(first + "."):
                yield Finding(seen[first], f"{first} is a field and the parent of {second}",
                              "rename one; a store maps it as one or the other")


def in_full(package):
    for path, name, entry, leaf in every(package):
        if "type" not in entry and "external" not in entry:
            yield Finding(path, f"{name} has no type", "state one")
        if leaf and not entry.get("description"):
            yield Finding(path, f"{name} has no description", "say what it holds")


def types(package):
    for path, name, entry, leaf in every(package):
        kind = entry.get("type")
        if leaf and kind == "group":
            yield Finding(path, f"{name} is a group without fields", "list them, or give it the type of its value")
        if kind == "scaled_float" and "scaling_factor" not in entry:
            yield Finding(path, f"{name} is scaled_float without scaling_factor", "state one")
        if "value" in entry and kind != "constant_keyword":
            yield Finding(path, f"{name} is {kind} with a value", "make it constant_keyword, or remove the value")
        if kind == "constant_keyword" and "value" not in entry and name not in FLEETS:
            yield Finding(path, f"{name} is constant_keyword without a value", "state it; other stores demand one")


def metrics(package):
    for path, name, entry, _ in every(package):
        if "unit" in entry and entry.get("type") not in NUMBERS | {"group"}:
            yield Finding(path, f"{name} is {entry.get('type')} with unit {entry['unit']}",
                          "make it a number, or remove the unit")
        if entry.get("dimension") and "metric_type" in entry:
            yield Finding(path, f"{name} is a dimension and a metric", "choose one")


def money(package):
    """An amount without its unit is read as dollars by one and as cents by the other."""
    for path, name, entry, leaf in every(package):
        if leaf and re.search(r"(amount|cost|spend|price)", name.rpartition(".")[2]) and entry.get("type") in NUMBERS \
                and not re.search(r"\b(cents?|USD|dollars?)\b", str(entry.get("description")), re.IGNORECASE):
            yield Finding(path, f"{name} holds money and its description names no unit",
                          "say cents, or the currency's unit it is in")


RULES = {
    "fields.shape": shape,
    "fields.unique": unique,
    "fields.in_full": in_full,
    "fields.types": types,
    "fields.metrics": metrics,
    "fields.money": money,
}
