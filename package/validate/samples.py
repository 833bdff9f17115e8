# SPDX-License-Identifier: Apache-2.0
"""Sample events are documents of their data stream: declared fields, of the declared type, with the constants stated."""

import re

from .fields import NUMBERS, REQUIRED, TEXTS, WHOLE, declared
from .finding import Finding

DATE = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")


def leaves(value, prefix=""):
    """(dotted name, scalar) of every leaf; arrays are unfolded without an index, as a store does."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, prefix)
    else:
        yield prefix, value


def fits(kind, value):
    """Whether a JSON value is what a field of the type holds; true for types that take several forms."""
    if kind in TEXTS or kind == "ip":
        return isinstance(value, str)
    if kind in WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in NUMBERS:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("date", "date_nanos"):
        return isinstance(value, str) and bool(DATE.match(value))
    return True


def samples(package):
    for path in package.paths("data_stream/*/sample_event*.json"):
        found = package.read(path)
        if isinstance(found, dict):
            yield path, path.split("/")[1], found


def fields(package):
    for path, stream, event in samples(package):
        known = declared(package, stream)
        for name, value in leaves(event):
            if name not in known and name in REQUIRED:
                continue  # fields.required says so
            if name not in known:
                yield Finding(path, f"{name} is declared in no field file of {stream}",
                              "declare it or take a newer document")
            elif value is not None and not fits(known[name].get("type"), value):
                yield Finding(path, f"{name} is {value!r} and declared as {known[name].get('type')}",
                              "correct the type or the document")
            elif "value" in known[name] and value != known[name]["value"]:
                yield Finding(path, f"{name} is {value!r} and declared to be {known[name]['value']!r}",
                              "correct one of them")


def identity(package):
    for path, stream, event in samples(package):
        part = dict(leaves(event))
        manifest = package.streams()[stream]
        for name, wanted in (("data_stream.type", manifest.get("type")), ("data_stream.dataset", package.dataset(stream)),
                             ("event.dataset", package.dataset(stream))):
            if part.get(name) != wanted:
                yield Finding(path, f"{name} is {part.get(name)!r}", f"take a document of {wanted}")
        if not isinstance(event.get("@timestamp"), str):
            yield Finding(path, "has no @timestamp", "take a whole document")


RULES = {
    "samples.fields": fields,
    "samples.identity": identity,
}
