# SPDX-License-Identifier: Apache-2.0
"""Values as ES|QL has them: types, ranges, several values in one place, and their texts.

null is None, several values are a tuple of two or more, a date is milliseconds since 1970, a date
period is (months, days), a time duration is milliseconds. A function that gets several values where
it takes one gives null and a warning, as the documentation of multivalued fields says.
"""

import datetime
import decimal
import math
import re
import typing

NUMERIC = ("integer", "long", "double")
TEXTUAL = ("keyword", "text")
TYPES = NUMERIC + TEXTUAL + ("boolean", "date", "null", "date_period", "time_duration")
RANGES = {"integer": 2**31, "long": 2**63}
CASTS = {
    "bool": "boolean",
    "boolean": "boolean",
    "int": "integer",
    "integer": "integer",
    "long": "long",
    "double": "double",
    "string": "keyword",
    "keyword": "keyword",
    "datetime": "date",
    "date": "date",
}
DURATIONS = {
    1: ("millisecond", "milliseconds", "ms"),
    1000: ("second", "seconds", "sec", "s"),
    60_000: ("minute", "minutes", "min", "m"),
    3_600_000: ("hour", "hours", "h"),
}
PERIODS = {
    (0, 1): ("day", "days", "d"),
    (0, 7): ("week", "weeks", "w"),
    (1, 0): ("month", "months", "mo"),
    (3, 0): ("quarter", "quarters", "q"),
    (12, 0): ("year", "years", "yr", "y"),
}
DAY = 86_400_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?"
)


class Period(typing.NamedTuple):
    """A span of the calendar; a plain tuple would be several values."""

    months: int
    days: int


class Failure(Exception):
    """One value could not be computed: it becomes null, with a warning."""


class Warnings:
    """What Elasticsearch would say in its Warning headers."""

    def __init__(self):
        self.texts = []

    def add(self, place, text, fact):
        line = f"Line {place[0]}:{place[1]}: evaluation of [{text}] failed, treating result as null. {fact}"
        if line not in self.texts and len(self.texts) < 20:
            self.texts.append(line)


def period(count, unit):
    """(value, type) of '3 days' and the like; None if there is no such unit."""
    for size, names in DURATIONS.items():
        if unit.lower() in names:
            return count * size, "time_duration"
    for (months, days), names in PERIODS.items():
        if unit.lower() in names:
            return Period(count * months, count * days), "date_period"
    return None


def members(value):
    """The values in one place, as a tuple."""
    return value if type(value) is tuple else () if value is None else (value,)


def gathered(parts):
    """The opposite: none is null, one is itself."""
    parts = tuple(parts)
    return None if not parts else parts[0] if len(parts) == 1 else parts


def in_range(value, kind):
    """The number if its type holds it; a Failure if not."""
    if kind in RANGES:
        if not -RANGES[kind] <= value < RANGES[kind]:
            raise Failure(f"{kind} overflow")
    elif kind == "double" and (math.isinf(value) or math.isnan(value)):
        raise Failure("not a finite double number: " + ("NaN" if math.isnan(value) else "Infinity"))
    return value


def common(left, right):
    """The type in which two types meet, or None."""
    if left == right:
        return left
    if left == "null" or right == "null":
        return right if left == "null" else left
    if left in NUMERIC and right in NUMERIC:
        return max(left, right, key=NUMERIC.index)
    if left in TEXTUAL and right in TEXTUAL:
        return "keyword"
    return None


def to_datetime(millis):
    return EPOCH + datetime.timedelta(milliseconds=millis)


def to_millis(moment):
    return (moment - EPOCH) // datetime.timedelta(milliseconds=1)


def parse_date(text):
    """Milliseconds of strict_date_optional_time; None if the text is no date."""
    match = DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime.datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=datetime.timezone.utc,
        )
    except ValueError:
        return None
    offset = 0
    if zone and zone != "Z":
        sign = -1 if zone[0] == "-" else 1
        offset = sign * (int(zone[1:3]) * 60 + int(zone[-2:])) * 60_000
    return to_millis(moment) + int((fraction or "0").ljust(3, "0")[:3]) - offset


def date_text(millis):
    moment = to_datetime(millis)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"


def double_text(value):
    """As Java prints a double."""
    sign, digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent  # how many digits stand before the point
    if value == 0 or -3 < point <= 7:
        whole, part = text[: max(point, 0)].ljust(max(point, 0), "0"), text[max(point, 0) :]
        return f"{'-' * sign}{whole or '0'}.{'0' * -min(point, 0)}{part or '0'}"
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{point - 1}"


def text_of(value, kind):
    if kind == "date":
        return date_text(value)
    if kind == "double":
        return double_text(value)
    if kind == "boolean":
        return "true" if value else "false"
    return str(value)
