# SPDX-License-Identifier: Apache-2.0
"""The settings tables of docs/configuration.md, made from the schema that the library describes, which follows from the
table in plugin/settings.

Between "<!-- settings POINTER -->" and "<!-- end -->" stands the table of the object at POINTER; for
"/streams/*", a section for each stream.
"""

import json
import re

import tree

PAGE = "docs/configuration.md"
PART = re.compile(r"(<!-- settings (?P<pointer>\S+) -->\n)(?P<table>.*?)(<!-- end -->)", re.DOTALL)


def shown(value):
    """A value as it is written in YAML on one line."""
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"


def kind(key, definitions):
    if "$ref" in key:
        return key["$ref"].rpartition("/")[2]
    if "enum" in key:
        return " \\| ".join(f"`{value}`" for value in key["enum"])
    if key.get("type") == "array":
        return "list"
    return key["type"]


def table(schema, pointer):
    place = schema
    for step in [step for step in pointer.split("/") if step]:
        place = place["properties"][step]
    lines = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, key in place["properties"].items():
        if key.get("type") == "object":
            continue  # has a table of its own
        default = shown(key["default"]) if "default" in key else ""
        meaning = key["description"].replace("|", "\\|")
        low, high = key.get("x-minimum"), key.get("x-maximum")
        if low:
            meaning += f" From `{low}` to `{high}`."
        lines.append(f"| `{name}` | {kind(key, schema['$defs'])} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def streams(schema):
    sections = []
    for name, stream in schema["properties"]["streams"]["properties"].items():
        sections.append(f"\n### Stream `{name}`\n\n{stream['description']}\n\n{table(schema, '/streams/' + name)}")
    return "".join(sections)


def part_of(schema, pointer):
    return streams(schema) if pointer == "/streams/*" else table(schema, pointer)


def rendered():
    schema = tree.configuration_schema()
    return PART.sub(lambda part: part.group(1) + part_of(schema, part.group("pointer")) + part.group(4), tree.read(PAGE))
