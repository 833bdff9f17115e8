# SPDX-License-Identifier: Apache-2.0
"""Aggregations of STATS: each takes the values of a group, nulls left out and several values in one place spread.

Where Elasticsearch estimates (COUNT_DISTINCT, MEDIAN, PERCENTILE beyond a few hundred values) the
exact figure is given here: it is what the estimate is of.
"""

import collections
import math
import statistics

import values
from bound import ANY, BOOLEANS, DATES, NUMBERS, TEXTS, WHOLE, accept, count_arguments
from syntax import Call, Column, Literal, Parameter, VerificationFault

Aggregate = collections.namedtuple("Aggregate", "kinds result compute optional", defaults=(0,))


def same(kind, *others):
    return "keyword" if kind in TEXTS else kind


def sum_type(kind):
    return kind if kind in ("double", "null") else "long"


def total(members):
    return math.fsum(members) if isinstance(members[0], float) else sum(members)


def percentile(members, percent):
    """Between neighbors in order, by distance."""
    ordered = sorted(members)
    place = percent / 100 * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def top(members, count, order="asc"):
    return values.gathered(sorted(members, reverse=order.lower() == "desc")[:count])


def deviation_from_median(members):
    center = statistics.median(members)
    return float(statistics.median(abs(m - center) for m in members))


ORDERED = NUMBERS + DATES + BOOLEANS + TEXTS
AGGREGATES = {
    "sum": Aggregate((NUMBERS,), sum_type, total),
    "avg": Aggregate((NUMBERS,), "double", lambda m: math.fsum(m) / len(m)),
    "min": Aggregate((ORDERED,), same, min),
    "max": Aggregate((ORDERED,), same, max),
    "median": Aggregate((NUMBERS,), "double", lambda m: float(statistics.median(m))),
    "percentile": Aggregate((NUMBERS, NUMBERS), "double", lambda m, percent: float(percentile(m, percent))),
    "median_absolute_deviation": Aggregate((NUMBERS,), "double", deviation_from_median),
    "std_dev": Aggregate((NUMBERS,), "double", lambda m: statistics.pstdev(m)),
    "count_distinct": Aggregate((ANY, WHOLE), "long", lambda m, precision=0: len(set(m)), 1),
    "values": Aggregate((ANY,), same, lambda m: values.gathered(dict.fromkeys(m))),
    "top": Aggregate((ORDERED, ("integer",), TEXTS), same, top, 1),
}
WITHOUT_ROWS = {"count": 0, "count_distinct": 0}


class Slot:
    """One aggregation of one STATS, bound; computed once for each group."""

    def __init__(self, call, arguments, condition, context):
        self.call, self.condition, self.context = call, condition, context
        if call.name == "count":
            count_arguments(call, arguments, 0, 1)
            self.subject = None if not arguments or arguments[0].type == "star" else arguments[0].value
            self.type, self.rest = "long", []
            return
        kind = AGGREGATES[call.name]
        count_arguments(call, arguments, len(kind.kinds) - kind.optional, len(kind.kinds))
        taken = accept(call, arguments, kind.kinds)
        for constant in taken[1:]:
            if not constant.constant:
                raise VerificationFault(
                    constant.place, f"argument of [{call.text}] must be a constant, received [{constant.text}]"
                )
        self.subject, self.rest = taken[0].value, [a.value([]) for a in taken[1:]]
        self.type = kind.result(taken[0].type) if callable(kind.result) else kind.result
        self.compute = kind.compute

    def over(self, rows):
        if self.condition is not None:
            rows = [row for row in rows if self.condition(row) is True]
        if self.call.name == "count":
            return len(rows) if self.subject is None else sum(len(values.members(self.subject(row))) for row in rows)
        found = [member for row in rows for member in values.members(self.subject(row))]
        if not found:
            return WITHOUT_ROWS.get(self.call.name)
        try:
            result = self.compute(found, *self.rest)
            return values.in_range(result, self.type) if self.type in NUMBERS and type(result) is not tuple else result
        except values.Failure as failure:
            self.context.warnings.add(self.call.place, self.call.text, str(failure))
            return None


def is_aggregate(node):
    return isinstance(node, Call) and (node.name == "count" or node.name in AGGREGATES)


def calls(node):
    """Every call within an expression, itself included."""
    if isinstance(node, Call):
        yield node
        for argument in node.arguments:
            yield from calls(argument)


def forbid(node, where):
    for call in calls(node):
        if is_aggregate(call):
            raise VerificationFault(call.place, f"aggregate function [{call.text}] not allowed {where}")


def split(field, names):
    """(expression over slots, the aggregate calls): each aggregation is replaced by a column for its result."""
    found = []

    def walk(node):
        if is_aggregate(node):
            for argument in node.arguments:
                forbid(argument, "within another aggregate function")
            found.append(node)
            return Column(f"\0{field.name}\0{len(found) - 1}", node.place, node.text)
        if isinstance(node, Call):
            return Call(node.name, tuple(walk(a) for a in node.arguments), node.place, node.text)
        if isinstance(node, Column) and node.name not in names:
            raise VerificationFault(
                node.place, f"column [{node.name}] must appear in the STATS BY clause or be used in an aggregate " "function"
            )
        return node

    expression = walk(field.expression)
    if not found and not isinstance(expression, (Literal, Parameter)):
        if isinstance(expression, Column):
            raise VerificationFault(
                expression.place,
                f"grouping key [{expression.text}] cannot be used as an aggregate once declared " "in the STATS BY clause",
            )
        raise VerificationFault(
            field.expression.place, f"expected an aggregate function but found [{field.expression.text}]"
        )
    return expression, found
