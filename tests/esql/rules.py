# SPDX-License-Identifier: Apache-2.0
"""Alert rules as Kibana runs them: the window on the time field, then the query, then one alert per row."""

import collections
import datetime
import json
import re

import alerts
import clauses
import elastic
import tree

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
ROWS = 1000  # Kibana's limit of alerts, which it appends to the query

# What a rule has to do with the documents at a time: `fires` lists what each alert says at least; none is quiet.
Scenario = collections.namedtuple("Scenario", "slug name now documents fires")
# A rule made wrong on purpose, and the scenario that has to notice: change(query) or another window.
Mutant = collections.namedtuple("Mutant", "slug name scenario change window", defaults=(None,))


def load():
    """The rules as the package has them."""
    return tree.named(alerts.load(tree.ROOT))


def span(text):
    """The time that '35d' takes."""
    number, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()
    return datetime.timedelta(**{UNITS[unit]: int(number)})


def identity(query, columns):
    """Columns that name an alert: the plain groupings of the last STATS that are still there, else all columns."""
    names = [name for name in clauses.groupings(query) if name in columns]
    return names or list(columns)


def run(rule, store, now, query=None, window=None):
    """The result of the rule at a time; query and window may be others than the rule's. Kibana puts its limit behind."""
    until = datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))
    within = elastic.span(rule["time_field"], gt=until - span(window or rule["window"]), lte=until)
    return elastic.run(f"{(query or rule['query']).rstrip()} | limit {ROWS}", store, until, within=within)


# ---- Mutations of a query ---------------------------------------------------------------------------------------


def rewritten(query, chosen, change):
    """The query with change(command) for the commands whose keyword and number among those of the keyword are chosen."""
    out, seen = [], collections.Counter()
    for command in clauses.commands(query):
        kind = clauses.keyword(command)
        seen[kind] += 1
        out.append(change(command) if chosen(kind, seen[kind]) else command)
    return "\n| ".join(command for command in out if command)


def setting(name, value):
    """Another value of a threshold, which is a literal of the first EVAL, or several of its kind."""

    def change(query):
        found = []

        def literal(token):
            if isinstance(json.loads(token.group()), str) != isinstance(value, str):
                return token.group()
            found.append(token)
            return json.dumps(value)

        def other(field, expression):
            return re.sub(r'"[^"]*"|\b\d[\d.]*|\btrue\b|\bfalse\b', literal, expression) if field == name else expression

        out = rewritten(query, lambda kind, number: (kind, number) == ("EVAL", 1), lambda command: clauses.changed(command, other))
        assert found, f"{name} is no literal of the first EVAL"
        return out

    return change


def function(old, new, field):
    """Another function in the expressions of a field: MAX for SUM, for example; field@2 is the second STATS's only."""
    field, _, only = field.partition("@")

    def change(query):
        done = []

        def other(name, expression):
            if name != field:
                return expression
            expression, count = re.subn(rf"\b{old}\(", f"{new}(", expression, flags=re.IGNORECASE)
            done.append(count)
            return expression

        out = rewritten(query, lambda kind, number: kind == "STATS" and number == int(only) if only else kind in ("EVAL", "STATS"),
                        lambda command: clauses.changed(command, other))
        assert sum(done), f"no {old} in {field}"
        return out

    return change


def without(kind, number):
    """The query without its number-th command of a kind, such as the second WHERE."""

    def change(query):
        done = []
        out = rewritten(query, lambda *which: which == (kind, number), done.append)
        assert done, f"no {kind} number {number}"
        return out

    return change
