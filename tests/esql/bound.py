# SPDX-License-Identifier: Apache-2.0
"""Expressions bound to columns: types are checked before any row is read, as Elasticsearch does.

A Bound is a type and a function from a row (a list of values) to a value. `scalar` registers a
function of single values: null in, null out; several values in, null and a warning out.
"""

import dataclasses
import datetime
import difflib
import typing

import values
from syntax import Call, Column, Literal, NotSupported, Parameter, VerificationFault

FUNCTIONS = {}  # name -> builder(call, arguments, context) -> Bound
NUMBERS, TEXTS, DATES, BOOLEANS = values.NUMERIC, values.TEXTUAL, ("date",), ("boolean",)
WHOLE = ("integer", "long")
SPANS = ("date_period", "time_duration")
ANY = NUMBERS + TEXTS + DATES + BOOLEANS


@dataclasses.dataclass
class Bound:
    type: str
    value: typing.Callable
    place: tuple
    text: str
    constant: bool = False


@dataclasses.dataclass
class Context:
    """What a query runs with."""

    now: int
    parameters: dict
    warnings: values.Warnings
    zone: datetime.tzinfo = datetime.timezone.utc  # of the session
    nullify: bool = False  # fields that no index has are null
    grouping: bool = False  # within STATS ... BY, where BUCKET may stand


class Scope:
    """The columns that an expression may name, in order."""

    def __init__(self, columns):
        self.columns = list(columns)
        self.index = {name: place for place, (name, _) in enumerate(self.columns)}

    def find(self, column):
        if column.name not in self.index:
            near = difflib.get_close_matches(column.name, list(self.index), 1, 0.7)
            hint = f", did you mean [{near[0]}]?" if near else ""
            raise VerificationFault(column.place, f"Unknown column [{column.name}]{hint}")
        place = self.index[column.name]
        return place, self.columns[place][1]


def bind(node, scope, context):
    if isinstance(node, Literal):
        return Bound(node.type, lambda row: node.value, node.place, node.text, constant=True)
    if isinstance(node, Parameter):
        if node.name not in context.parameters:
            raise VerificationFault(node.place, f"Unknown query parameter [{node.name}]")
        value = context.parameters[node.name]
        kind = {bool: "boolean", int: "integer", float: "double"}.get(type(value), "keyword")
        return Bound(kind, lambda row: value, node.place, node.text, constant=True)
    if isinstance(node, Column):
        place, kind = scope.find(node)
        return Bound(kind, lambda row: row[place], node.place, node.text)
    assert isinstance(node, Call)
    if node.name not in FUNCTIONS:
        near = difflib.get_close_matches(node.name, list(FUNCTIONS), 1, 0.8)
        hint = f", did you mean [{near[0]}]?" if near else ""
        if node.name in UNSUPPORTED:
            raise NotSupported(node.place, f"the function [{node.name}]")
        raise VerificationFault(node.place, f"Unknown function [{node.name}]{hint}")
    return FUNCTIONS[node.name](node, [bind(a, scope, context) for a in node.arguments], context)


def as_date(argument):
    """A text constant in the place of a date is read as one, before the query runs."""
    if not (argument.constant and argument.type in TEXTS):
        return argument
    text = argument.value([])
    millis = values.parse_date(text)
    if millis is None:
        raise VerificationFault(argument.place, f"Cannot convert string [{text}] to [DATETIME]")
    return dataclasses.replace(argument, type="date", value=lambda row: millis)


def accept(call, arguments, kinds):
    """The arguments, converted where Elasticsearch converts; a fault if a type does not fit."""
    out = []
    for number, (argument, accepted) in enumerate(zip(arguments, kinds), 1):
        if "date" in accepted and argument.type in TEXTS and argument.type not in accepted:
            argument = as_date(argument)
        if "date_period" in accepted and argument.constant and argument.type in TEXTS:
            argument = as_period(argument)
        if argument.type not in accepted and argument.type != "null":
            raise VerificationFault(
                argument.place,
                f"argument {number} of [{call.text}] must be one of [{', '.join(accepted)}], "
                f"found value [{argument.text}] type [{argument.type}]",
            )
        out.append(argument)
    return out


def as_period(argument):
    words = argument.value([]).split()
    found = values.period(int(words[0]), words[1]) if len(words) == 2 and words[0].lstrip("-").isdigit() else None
    if found is None:
        return argument
    return dataclasses.replace(argument, type=found[1], value=lambda row: found[0])


def count_arguments(call, arguments, least, most):
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise VerificationFault(
            call.place, f"error building [{call.name}]: expects {wanted} arguments, found {len(arguments)}"
        )


def lifted(call, arguments, context, compute):
    """A row function over single values."""
    getters = [argument.value for argument in arguments]

    def evaluate(row):
        single = []
        for get in getters:
            value = get(row)
            if value is None:
                return None
            if type(value) is tuple:
                context.warnings.add(call.place, call.text, "single-value function encountered multi-value")
                return None
            single.append(value)
        try:
            return compute(*single)
        except values.Failure as failure:
            context.warnings.add(call.place, call.text, str(failure))
            return None

    return evaluate


def scalar(name, *kinds, result, optional=0, variadic=False, zoned=False):
    """Registers compute(*values) under name, compute(zone, *values) if zoned; result is a type or a function of the types."""

    def register(compute):
        def build(call, arguments, context):
            most = 1000 if variadic else len(kinds)
            count_arguments(call, arguments, len(kinds) - optional, most)
            wanted = kinds + kinds[-1:] * (len(arguments) - len(kinds))
            taken = accept(call, arguments, wanted)
            kind = result(*[a.type for a in taken]) if callable(result) else result

            def ranged(*single):
                found = compute(context.zone, *single) if zoned else compute(*single)
                return values.in_range(found, kind) if kind in NUMBERS and found is not None else found

            return Bound(kind, lifted(call, taken, context, ranged), call.place, call.text, all(a.constant for a in taken))

        FUNCTIONS[name] = build
        return compute

    return register


# Functions that exist and that nobody needed yet: no conclusion may be drawn from a query with them.
UNSUPPORTED = set(
    """
acos asin atan atan2 cos cosh sin sinh tan tanh cbrt hypot copy_sign scalb to_degrees to_radians
bit_length byte_length from_base64 to_base64 hash md5 sha1 sha256 cidr_match ip_prefix to_ip to_version
categorize match match_phrase qstr kql multi_match knn score term to_geopoint to_geoshape to_cartesianpoint
to_cartesianshape st_contains st_disjoint st_distance st_envelope st_intersects st_within st_x st_y
to_unsigned_long to_aggregate_metric_double rate max_over_time min_over_time avg_over_time sum_over_time
count_over_time last_over_time first_over_time count_distinct_over_time std_dev st_centroid_agg st_extent_agg
weighted_avg sample mv_percentile mv_median_absolute_deviation mv_pseries_weighted_sum mv_zip
""".split()
)
