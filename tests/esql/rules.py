# SPDX-License-Identifier: Apache-2.0
"""Alert rules as Kibana runs them: the window on the time field, then the query, then one alert per row."""

import collections
import dataclasses
import pathlib
import re
import sys

import engine
import parse
import syntax

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "package" / "builder"))
import alerts  # noqa: E402 (found on the path that was just set)

UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
ROWS = 1000  # Kibana's limit of alerts, which it appends to the query

# What a rule has to do with the documents at a time: `fires` lists what each alert says at least; none is quiet.
Scenario = collections.namedtuple("Scenario", "slug name now documents fires")
# A rule made wrong on purpose, and the scenario that has to notice: change(commands) or another window.
Mutant = collections.namedtuple("Mutant", "slug name scenario change window", defaults=(None,))


def load():
    """The rules as the package has them."""
    return alerts.load(ROOT)


def span(text):
    """Milliseconds of '35d'."""
    number, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()
    return int(number) * UNITS[unit]


def commands(rule):
    """The query as Kibana sends it, with its own limit behind."""
    return parse.parse(f"{rule['query'].rstrip()} | limit {ROWS}")


def identity(query, columns):
    """Columns that name an alert: the plain groupings of the last STATS that are still there, else all columns."""
    names = []
    for command in query:
        if isinstance(command, syntax.Stats):
            names = [
                f.name for f in command.groupings if isinstance(f.expression, syntax.Column) and f.expression.name == f.name
            ]
        elif isinstance(command, syntax.Rename):
            for old, new in command.pairs:
                names = [new if name == old else name for name in names]
    names = [name for name in names if name in columns]
    return names or list(columns)


def run(rule, store, now, query=None, window=None, time_zone="UTC"):
    """The result of the rule at a time; query and window may be others than the rule's, time_zone is Kibana's."""
    until = engine.instant(now)
    within = store.window(rule["time_field"], until - span(window or rule["window"]), until)
    return engine.run(query or commands(rule), within, until, time_zone=time_zone)


# ---- Mutations of a query, on its parsed form ---------------------------------------------------------------


def rewritten(node, change):
    """The same tree with change(node) in the place of every node, from the leaves up."""
    if type(node) is tuple:
        return tuple(rewritten(part, change) for part in node)
    if not dataclasses.is_dataclass(node):
        return node
    parts = {f.name: rewritten(getattr(node, f.name), change) for f in dataclasses.fields(node) if f.name != "place"}
    return change(dataclasses.replace(node, **parts))


def setting(name, value):
    """Another value of a threshold, which is a literal of the first EVAL."""

    def change(query):
        found = []

        def literal(node):
            found.append(node)
            return dataclasses.replace(node, value=value) if isinstance(node, syntax.Literal) else node

        def field(node):
            if not isinstance(node, syntax.Field) or node.name != name:
                return node
            return dataclasses.replace(node, expression=rewritten(node.expression, literal))

        number = next(n for n, command in enumerate(query) if isinstance(command, syntax.Eval))
        first = rewritten(query[number], field)
        assert found, f"{name} is no literal of the first EVAL"
        return query[:number] + (first,) + query[number + 1 :]

    return change


def function(old, new, field):
    """Another function in the expressions of a field: MAX for SUM, for example; field@2 is the second STATS's only."""
    field, _, only = field.partition("@")

    def change(query):
        done = []

        def call(node):
            if isinstance(node, syntax.Call) and node.name == old:
                done.append(node)
                return dataclasses.replace(node, name=new)
            return node

        def inner(node):
            return rewritten(node, call) if isinstance(node, syntax.Field) and node.name == field else node

        stats = [number for number, command in enumerate(query) if isinstance(command, syntax.Stats)]
        chosen = {stats[int(only) - 1]} if only else set(range(len(query)))
        out = tuple(rewritten(command, inner) if number in chosen else command for number, command in enumerate(query))
        assert done, f"no {old} in {field}"
        return out

    return change


def without(kind, number):
    """The query without its number-th command of a kind, such as the second WHERE."""

    def change(query):
        places = [place for place, command in enumerate(query) if isinstance(command, kind)]
        return query[: places[number - 1]] + query[places[number - 1] + 1 :]

    return change
