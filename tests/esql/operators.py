# SPDX-License-Identifier: Apache-2.0
"""Operators: arithmetic with ranges, comparisons, three-valued logic, IN, LIKE, casts."""

import calendar
import fnmatch
import math
import re

import values
import zones
from bound import FUNCTIONS, NUMBERS, SPANS, TEXTS, Bound, as_date, lifted, scalar
from syntax import NotSupported, VerificationFault


def divided(left, right, kind):
    if right == 0:
        raise values.Failure("/ by zero")
    if kind == "double":
        return left / right
    quotient = abs(left) // abs(right)  # whole numbers are cut off towards zero
    return quotient if (left < 0) == (right < 0) else -quotient


def remainder(left, right, kind):
    if right == 0:
        raise values.Failure("/ by zero")
    return math.fmod(left, right) if kind == "double" else left - right * divided(left, right, kind)


ARITHMETIC = {
    "+": lambda left, right, kind: left + right,
    "-": lambda left, right, kind: left - right,
    "*": lambda left, right, kind: left * right,
    "/": divided,
    "%": remainder,
}


def shifted(millis, span, kind, sign, zone):
    """A date and a span: months keep the day where the month has it, and days keep the time of the zone's clock."""
    if kind == "time_duration":
        return millis + sign * span
    months, days = span
    moment = values.to_datetime(zones.wall(millis, zone))
    month = moment.year * 12 + moment.month - 1 + sign * months
    year, month = divmod(month, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    moved = values.to_millis(moment.replace(year=year, month=month + 1, day=day)) + sign * days * values.DAY
    return zones.instant(moved, zone)


def arithmetic(sign):
    def build(call, arguments, context):
        left, right = arguments
        kinds = (left.type, right.type)
        if "null" in kinds:
            other = kinds[0] if kinds[1] == "null" else kinds[1]
            return Bound(other, lambda row: None, call.place, call.text, left.constant and right.constant)
        if left.type in NUMBERS and right.type in NUMBERS:
            kind = values.common(*kinds)
            operate = ARITHMETIC[sign]

            def compute(a, b):
                if kind == "double":
                    a, b = float(a), float(b)
                try:
                    return values.in_range(operate(a, b, kind), kind)
                except OverflowError:
                    raise values.Failure("not a finite double number: Infinity") from None

            return Bound(
                kind, lifted(call, arguments, context, compute), call.place, call.text, left.constant and right.constant
            )
        if sign == "+" and left.type in SPANS:
            left, right = right, left
        if sign in "+-" and right.type in SPANS:
            left, span, step = as_date(left), right.type, -1 if sign == "-" else 1
            if left.type == "date":
                return Bound(
                    "date",
                    lifted(call, [left, right], context, lambda a, b: shifted(a, b, span, step, context.zone)),
                    call.place,
                    call.text,
                    left.constant,
                )
        raise VerificationFault(call.place, f"[{sign}] has arguments with incompatible types [{kinds[0]}] and [{kinds[1]}]")

    FUNCTIONS[sign] = build


for arithmetic_sign in ARITHMETIC:
    arithmetic(arithmetic_sign)

COMPARISONS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def comparable(call, left, right):
    """Both sides as they are compared; a fault if they cannot be."""
    if left.type == "date":
        right = as_date(right)
    elif right.type == "date":
        left = as_date(left)
    kind = values.common(left.type, right.type)
    if kind is None or kind in SPANS:
        raise VerificationFault(
            call.place,
            f"first argument of [{call.text}] is [{left.type}] so second argument must also be "
            f"[{left.type}] but was [{right.type}]",
        )
    return left, right, kind


def comparison(sign):
    def build(call, arguments, context):
        left, right, kind = comparable(call, *arguments)
        if kind == "boolean" and sign not in ("==", "!="):
            raise VerificationFault(
                call.place, f"argument of [{call.text}] must not be [boolean]; only == and != are for booleans"
            )
        return Bound(
            "boolean",
            lifted(call, [left, right], context, COMPARISONS[sign]),
            call.place,
            call.text,
            left.constant and right.constant,
        )

    FUNCTIONS[sign] = build


for comparison_sign in COMPARISONS:
    comparison(comparison_sign)


def truth(argument, call, context):
    if argument.type not in ("boolean", "null"):
        raise VerificationFault(
            argument.place,
            f"argument of [{call.text}] must be [boolean], found value [{argument.text}] " f"type [{argument.type}]",
        )

    def evaluate(row):
        value = argument.value(row)
        if type(value) is tuple:
            context.warnings.add(call.place, call.text, "single-value function encountered multi-value")
            return None
        return value

    return evaluate


def logical(sign, decisive):
    """and/or: one decisive side decides, whatever the other; else null wins."""

    def build(call, arguments, context):
        left, right = [truth(a, call, context) for a in arguments]

        def evaluate(row):
            first = left(row)
            if first is decisive:
                return decisive
            second = right(row)
            if second is decisive:
                return decisive
            return None if first is None or second is None else not decisive

        return Bound("boolean", evaluate, call.place, call.text, all(a.constant for a in arguments))

    FUNCTIONS[sign] = build


logical("and", False)
logical("or", True)


def build_not(call, arguments, context):
    inner = truth(arguments[0], call, context)

    def evaluate(row):
        value = inner(row)
        return None if value is None else not value

    return Bound("boolean", evaluate, call.place, call.text, arguments[0].constant)


def build_is_null(call, arguments, context):
    inner = arguments[0].value
    return Bound("boolean", lambda row: inner(row) is None, call.place, call.text, arguments[0].constant)


def build_in(call, arguments, context):
    subject = arguments[0]
    pairs = [comparable(call, subject, other) for other in arguments[1:]]
    others = [right.value for _, right, _ in pairs]

    def evaluate(row):
        value = pairs[0][0].value(row)
        if type(value) is tuple:
            context.warnings.add(call.place, call.text, "single-value function encountered multi-value")
            return None
        if value is None:
            return None
        found = [other(row) for other in others]
        if value in found:
            return True
        return None if None in found else False

    return Bound("boolean", evaluate, call.place, call.text, all(a.constant for a in arguments))


FUNCTIONS["not"], FUNCTIONS["is null"], FUNCTIONS["in"] = build_not, build_is_null, build_in


@scalar("neg", NUMBERS, result=lambda kind: kind)
def negate(value):
    return -value


@scalar("like", TEXTS, TEXTS, result="boolean", variadic=True)
def like(text, *patterns):
    return any(fnmatch.fnmatchcase(text, re.sub(r"\[", "[[]", pattern)) for pattern in patterns)


@scalar("rlike", TEXTS, TEXTS, result="boolean")
def rlike(text, pattern):
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def cast(name):
    def build(call, arguments, context):
        target = values.CASTS[name]
        return FUNCTIONS[{"keyword": "to_string", "date": "to_datetime"}.get(target, f"to_{target}")](
            call, arguments, context
        )

    FUNCTIONS["::" + name] = build


for cast_name in values.CASTS:
    cast(cast_name)


def refuse(call, arguments, context):
    raise NotSupported(call.place, f"the cast {call.text}")


for unknown_cast in ("ip", "version", "unsigned_long", "date_nanos", "geo_point", "date_period", "time_duration"):
    FUNCTIONS["::" + unknown_cast] = refuse
