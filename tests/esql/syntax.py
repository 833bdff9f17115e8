# SPDX-License-Identifier: Apache-2.0
"""What a parsed query is made of, and the faults that a query can have. Plain data, no behavior."""

import dataclasses
import typing


class EsqlError(Exception):
    """What Elasticsearch would answer 400 to: the place in the query and the fact."""

    def __init__(self, place, fact):
        self.place, self.fact = place, fact
        super().__init__(f"line {place[0]}:{place[1]}: {fact}" if place else fact)


class SyntaxFault(EsqlError):
    """The text is not ES|QL."""


class VerificationFault(EsqlError):
    """ES|QL by its grammar, but a name, a type or a combination is wrong."""


class NotSupported(EsqlError):
    """Maybe fine for Elasticsearch; this evaluator does not know it, so nothing may be concluded."""

    def __init__(self, place, what):
        super().__init__(
            place, f"{what} is not supported by this evaluator; extend tests/esql or write the query without it"
        )


def node(cls):
    return dataclasses.dataclass(frozen=True)(cls)


Place = typing.Tuple[int, int]


@node
class Literal:
    value: object  # None, bool, int, float, str, a period, or a tuple of those
    type: str
    place: Place
    text: str


@node
class Parameter:
    name: str
    place: Place
    text: str


@node
class Column:
    name: str
    place: Place
    text: str


@node
class Call:
    """A function, an operator or a cast; operators are named by their sign."""

    name: str
    arguments: tuple
    place: Place
    text: str


@node
class Field:
    """[name =] expression; the name of an unnamed one is its text."""

    name: str
    expression: object
    condition: object = None  # only of aggregations: STATS ... WHERE


@node
class Set:
    """A setting of the session, at the head of a query."""

    name: str
    value: object
    place: Place


@node
class From:
    patterns: tuple
    metadata: tuple
    place: Place


@node
class Row:
    fields: tuple
    place: Place


@node
class Where:
    condition: object
    place: Place


@node
class Eval:
    fields: tuple
    place: Place


@node
class Stats:
    aggregations: tuple
    groupings: tuple
    place: Place


@node
class Keep:
    patterns: tuple
    place: Place


@node
class Drop:
    patterns: tuple
    place: Place


@node
class Rename:
    pairs: tuple  # (old, new)
    place: Place


@node
class Order:
    expression: object
    descending: bool
    nulls_first: bool


@node
class Sort:
    orders: tuple
    place: Place


@node
class Limit:
    count: int
    place: Place


@node
class MvExpand:
    name: str
    place: Place
