# SPDX-License-Identifier: Apache-2.0
"""Packages with one thing changed that nobody thought of: a key or a file gone, one too many, a value of another type.

They follow from the seed. Whether a mutant is wrong is for the validators to say; ours may stumble over none.
"""

import copy
import json
import random

import yaml

from . import DUMPER, LOADER

FILES = ["manifest.yml", "validation.yml", "data_stream/usage/manifest.yml",
         "data_stream/usage/fields/fields.yml", "data_stream/usage/fields/base-fields.yml",
         "data_stream/usage/elasticsearch/ingest_pipeline/default.yml", "data_stream/usage/sample_event.json",
         "kibana/dashboard/anthropic_metrics-overview.json",
         "kibana/alerting_rule_template/anthropic_metrics-monthly-budget.json"]


def _nodes(value, keys=()):
    yield keys, value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _nodes(item, keys + (key,))


def _changes(root):
    """(what, keys, new value) of all that can be changed in a parsed file; None takes the key away."""
    for keys, value in _nodes(root):
        if isinstance(value, dict):
            yield "a key too many", keys + ("unheard_of",), "x"
        if not keys:
            continue
        if isinstance(keys[-1], str):
            yield "a key less", keys, None
        if isinstance(value, list):
            yield "an empty list", keys, []
        if isinstance(value, dict) or isinstance(value, (bool, int)):
            yield "text", keys, "zz"
        if not isinstance(value, (dict, list)):
            yield "a list", keys, ["x"]
        if isinstance(value, str):
            yield "an empty text", keys, ""
            yield "an odd text", keys, "Zz%/ 9"


def _applied(root, keys, value):
    root = copy.deepcopy(root)
    holder = root
    for key in keys[:-1]:
        holder = holder[key]
    if value is None:
        del holder[keys[-1]]
    else:
        holder[keys[-1]] = value
    return root


def some(files, number, seed):
    """(description, path, new content or None for a file taken away) of `number` mutants of {path: bytes}."""
    chance = random.Random(seed)
    parsed = {path: json.loads(files[path]) if path.endswith(".json") else yaml.load(files[path], Loader=LOADER)
              for path in FILES}
    changes = {path: list(_changes(root)) for path, root in parsed.items()}
    for _ in range(number):
        if chance.random() < 0.05:
            path = chance.choice(sorted(files))
            yield f"{path} taken away", path, None
            continue
        path = chance.choice(FILES)
        what, keys, value = chance.choice(changes[path])
        root = _applied(parsed[path], keys, value)
        if path.endswith(".json"):
            data = json.dumps(root)
        else:
            data = ("---\n" if files[path].startswith(b"---\n") else "") + yaml.dump(root, Dumper=DUMPER, sort_keys=False)
        yield f"{path}: {'.'.join(map(str, keys))}: {what}", path, data.encode("utf-8")
