# SPDX-License-Identifier: Apache-2.0
"""Field files: closed attributes, types that fit together, each field once, all of them defined in full."""

import re

from .finding import Finding
from .package import entries
from .shape import anything, flag, items, record, text, whole

TEXTS = {"text", "match_only_text", "keyword", "constant_keyword", "wildcard", "version"}
WHOLE = {"long", "integer", "short", "byte", "unsigned_long"}
NUMBERS = WHOLE | {"double", "float", "half_float", "scaled_float"}
RANGES = {"integer_range", "float_range", "long_range", "double_range", "date_range", "ip_range"}
OTHERS = {"date", "date_nanos", "boolean", "binary", "geo_point", "geo_shape", "ip", "flattened", "histogram", "alias",
          "aggregate_metric_double", "counted_keyword", "semantic_text"}
TYPES = TEXTS | NUMBERS | RANGES | OTHERS | {"group", "nested", "object"}
NAME = r"^[-*_/@A-Za-z0-9]+(\.[-*_/@A-Za-z0-9]+)*$"
METRICS, UNITS = {"counter", "gauge"}, {"byte", "percent", "d", "h", "m", "s", "ms", "micros", "nanos"}
# Shapes of the attributes that are not looked at further stand for "known".
ATTRIBUTES = dict(
    name=text(NAME), type=text(choices=TYPES), description=text(), expected_values=items(text()), value=text(),
    metric_type=text(choices=METRICS), unit=text(choices=UNITS), date_format=text(), dimension=flag, pattern=text(),
    external=text(choices={"ecs"}), doc_values=flag, index=flag, store=flag, copy_to=text(), enabled=flag,
    scaling_factor=whole, analyzer=text(), search_analyzer=text(), ignore_malformed=flag, ignore_above=whole,
    object_type=text(),
    object_type_mapping_type=text(), path=text(), normalize=items(text(choices={"array"})), normalizer=text(),
    include_in_parent=flag, include_in_root=flag, subobjects=flag,
    **dict.fromkeys(("fields", "example", "dynamic", "multi_fields", "null_value", "runtime", "level", "group", "footnote",
                     "format", "title", "default_field", "norms"), anything))
ENTRY = record(["name"], **ATTRIBUTES)
DIMENSIONS = {"keyword", "constant_keyword", "ip"} | NUMBERS
REQUIRED = {"data_stream.type": "constant_keyword", "data_stream.dataset": "constant_keyword",
            "data_stream.namespace": "constant_keyword", "@timestamp": "date"}
MOST = 2048


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


def required(package):
    for stream in package.streams():
        found = declared(package, stream)
        for name, kind in REQUIRED.items():
            if name not in found:
                yield Finding(f"data_stream/{stream}/fields", f"{name} is not declared", f"declare it as {kind}")
            elif found[name].get("type") != kind:
                yield Finding(f"data_stream/{stream}/fields", f"{name} is {found[name].get('type')}",
                              f"declare it as {kind}")


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


def count(package):
    for stream in package.streams():
        number = len(declared(package, stream))
        if number > MOST:
            yield Finding(f"data_stream/{stream}/fields", f"{number} fields are declared", f"stay below {MOST}")


def in_full(package):
    """Definitions taken from elsewhere would need the network when the package is built."""
    for path, name, entry, leaf in every(package):
        if "external" in entry:
            yield Finding(path, f"{name} is taken from {entry['external']}", "define it here in full")
            continue
        if "type" not in entry:
            yield Finding(path, f"{name} has no type", "state one")
        if leaf and not entry.get("description"):
            yield Finding(path, f"{name} has no description", "say what it holds")


def groups(package):
    for path, name, entry, leaf in every(package):
        kind = entry.get("type")
        if not leaf and kind not in ("group", "nested"):
            yield Finding(path, f"{name} has fields and type {kind}", "make it a group")
        if leaf and kind == "group":
            yield Finding(path, f"{name} is a group without fields", "list them, or give it the type of its value")
        for attribute in ("unit", "metric_type", "dimension") if kind == "group" else ():
            if attribute in entry:
                yield Finding(path, f"{name} is a group with {attribute}", "put it at the fields within")


def types(package):
    for path, name, entry, _ in every(package):
        kind = entry.get("type")
        if "date_format" in entry and kind not in ("date", "date_nanos"):
            yield Finding(path, f"{name} is {kind} with date_format", "make it a date, or remove the format")
        if kind == "object" and "object_type" not in entry and entry.get("enabled") is not False:
            yield Finding(path, f"{name} is an object without object_type", "state object_type, or enabled: false")
        if "object_type" in entry and kind != "object":
            yield Finding(path, f"{name} is {kind} with object_type", "make it an object, or remove object_type")
        if kind == "scaled_float" and "scaling_factor" not in entry:
            yield Finding(path, f"{name} is scaled_float without scaling_factor", "state one")
        if "value" in entry and kind != "constant_keyword":
            yield Finding(path, f"{name} is {kind} with a value", "make it constant_keyword, or remove the value")
        if kind == "constant_keyword" and "value" not in entry and name not in REQUIRED:
            yield Finding(path, f"{name} is constant_keyword without a value", "state it; other stores demand one")


def metrics(package):
    for path, name, entry, _ in every(package):
        kind = entry.get("type")
        if kind == "group":
            continue  # groups says so
        if "metric_type" in entry and kind not in NUMBERS | {"histogram", "aggregate_metric_double", "object"}:
            yield Finding(path, f"{name} is {kind} with metric_type {entry['metric_type']}",
                          "make it a number, or remove metric_type")
        if "unit" in entry and kind not in NUMBERS:
            yield Finding(path, f"{name} is {kind} with unit {entry['unit']}", "make it a number, or remove the unit")
        if entry.get("dimension") and kind not in DIMENSIONS:
            yield Finding(path, f"{name} is {kind} and a dimension", "dimensions are keywords, numbers or addresses")
        if entry.get("dimension") and "metric_type" in entry:
            yield Finding(path, f"{name} is a dimension and a metric", "choose one")
    for stream, manifest in package.streams().items():
        mode = (manifest.get("elasticsearch") or {}).get("index_mode")
        if mode == "time_series" and not any(entry.get("dimension") for entry in declared(package, stream).values()):
            yield Finding(f"data_stream/{stream}/manifest.yml", "index_mode is time_series and no field is a dimension",
                          "mark dimensions")


def money(package):
    """An amount without its unit is read as dollars by one and as cents by the other."""
    for path, name, entry, leaf in every(package):
        if leaf and re.search(r"(amount|cost|spend|price)", name.rpartition(".")[2]) and entry.get("type") in NUMBERS \
                and not re.search(r"\b(cents?|USD|dollars?)\b", str(entry.get("description")), re.IGNORECASE):
            yield Finding(path, f"{name} holds money and its description names no unit",
                          "say cents, or the currency's unit it is in")


RULES = {
    "fields.shape": shape,
    "fields.required": required,
    "fields.unique": unique,
    "fields.count": count,
    "fields.in_full": in_full,
    "fields.groups": groups,
    "fields.types": types,
    "fields.metrics": metrics,
    "fields.money": money,
}
