# SPDX-License-Identifier: Apache-2.0
"""Functions of single values: numbers, texts, conversions, and those that choose among their arguments."""

import decimal
import math
import re

import values
import zones
from bound import ANY, FUNCTIONS, NUMBERS, TEXTS, WHOLE, Bound, scalar
from syntax import VerificationFault


def same(kind, *others):
    return kind


# ---- Numbers -------------------------------------------------------------------------------------------


@scalar("abs", NUMBERS, result=same)
def absolute(value):
    return abs(value)


@scalar("ceil", NUMBERS, result=same)
def ceiling(value):
    return float(math.ceil(value)) if isinstance(value, float) else value


@scalar("floor", NUMBERS, result=same)
def floor(value):
    return float(math.floor(value)) if isinstance(value, float) else value


@scalar("round", NUMBERS, WHOLE, result=same, optional=1)
def rounded(value, places=0):
    if isinstance(value, int) and places >= 0:
        return value
    step = decimal.Decimal(1).scaleb(-places)
    found = decimal.Decimal(repr(value)).quantize(step, rounding=decimal.ROUND_HALF_UP)
    return int(found) if isinstance(value, int) else float(found)


@scalar("sqrt", NUMBERS, result="double")
def square_root(value):
    if value < 0:
        raise values.Failure("Square root of negative")
    return math.sqrt(value)


@scalar("pow", NUMBERS, NUMBERS, result="double")
def power(base, exponent):
    try:
        found = float(base) ** exponent
    except (OverflowError, ZeroDivisionError):
        raise values.Failure("not a finite double number: Infinity") from None
    if isinstance(found, complex):
        raise values.Failure("not a finite double number: NaN")
    return found


@scalar("log10", NUMBERS, result="double")
def log10(value):
    if value <= 0:
        raise values.Failure("Log of non-positive number")
    return math.log10(value)


@scalar("log", NUMBERS, NUMBERS, result="double", optional=1)
def logarithm(first, second=None):
    base, value = (math.e, first) if second is None else (first, second)
    if value <= 0 or base <= 0 or base == 1:
        raise values.Failure("Log of non-positive number")
    return math.log(value) if second is None else math.log(value, base)


@scalar("exp", NUMBERS, result="double")
def exponential(value):
    return math.exp(value)


@scalar("signum", NUMBERS, result="double")
def sign(value):
    return float((value > 0) - (value < 0))


for constant_name, constant in (("pi", math.pi), ("e", math.e), ("tau", math.tau)):
    scalar(constant_name, result="double")(lambda constant=constant: constant)


# ---- Texts -----------------------------------------------------------------------------------------------


def text_function(name, *kinds, result="keyword", **more):
    return scalar(name, *kinds, result=result, **more)


text_function("concat", TEXTS, variadic=True)(lambda *parts: "".join(parts))
text_function("length", TEXTS, result="integer")(len)
text_function("to_lower", TEXTS)(str.lower)
text_function("to_upper", TEXTS)(str.upper)
text_function("trim", TEXTS)(str.strip)
text_function("ltrim", TEXTS)(str.lstrip)
text_function("rtrim", TEXTS)(str.rstrip)
text_function("reverse", TEXTS)(lambda text: text[::-1])
text_function("starts_with", TEXTS, TEXTS, result="boolean")(str.startswith)
text_function("ends_with", TEXTS, TEXTS, result="boolean")(str.endswith)
text_function("left", TEXTS, WHOLE)(lambda text, count: text[: max(count, 0)])
text_function("right", TEXTS, WHOLE)(lambda text, count: text[-count:] if count > 0 else "")
text_function("repeat", TEXTS, WHOLE)(lambda text, count: text * count)
text_function("space", WHOLE)(lambda count: " " * count)
text_function("locate", TEXTS, TEXTS, WHOLE, result="integer", optional=1)(
    lambda text, part, start=1: text.find(part, max(start - 1, 0)) + 1
)


@text_function("substring", TEXTS, WHOLE, WHOLE, optional=1)
def substring(text, start, length=None):
    begin = start - 1 if start > 0 else len(text) + start if start < 0 else 0
    begin = max(begin, 0)
    return text[begin:] if length is None else text[begin : begin + length]


@text_function("replace", TEXTS, TEXTS, TEXTS)
def replace(text, pattern, other):
    return re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", other), text)


@text_function("split", TEXTS, TEXTS)
def split(text, delimiter):
    return values.gathered(text.split(delimiter))


# ---- Conversions: each member of a place is converted ---------------------------------------------------


def conversion(name, target, convert, zoned=False):
    def build(call, arguments, context):
        if len(arguments) != 1:
            raise VerificationFault(call.place, f"error building [{call.name}]: expects exactly one argument")
        argument = arguments[0]
        if argument.type not in ANY + ("null",):
            raise VerificationFault(call.place, f"argument of [{call.text}] cannot be of type [{argument.type}]")

        more = (context.zone,) if zoned else ()

        def evaluate(row):
            out = []
            for member in values.members(argument.value(row)):
                try:
                    found = convert(member, argument.type, *more)
                    out.append(values.in_range(found, target) if target in NUMBERS else found)
                except (values.Failure, ValueError, OverflowError) as fault:
                    context.warnings.add(call.place, call.text, str(fault))
            return values.gathered(out)

        return Bound(target, evaluate, call.place, call.text, argument.constant)

    FUNCTIONS[name] = build


def to_whole(value, kind):
    if isinstance(value, str):
        value = float(value) if re.search(r"[.eE]", value) else int(value)
    if isinstance(value, float):
        return int(decimal.Decimal(value).quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))
    return int(value)


def to_boolean(value, kind):
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def to_text(value, kind, zone):
    return zones.date_text(value, zone) if kind == "date" else values.text_of(value, kind)


def to_date(value, kind):
    if isinstance(value, str):
        millis = values.parse_date(value)
        if millis is None:
            raise values.Failure(f"failed to parse date field [{value}] with format [strict_date_optional_time]")
        return millis
    return int(value)


conversion("to_string", "keyword", to_text, zoned=True)
conversion("to_double", "double", lambda value, kind: float(value))
conversion("to_long", "long", to_whole)
conversion("to_integer", "integer", to_whole)
conversion("to_boolean", "boolean", to_boolean)
conversion("to_datetime", "date", to_date)
for alias, original in (
    ("to_str", "to_string"),
    ("to_dbl", "to_double"),
    ("to_int", "to_integer"),
    ("to_bool", "to_boolean"),
    ("to_dt", "to_datetime"),
):
    FUNCTIONS[alias] = FUNCTIONS[original]


# ---- Those that choose ------------------------------------------------------------------------------------


def shared_type(call, arguments, widen=False):
    """The one type of all arguments. Only COALESCE widens numbers, and only to the type of the first."""
    kind = "null"
    for argument in arguments:
        other = "keyword" if argument.type in TEXTS else argument.type
        if kind == "null":
            kind = other
        elif other not in ("null", kind) and not (widen and values.common(other, kind) == kind):
            raise VerificationFault(
                argument.place,
                f"argument of [{call.text}] must be [{kind}], found value [{argument.text}] " f"type [{argument.type}]",
            )
    return kind


def build_coalesce(call, arguments, context):
    kind = shared_type(call, arguments, widen=True)
    getters = [a.value for a in arguments]

    def evaluate(row):
        for get in getters:
            value = get(row)
            if value is not None:
                return float(value) if kind == "double" and type(value) is int else value
        return None

    return Bound(kind, evaluate, call.place, call.text, all(a.constant for a in arguments))


def build_case(call, arguments, context):
    if len(arguments) < 2:
        raise VerificationFault(call.place, "error building [case]: expects at least two arguments")
    conditions, results = arguments[:-1:2] if len(arguments) % 2 else arguments[::2], arguments[1::2]
    otherwise = arguments[-1:] if len(arguments) % 2 else []
    for condition in conditions:
        if condition.type not in ("boolean", "null"):
            raise VerificationFault(
                condition.place,
                f"condition of [{call.text}] must be [boolean], found value [{condition.text}] " f"type [{condition.type}]",
            )
    kind = shared_type(call, results + otherwise)

    def evaluate(row):
        for condition, result in zip(conditions, results):
            met = condition.value(row)
            if type(met) is tuple:
                context.warnings.add(call.place, call.text, "CASE expects a single-valued boolean")
            elif met:
                return result.value(row)
        return otherwise[0].value(row) if otherwise else None

    return Bound(kind, evaluate, call.place, call.text, all(a.constant for a in arguments))


def extreme(name, choose):
    """GREATEST and LEAST: of several values in one place the most extreme; null if any argument is."""

    def build(call, arguments, context):
        if not arguments:
            raise VerificationFault(call.place, f"error building [{name}]: expects at least one argument")
        kind = shared_type(call, arguments)

        def evaluate(row):
            found = [values.members(a.value(row)) for a in arguments]
            return choose(choose(f) for f in found) if all(found) else None

        return Bound(kind, evaluate, call.place, call.text, all(a.constant for a in arguments))

    FUNCTIONS[name] = build


FUNCTIONS["coalesce"], FUNCTIONS["case"] = build_coalesce, build_case
extreme("greatest", max)
extreme("least", min)
