# SPDX-License-Identifier: Apache-2.0
"""Shapes of YAML and JSON values, as small functions that are put together.

A shape is a function (value, place) -> iterator of (place, fact, remedy). Records are closed: a key that the
format does not know is an error there, so it is one here.
"""

import re


def text(pattern=None, choices=None, empty=False):
    def check(value, place):
        if not isinstance(value, str):
            yield place, f"{value!r} is no text", "write a string"
        elif not value.strip() and not empty:
            yield place, "is empty", "say something, or leave the key out"
        elif choices and value not in choices:
            yield place, f"{value!r} is not one of {', '.join(sorted(choices))}", "use one of them"
        elif pattern and not re.search(pattern, value):
            yield place, f"{value!r} does not match {pattern}", "write it in that form"
    return check


def flag(value, place):
    if not isinstance(value, bool):
        yield place, f"{value!r} is neither true nor false", "write true or false"


def whole(value, place):
    if isinstance(value, bool) or not isinstance(value, int):
        yield place, f"{value!r} is no whole number", "write a whole number"


def anything(value, place):
    yield from ()


def scalar(value, place):
    """What a variable may have as its default: text, whole number, flag, nothing, or lists of these."""
    if isinstance(value, list):
        for number_, item in enumerate(value):
            yield from scalar(item, f"{place}[{number_}]")
    elif isinstance(value, (dict, float)):
        yield place, f"{value!r} is not text, whole number, flag or a list of these", "write such a value, or quote it"


def items(check, least=0, unique=False):
    def check_list(value, place):
        if not isinstance(value, list):
            yield place, f"{value!r} is no list", "write a list"
            return
        if len(value) < least:
            yield place, f"has {len(value)} entries", f"give at least {least}"
        if unique and len({str(item) for item in value}) < len(value):
            yield place, "holds an entry twice", "keep one of them"
        for position, item in enumerate(value):
            yield from check(item, f"{place}[{position}]")
    return check_list


def record(required=(), /, **keys):
    """A closed record. A key whose name is no word is given as in record(**{'a-b': shape})."""
    def check(value, place):
        if not isinstance(value, dict):
            yield place, f"{value!r} is no mapping", "write a mapping"
            return
        for key in required:
            if key not in value:
                yield place, f"key {key} is missing", "add it"
        for key, item in value.items():
            below = f"{place}.{key}" if place else str(key)
            if key not in keys:
                yield below, f"key {key} is unknown here", f"remove it; known: {', '.join(sorted(keys))}"
            else:
                yield from keys[key](item, below)
    return check


def part(required=(), /, **keys):
    """An open record: the keys that are named here have their shapes, others may be anything."""
    keys = {**dict.fromkeys(required, anything), **keys}

    def check(value, place):
        known = {key: item for key, item in value.items() if key in keys} if isinstance(value, dict) else value
        yield from record(required, **keys)(known, place)
    return check


def mapping(check):
    """An open record whose values all have one shape."""
    def check_mapping(value, place):
        if not isinstance(value, dict):
            yield place, f"{value!r} is no mapping", "write a mapping"
            return
        for key, item in value.items():
            yield from check(item, f"{place}.{key}" if place else str(key))
    return check_mapping
