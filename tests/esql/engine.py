# SPDX-License-Identifier: Apache-2.0
"""Runs an ES|QL query over documents, as Elasticsearch 9.4 would: run(query, documents, now).

Documents are the NDJSON documents of the data streams. Their fields have the types that fields/*.yml
declares; a field that is not declared there does not exist. Only what Elasticsearch documents is
relied on; what this evaluator does not know raises NotSupported instead of guessing.
"""

import fnmatch
import importlib
import pathlib

import yaml

import parse
import values
import zones
from bound import Context
from commands import COMMANDS, Table, row_command
from syntax import EsqlError, From, Limit, NotSupported, Row, Set, VerificationFault  # callers catch engine.EsqlError

for module in ("dates", "functions", "multivalues", "operators"):
    importlib.import_module(module)  # each registers its functions

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_LIMIT, GREATEST_LIMIT = 1000, 10_000
TYPES = {
    "constant_keyword": "keyword",
    "keyword": "keyword",
    "text": "text",
    "long": "long",
    "double": "double",
    "date": "date",
    "boolean": "boolean",
    "integer": "integer",
}
METADATA = {"_index": "keyword", "_id": "keyword"}


def declared(stream):
    """{dotted name: (type, constant value or None)} of a stream, from fields/."""
    found = {}

    def walk(entries, prefix):
        for entry in entries:
            name = prefix + entry["name"]
            if entry["type"] in ("group", "nested"):
                walk(entry.get("fields", []), name + ".")
            else:
                found[name] = (TYPES[entry["type"]], entry.get("value"))

    for name in ("base", stream):
        walk(yaml.safe_load((ROOT / "fields" / f"{name}.yml").read_text(encoding="utf-8")), "")
    return found


STREAMS = {path.stem: declared(path.stem) for path in sorted((ROOT / "fields").glob("*.yml")) if path.stem != "base"}


class Store:
    """Documents as a store holds them. Made once, it can be queried many times.

    A data stream exists from its first document on; before, its fields are unknown. `streams` are
    those that exist, all that fields/ declares if nothing else is said.
    """

    def __init__(self, documents=(), streams=None):
        self.records = []  # (index, stream, {column: value})
        self.streams = set(STREAMS if streams is None else streams)
        for document in documents:
            self.add(document)

    def add(self, document):
        stream = document["data_stream"]["dataset"].rpartition(".")[2]
        index = "metrics-{dataset}-{namespace}".format(**document["data_stream"])
        if stream not in STREAMS:
            raise ValueError(f"{index}: fields/ has no file for the stream {stream!r}; name one of {', '.join(STREAMS)}")
        record = {name: constant for name, (_, constant) in STREAMS[stream].items() if constant is not None}
        collected = {}
        flatten(document, "", collected)
        for name, found in collected.items():
            if name in STREAMS[stream]:
                record[name] = stored(found, STREAMS[stream][name][0], name)
        record["_index"], record["_id"] = index, record.get("event.id")
        self.records.append((index, stream, record))

    def window(self, field, after, until):
        """The documents with after < field <= until, in milliseconds."""
        part = Store(streams=self.streams)
        part.records = [r for r in self.records if r[2].get(field) is not None and after < r[2][field] <= until]
        return part


def flatten(value, prefix, out):
    if isinstance(value, dict):
        for key, item in value.items():
            flatten(item, f"{prefix}.{key}" if prefix else key, out)
    elif isinstance(value, list):
        for item in value:
            flatten(item, prefix, out)
    elif value is not None:
        out.setdefault(prefix, []).append(value)


def stored(found, kind, name):
    """As doc values give it back: texts sorted and each once, numbers sorted."""
    expected = {"long": int, "integer": int, "double": (int, float), "boolean": bool}.get(kind, str)
    for value in found:
        if not isinstance(value, expected) or isinstance(value, bool) != (kind == "boolean"):
            raise ValueError(f"{name} is {value!r}, and fields/ says {kind}; a store would refuse the document")
    if kind == "date":
        found = [values.parse_date(value) for value in found]
    elif kind == "double":
        found = [float(value) for value in found]
    elif kind == "keyword":
        found = set(found)
    return values.gathered(sorted(found))


class Result:
    def __init__(self, table, warnings):
        self.columns, self.rows, self.warnings = table.columns, table.rows, warnings

    def records(self):
        """Rows as dictionaries; dates as text, several values as lists."""
        out = []
        for row in self.rows:
            out.append({name: readable(value, kind) for (name, kind), value in zip(self.columns, row)})
        return out


def readable(value, kind):
    if type(value) is tuple:
        return [readable(member, kind) for member in value]
    return values.date_text(value) if kind == "date" and value is not None else value


def source(command, store, nullify=False):
    """The rows of the streams that the patterns of FROM name, with the columns of all of them.

    With nullify a field that none of them has is null; without it has no name.
    """
    wanted, refused = [p for p in command.patterns if not p.startswith("-")], [
        p[1:] for p in command.patterns if p.startswith("-")
    ]
    indices = {index for index, _, _ in store.records} | {f"metrics-anthropic_metrics.{s}-default" for s in store.streams}

    def named(index, patterns):
        return any(fnmatch.fnmatchcase(index, pattern) for pattern in patterns)

    chosen = {index for index in indices if named(index, wanted) and not named(index, refused)}
    # A pattern may find nothing as long as another finds something; a name has to be there.
    missing = [pattern for pattern in wanted if "*" not in pattern and pattern not in indices]
    if missing or not chosen:
        raise VerificationFault(command.place, f"Unknown index [{','.join(missing or wanted)}]")
    columns = {}
    for stream, fields in STREAMS.items():
        if any(f"anthropic_metrics.{stream}-" in index for index in chosen):
            for name, (kind, _) in fields.items():
                if columns.setdefault(name, kind) != kind:
                    raise NotSupported(command.place, f"{name}, which has two types,")
    if nullify:
        for fields in STREAMS.values():
            for name in fields:
                columns.setdefault(name, "null")
    ordered = sorted(columns.items())
    for name in command.metadata:
        if name not in METADATA:
            raise NotSupported(command.place, f"the metadata field {name}")
        ordered.append((name, METADATA[name]))
    names = [name for name, _ in ordered]
    return Table(ordered, [[record.get(name) for name in names] for index, _, record in store.records if index in chosen])


def instant(now):
    return values.parse_date(now) if isinstance(now, str) else now


def configure(command, context):
    """SET: time_zone, which wins over what came with the request, and unmapped_fields."""
    if command.name == "time_zone":
        context.zone = zones.named(command.value, command.place)
    elif command.name == "unmapped_fields" and command.value.lower() in ("default", "nullify"):
        context.nullify = command.value.lower() == "nullify"
    else:
        raise NotSupported(command.place, f"the setting [{command.name}] of {command.value}")


def run(query, documents, now, params=None, time_zone="UTC"):
    """The result of the query (text, or commands as parse.parse gives them) at the time now (ISO text or milliseconds).

    time_zone is what Kibana sends with the request: the zone of whoever looks at it.
    """
    commands = parse.parse(query) if isinstance(query, str) else query
    store = documents if isinstance(documents, Store) else Store(documents)
    context = Context(instant(now), params or {}, values.Warnings(), zones.named(time_zone))
    table = None
    for command in commands:
        if isinstance(command, Set):
            configure(command, context)
        elif isinstance(command, From):
            table = source(command, store, context.nullify)
        elif isinstance(command, Row):
            table = row_command(command, context)
        else:
            table = COMMANDS[type(command)](command, table, context)
    limited = any(isinstance(command, Limit) for command in commands)
    table.rows = table.rows[: GREATEST_LIMIT if limited else DEFAULT_LIMIT]
    return Result(table, context.warnings.texts)


def check(query, params=None):
    """Syntax, names and types of a query, without documents. Raises EsqlError."""
    return run(query, (), 0, params).columns
