# SPDX-License-Identifier: Apache-2.0
"""A stream's ingest pipeline, of ingest_pipelines/_frame.yml, the stream's part and its fields; _frame.yml says how."""

import re
import textwrap

import stream_fields
import type_checks
from fault import PackageFault
from sources import load_yaml

FOLDER = "ingest_pipelines"
FRAME, PIPELINE = "_frame", "pipeline"
NAME = re.compile(r"\$([a-z_]+)")
ON_A_LINE = re.compile(r"^( *)\$([a-z_]+)(\n|\Z)", re.MULTILINE)


def of_stream(root, stream):
    """The pipeline as engines take it."""
    return _Filling(stream, _values(root, stream)).filled("$" + PIPELINE)


def _values(root, stream):
    """{name: (file that gives it, value)}; the stream's part comes last, and what comes later counts."""
    files, name, remedy = {}, stream, "say there what the store does with the stream's documents"
    while True:
        path = f"{FOLDER}/{name}.yml"
        content = load_yaml(root, path, remedy)
        if not isinstance(content, dict) or path in files:
            raise PackageFault(f"{path}: does not say what names stand for, or is 'of' itself; see {FOLDER}/{FRAME}.yml")
        files[path] = content
        if name == FRAME:
            break
        name, remedy = "_" + content.pop("of", FRAME[1:]), f"restore it, or correct 'of' in {path}"
    own = stream_fields.load(root, stream)
    found = {"stream": stream, "category": own.said("category") or "api",
             "names_to_check": type_checks.names(own), "checks": type_checks.statements(stream, own)}
    values = {name: (f"fields/{stream}.yml", value) for name, value in found.items()}
    for path, content in reversed(files.items()):
        values |= {name: (path, value) for name, value in content.items()}
    return values


class _Filling:
    """Puts values in place of names, in values that name others too."""

    def __init__(self, stream, values):
        self.part = f"{FOLDER}/{stream}.yml"
        self.values = values
        self.used = set()
        self.open = []  # names whose values are being made

    def filled(self, template):
        made = self._made(template)
        for name, (path, _) in self.values.items():
            if path == self.part and name not in self.used:
                raise PackageFault(f"{path}: nothing takes '{name}'; remove it, or correct 'of'")
        return made

    def _made(self, node):
        if isinstance(node, dict):
            return {key: self._made(value) for key, value in node.items()}
        if isinstance(node, list):
            return [item for entry in node for item in self._items(entry)]
        if not isinstance(node, str):
            return node
        whole = NAME.fullmatch(node)
        return self._value(whole[1]) if whole else self._text(node)

    def _items(self, entry):
        """What stands for one entry of a list: several, if it is a name and the name's value is a list."""
        made = self._made(entry)
        return made if isinstance(entry, str) and isinstance(made, list) else [made]

    def _text(self, text):
        def lines(found):
            value = self._value(found[2])
            return textwrap.indent(value, found[1]) + found[3] if value else ""

        made = NAME.sub(lambda found: str(self._value(found[1])), ON_A_LINE.sub(lines, text))
        return made if text.endswith("\n") else made.rstrip("\n")

    def _value(self, name):
        if name not in self.values:
            raise PackageFault(f"{self.part}: '{name}' is missing, which its pipeline needs; say what stands for ${name}")
        path, value = self.values[name]
        if name in self.open:
            raise PackageFault(f"{path}: '{name}' stands for itself; give it a value of its own")
        self.used.add(name)
        self.open.append(name)
        made = self._made(value)
        self.open.pop()
        return made
