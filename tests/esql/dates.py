# SPDX-License-Identifier: Apache-2.0
"""Functions of dates, in the zone of the session, and BUCKET, which also cuts numbers."""

import datetime
import math

import values
import zones
from bound import DATES, FUNCTIONS, NUMBERS, SPANS, TEXTS, Bound, accept, as_date, count_arguments, lifted, scalar
from syntax import NotSupported, VerificationFault

# What BUCKET chooses from when it is given a number of buckets, from the finest.
HUMAN = [
    (size, "time_duration")
    for size in (
        1,
        10,
        20,
        50,
        100,
        1000,
        5000,
        10_000,
        30_000,
        60_000,
        300_000,
        600_000,
        1_800_000,
        3_600_000,
        10_800_000,
        43_200_000,
    )
] + [(values.Period(*p), "date_period") for p in ((0, 1), (0, 7), (1, 0), (12, 0))]
UNITS = {}
for unit_names in (
    "year years yy yyyy",
    "quarter quarters qq q",
    "month months mm m",
    "dayofyear dy y",
    "day days dd d",
    "week weeks wk ww",
    "weekday weekdays dw",
    "hour hours hh",
    "minute minutes mi n",
    "second seconds ss s",
    "millisecond milliseconds ms",
):
    for unit_name in unit_names.split():
        UNITS[unit_name] = unit_names.split()[0]
MILLIS = {
    "dayofyear": values.DAY,
    "day": values.DAY,
    "week": 7 * values.DAY,
    "weekday": values.DAY,
    "hour": 3_600_000,
    "minute": 60_000,
    "second": 1000,
    "millisecond": 1,
}


def truncated(millis, span, kind, zone=datetime.timezone.utc):
    """The start of the span that holds the time, where midnight is that of the zone."""
    return zones.instant(_truncated(zones.wall(millis, zone), span, kind), zone)


def _truncated(millis, span, kind):
    if kind == "time_duration":
        return millis // span * span
    if span.days and not span.months:
        if span.days == 7:  # weeks begin on Monday; 1970 began on a Thursday
            return (millis + 3 * values.DAY) // (7 * values.DAY) * 7 * values.DAY - 3 * values.DAY
        return millis // (span.days * values.DAY) * span.days * values.DAY
    if span.months and not span.days:
        moment = values.to_datetime(millis)
        month = (moment.year * 12 + moment.month - 1) // span.months * span.months
        return values.to_millis(datetime.datetime(month // 12, month % 12 + 1, 1, tzinfo=datetime.timezone.utc))
    raise values.Failure("mixed spans have no start")


def checked_span(call, span):
    if not span.constant:
        raise VerificationFault(span.place, f"argument of [{call.text}] must be a constant, received [{span.text}]")
    value = span.value([])
    if value is not None and (value <= 0 if span.type == "time_duration" else min(value) < 0 or max(value) == 0):
        raise VerificationFault(span.place, "zero or negative time interval is not supported")
    if span.type == "date_period" and value.months and (value.days or 12 % value.months and value.months % 12):
        raise NotSupported(span.place, f"the span {span.text}")


def build_trunc(call, arguments, context):
    count_arguments(call, arguments, 2, 2)
    span, when = accept(call, arguments, (SPANS, DATES))
    checked_span(call, span)
    return Bound(
        "date",
        lifted(call, [when, span], context, lambda millis, size: truncated(millis, size, span.type, context.zone)),
        call.place,
        call.text,
        when.constant,
    )


def build_bucket(call, arguments, context):
    if not context.grouping:
        raise VerificationFault(call.place, f"cannot use grouping function [{call.text}] outside of a STATS command")
    if len(arguments) not in (2, 4):
        raise VerificationFault(call.place, "error building [bucket]: expects two or four arguments")
    subject = arguments[0]
    if subject.type == "date":
        if len(arguments) == 2:
            return build_trunc(call, [arguments[1], subject], context)
        count, begin, end = arguments[1], as_date(arguments[2]), as_date(arguments[3])
        if count.type not in ("integer", "long") or begin.type != "date" or end.type != "date":
            raise VerificationFault(call.place, f"[{call.text}] takes a number of buckets and two dates")
        size, kind = chosen_span(count.value([]), begin.value([]), end.value([]), context.zone)
        return Bound(
            "date",
            lifted(call, [subject], context, lambda millis: truncated(millis, size, kind, context.zone)),
            call.place,
            call.text,
        )
    if subject.type not in NUMBERS:
        raise VerificationFault(
            subject.place, f"first argument of [{call.text}] must be [datetime or numeric], found [{subject.type}]"
        )
    accept(call, arguments, (NUMBERS,) * len(arguments))
    size = float(arguments[1].value([]))
    if len(arguments) == 4:
        precise = (arguments[3].value([]) - arguments[2].value([])) / size
        power = 10.0 ** math.ceil(math.log10(precise))
        size = power / 2 if precise < power / 2 else power
    return Bound(
        "double", lifted(call, [subject], context, lambda value: math.floor(value / size) * size), call.place, call.text
    )


def chosen_span(count, begin, end, zone):
    """The finest human span with which no more than count buckets cover begin to end."""
    for size, kind in HUMAN:
        edge = truncated(begin, size, kind, zone)
        for _ in range(count):
            edge = next_edge(edge, size, kind, zone)
            if edge >= end:
                return size, kind
    return HUMAN[-1]


def next_edge(edge, size, kind, zone):
    longest = size if kind == "time_duration" else (size.days + 31 * size.months) * values.DAY
    found = truncated(edge + longest, size, kind, zone)
    return found if found > edge else edge + longest


FUNCTIONS["date_trunc"], FUNCTIONS["bucket"] = build_trunc, build_bucket


def build_now(call, arguments, context):
    count_arguments(call, arguments, 0, 0)
    return Bound("date", lambda row: context.now, call.place, call.text, constant=True)


FUNCTIONS["now"] = build_now


def whole_months(begin, end):
    first, last = values.to_datetime(begin), values.to_datetime(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    before = (first.day, first.time()) > (last.day, last.time())
    after = (first.day, first.time()) < (last.day, last.time())
    return months - 1 if months > 0 and before else months + 1 if months < 0 and after else months


@scalar("date_diff", TEXTS, DATES, DATES, result="integer", zoned=True)
def difference(zone, unit, begin, end):
    name = UNITS.get(unit.lower())
    if name is None:
        raise values.Failure(f"A value of [YEAR, QUARTER, MONTH, ...] or their aliases is required; received [{unit}]")
    if MILLIS.get(name, values.DAY) >= values.DAY:  # units of the calendar follow the zone's days
        begin, end = zones.wall(begin, zone), zones.wall(end, zone)
    if name in MILLIS:
        span = abs(end - begin) // MILLIS[name]
        return span if end >= begin else -span
    months = whole_months(begin, end)
    size = {"year": 12, "quarter": 3, "month": 1}[name]
    return abs(months) // size * (1 if months >= 0 else -1)


PARTS = {
    "year": lambda t: t.year,
    "month_of_year": lambda t: t.month,
    "day_of_month": lambda t: t.day,
    "day_of_week": lambda t: t.isoweekday(),
    "day_of_year": lambda t: t.timetuple().tm_yday,
    "hour_of_day": lambda t: t.hour,
    "minute_of_hour": lambda t: t.minute,
    "second_of_minute": lambda t: t.second,
    "minute_of_day": lambda t: t.hour * 60 + t.minute,
    "epoch_day": lambda t: (t - values.EPOCH).days,
    "second_of_day": lambda t: t.hour * 3600 + t.minute * 60 + t.second,
    "milli_of_second": lambda t: t.microsecond // 1000,
}


@scalar("date_extract", TEXTS, DATES, result="long", zoned=True)
def extract(zone, part, millis):
    if part.lower() not in PARTS:
        raise values.Failure(f"invalid date field for [DATE_EXTRACT]: {part}")
    return PARTS[part.lower()](values.to_datetime(zones.wall(millis, zone)))


LETTERS = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "EEE": "%a",
    "EEEE": "%A",
    "MMM": "%b",
    "MMMM": "%B",
    "DDD": "%j",
}


def formatted(zone, pattern, millis):
    millis = zones.wall(millis, zone)
    moment, out, place = values.to_datetime(millis), "", 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "'":
            end = pattern.index("'", place + 1)
            out += pattern[place + 1 : end] or "'"
            place = end + 1
            continue
        run = len(pattern[place:]) - len(pattern[place:].lstrip(letter)) if letter.isalpha() else 1
        word = letter * run
        if word in LETTERS:
            out += moment.strftime(LETTERS[word])
        elif word == "SSS":
            out += f"{millis % 1000:03d}"
        elif letter.isalpha():
            raise values.Failure(f"the date pattern letters {word} are not known to this evaluator")
        else:
            out += word
        place += run
    return out


def build_format(call, arguments, context):
    count_arguments(call, arguments, 1, 2)
    if len(arguments) == 1:
        (when,) = accept(call, arguments, (DATES,))
        text = lifted(call, [when], context, lambda millis: zones.date_text(millis, context.zone))
        return Bound("keyword", text, call.place, call.text, when.constant)
    taken = accept(call, arguments, (TEXTS, DATES))
    text = lifted(call, taken, context, lambda pattern, millis: formatted(context.zone, pattern, millis))
    return Bound("keyword", text, call.place, call.text, all(a.constant for a in taken))


FUNCTIONS["date_format"] = build_format


@scalar("date_parse", TEXTS, TEXTS, result="date")
def parsed(pattern, text):
    layout = pattern.replace("'", "").replace("SSS", "%f")
    for word in ("yyyy", "MM", "dd", "HH", "mm", "ss"):
        layout = layout.replace(word, LETTERS[word])
    try:
        return values.to_millis(datetime.datetime.strptime(text, layout).replace(tzinfo=datetime.timezone.utc))
    except ValueError as fault:
        raise values.Failure(str(fault)) from None
