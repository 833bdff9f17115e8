# SPDX-License-Identifier: Apache-2.0
"""Faults to plant into the real package, each with the rule that has to find it.

Tables in each module hold (rule, path, part of the fact, change): FAULTS what our validator alone finds, BOTH what the
official one finds too. A change is a function that takes an Edit of the package; those below say most of them. One fault
makes one finding, so that a message leads to its cause.
"""

import json

import yaml


# The C library behind the same classes, where it is there: faults are planted by the hundred.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Edit:
    """A copy of the package's files to plant a fault into; nothing reaches the disk."""

    def __init__(self, files):
        self.files = dict(files)

    def load(self, path):
        data = self.files[path].decode("utf-8")
        return json.loads(data) if path.endswith(".json") else yaml.load(data, Loader=LOADER)

    def store(self, path, value):
        if path.endswith(".json"):
            self.files[path] = json.dumps(value).encode("utf-8")
        else:
            dashes = "---\n" if self.files.get(path, b"").startswith(b"---\n") else ""
            self.files[path] = (dashes + yaml.dump(value, Dumper=DUMPER, sort_keys=False)).encode("utf-8")


def _step(value, key):
    """An element of a list is found by its position, or by what names it."""
    if not isinstance(value, list) or isinstance(key, int):
        return value[key]
    for item in value:
        inner = next(iter(item.values())) if len(item) == 1 else item
        for candidate in (item, inner):
            if isinstance(candidate,
                          dict) and key in [candidate.get(k) for k in ("name", "input", "type", "tag", "columnId")]:
                return item
    raise KeyError(f"no entry {key}")


def _down(value, keys):
    for key in keys:
        value = _step(value, key)
    return value


def put(path, *keys_and_value):
    """Sets what the keys lead to; the last argument is the value."""
    *keys, last, value = keys_and_value

    def change(edit):
        root = edit.load(path)
        _down(root, keys)[last] = value
        edit.store(path, root)
    return change


def drop(path, *keys):
    def change(edit):
        root = edit.load(path)
        holder = _down(root, keys[:-1])
        if isinstance(holder, list):
            holder.remove(_step(holder, keys[-1]))
        else:
            del holder[keys[-1]]
        edit.store(path, root)
    return change


def append(path, *keys_and_value):
    *keys, value = keys_and_value

    def change(edit):
        root = edit.load(path)
        _down(root, keys).append(value)
        edit.store(path, root)
    return change


def remove(path):
    def change(edit):
        del edit.files[path]
    return change


def add(path, data=b"something\n"):
    def change(edit):
        edit.files[path] = data
    return change


def extend(path, text):
    """Adds text at the end of a file."""
    def change(edit):
        edit.files[path] += text.encode("utf-8")
    return change


def replace(path, old, new):
    """Exchanges text of a file; the text has to be there."""
    def change(edit):
        data = edit.files[path]
        assert old.encode() in data, f"{path} does not hold {old!r}"
        edit.files[path] = data.replace(old.encode(), new.encode(), 1)
    return change


def altered(path, alter):
    """Hands the parsed file to a function that alters it in place."""
    def change(edit):
        root = edit.load(path)
        alter(root)
        edit.store(path, root)
    return change


def together(*changes):
    def change(edit):
        for one in changes:
            one(edit)
    return change
