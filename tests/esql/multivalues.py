# SPDX-License-Identifier: Apache-2.0
"""MV_*: functions of the several values that one place may hold."""

import math
import statistics

import values
from bound import ANY, FUNCTIONS, NUMBERS, TEXTS, Bound, accept, count_arguments
from syntax import NotSupported, VerificationFault


def gatherer(name, accepted, result, compute):
    """A function of all members of a place, null if there is none."""

    def build(call, arguments, context):
        count_arguments(call, arguments, 1, 1)
        (argument,) = accept(call, arguments, (accepted,))
        kind = result(argument.type) if callable(result) else result

        def evaluate(row):
            members = values.members(argument.value(row))
            if not members:
                return None
            try:
                found = compute(members)
                return values.in_range(found, kind) if kind in NUMBERS and type(found) is not tuple else found
            except values.Failure as failure:
                context.warnings.add(call.place, call.text, str(failure))
                return None

        return Bound(kind, evaluate, call.place, call.text, argument.constant)

    FUNCTIONS[name] = build


def middle(members):
    if isinstance(members[0], float):
        return statistics.median(members)
    ordered = sorted(members)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def unique(members):
    return values.gathered(dict.fromkeys(members))


gatherer("mv_count", ANY, "integer", len)
gatherer("mv_max", ANY, lambda kind: kind, max)
gatherer("mv_min", ANY, lambda kind: kind, min)
gatherer("mv_sum", NUMBERS, lambda kind: kind, sum)
gatherer("mv_avg", NUMBERS, "double", lambda members: math.fsum(members) / len(members))
gatherer("mv_median", NUMBERS, lambda kind: kind, middle)
gatherer("mv_dedupe", ANY, lambda kind: kind, unique)
gatherer("mv_first", ANY, lambda kind: kind, lambda members: members[0])
gatherer("mv_last", ANY, lambda kind: kind, lambda members: members[-1])


def build_concat(call, arguments, context):
    count_arguments(call, arguments, 2, 2)
    subject, delimiter = accept(call, arguments, (TEXTS, TEXTS))

    def evaluate(row):
        members, between = values.members(subject.value(row)), delimiter.value(row)
        return between.join(members) if members and isinstance(between, str) else None

    return Bound("keyword", evaluate, call.place, call.text, subject.constant and delimiter.constant)


def build_sort(call, arguments, context):
    count_arguments(call, arguments, 1, 2)
    subject = accept(call, arguments[:1], (ANY,))[0]
    order = arguments[1].value([]).lower() if len(arguments) == 2 else "asc"
    if order not in ("asc", "desc"):
        raise VerificationFault(
            call.place, f"Invalid order value in [{call.text}], expected one of [ASC, DESC] but got [{order}]"
        )
    return Bound(
        subject.type,
        lambda row: values.gathered(sorted(values.members(subject.value(row)), reverse=order == "desc")),
        call.place,
        call.text,
        subject.constant,
    )


def build_slice(call, arguments, context):
    count_arguments(call, arguments, 2, 3)
    subject, *bounds = accept(call, arguments, (ANY, ("integer",), ("integer",)))

    def evaluate(row):
        members = values.members(subject.value(row))
        begin = bounds[0].value(row)
        end = bounds[-1].value(row)
        if begin is None or end is None:
            return None
        if begin > end or begin < 0 <= end:
            fact = "greater than end offset" if begin > end else "and end offset have different signs"
            context.warnings.add(call.place, call.text, f"Start offset {fact}")
            return None
        begin, end = (edge + len(members) if edge < 0 else edge for edge in (begin, end))
        return values.gathered(members[max(begin, 0) : end + 1]) if end >= 0 else None

    return Bound(subject.type, evaluate, call.place, call.text, all(a.constant for a in arguments))


def build_append(call, arguments, context):
    count_arguments(call, arguments, 2, 2)
    left, right = accept(call, arguments, (ANY, ANY))
    kinds = {"keyword" if a.type in TEXTS else a.type for a in (left, right)} - {"null"}
    if len(kinds) > 1:
        raise VerificationFault(
            call.place, f"second argument of [{call.text}] must be [{left.type}], found type [{right.type}]"
        )

    def evaluate(row):
        first, second = values.members(left.value(row)), values.members(right.value(row))
        if bool(first) != bool(second):
            what = "MV_APPEND with one null, which some versions answer with null and others with the rest,"
            raise NotSupported(call.place, what)
        return values.gathered(first + second)

    return Bound(kinds.pop() if kinds else "null", evaluate, call.place, call.text, left.constant and right.constant)


FUNCTIONS.update(mv_concat=build_concat, mv_sort=build_sort, mv_slice=build_slice, mv_append=build_append)
