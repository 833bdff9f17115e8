# SPDX-License-Identifier: Apache-2.0
"""The commands of a query, each from one table to the next. Columns and types are settled before rows are read."""

import fnmatch
import itertools

import aggregates
import values
from bound import Scope, bind
from syntax import Drop, Eval, Keep, Limit, MvExpand, Rename, Sort, Stats, VerificationFault, Where


class Table:
    """Columns as (name, type), rows as lists in their order."""

    def __init__(self, columns, rows):
        self.columns, self.rows = list(columns), rows

    def scope(self):
        return Scope(self.columns)

    def keep(self, names):
        """The same rows with these columns, in this order."""
        places = {name: place for place, (name, _) in enumerate(self.columns)}
        chosen = [places[name] for name in names]
        return Table([self.columns[p] for p in chosen], [[row[p] for p in chosen] for row in self.rows])


def row_command(command, context):
    table = Table([], [[]])
    return evaluate(Eval(command.fields, command.place), table, context)


def where(command, table, context):
    aggregates.forbid(command.condition, "in WHERE")
    condition = bind(command.condition, table.scope(), context)
    if condition.type not in ("boolean", "null"):
        raise VerificationFault(condition.place, f"Condition expression needs to be boolean, found [{condition.type}]")
    return Table(table.columns, [row for row in table.rows if condition.value(row) is True])


def evaluate(command, table, context):
    """EVAL: each field may name those before it; a name that exists is replaced and moves to the end."""
    for field in command.fields:
        aggregates.forbid(field.expression, "outside STATS command")
        bound = bind(field.expression, table.scope(), context)
        kept = [p for p, (name, _) in enumerate(table.columns) if name != field.name]
        columns = [table.columns[p] for p in kept] + [(field.name, bound.type)]
        if len(kept) == len(table.columns):
            rows = [row + [bound.value(row)] for row in table.rows]
        else:
            rows = [[row[p] for p in kept] + [bound.value(row)] for row in table.rows]
        table = Table(columns, rows)
    return table


def stats(command, table, context):
    scope = table.scope()
    context.grouping = True
    try:
        groupings = []
        for field in command.groupings:
            aggregates.forbid(field.expression, "in the BY clause of STATS")
            groupings.append((field.name, bind(field.expression, scope, context)))
    finally:
        context.grouping = False
    keys = [(name, bound.type) for name, bound in groupings]
    slots, outputs = [], []
    for field in command.aggregations:
        condition = bind(field.condition, scope, context) if field.condition is not None else None
        expression, found = aggregates.split(field, {name for name, _ in keys})
        for number, call in enumerate(found):
            arguments = [bind(a, scope, context) for a in call.arguments]
            slot = aggregates.Slot(call, arguments, condition.value if condition else None, context)
            slots.append((f"\0{field.name}\0{number}", slot))
        outputs.append((field.name, expression))
    after = Scope(keys + [(name, slot.type) for name, slot in slots])
    bound = [(name, bind(expression, after, context)) for name, expression in outputs]

    rows = []
    for key, members in groups(table.rows, [b.value for _, b in groupings]).items():
        inner = list(key) + [slot.over(members) for _, slot in slots]
        rows.append([b.value(inner) for _, b in bound] + list(key))
    columns = [(name, b.type) for name, b in bound] + keys
    wanted = list(dict.fromkeys(name for name, _ in reversed(columns)))[::-1]
    return Table(columns, rows).keep(wanted)


def groups(rows, getters):
    """Rows by key. Several values in a key's place put the row into several groups; null is a key."""
    if not getters:
        return {(): rows}
    found = {}
    for row in rows:
        parts = [get(row) for get in getters]
        if any(type(part) is tuple for part in parts):
            spread = [dict.fromkeys(part) if type(part) is tuple else (part,) for part in parts]
            for key in itertools.product(*spread):
                found.setdefault(key, []).append(row)
        else:
            found.setdefault(tuple(parts), []).append(row)
    return found


def matching(pattern, table, place):
    names = [name for name, _ in table.columns if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        fact = f"No matches found for pattern [{pattern}]" if "*" in pattern else f"Unknown column [{pattern}]"
        raise VerificationFault(place, fact)
    return names


def keep(command, table, context):
    """The place of a column is that of the most exact pattern that matches it."""
    best = {}
    for number, pattern in enumerate(command.patterns):
        rank = 2 if "*" not in pattern else 0 if pattern == "*" else 1
        for name in matching(pattern, table, command.place):
            if name not in best or rank >= best[name][0]:
                best[name] = (rank, number)
    order = [name for name, _ in table.columns]
    return table.keep(sorted(best, key=lambda name: (best[name][1], order.index(name))))


def drop(command, table, context):
    gone = {name for pattern in command.patterns for name in matching(pattern, table, command.place)}
    return table.keep([name for name, _ in table.columns if name not in gone])


def rename(command, table, context):
    for old, new in command.pairs:
        matching(old, table, command.place)
        if old != new and new in (name for name, _ in table.columns):
            table = table.keep([name for name, _ in table.columns if name != new])
        table = Table([(new if name == old else name, kind) for name, kind in table.columns], table.rows)
    return table


def sort(command, table, context):
    """Null goes last when ascending and first when descending, unless said otherwise."""
    rows = list(table.rows)
    scope = table.scope()
    for order in reversed(command.orders):
        bound = bind(order.expression, scope, context)
        pick = max if order.descending else min
        keyed = [(values.members(bound.value(row)), row) for row in rows]
        full = [(pick(members), row) for members, row in keyed if members]
        empty = [row for members, row in keyed if not members]
        full.sort(key=lambda pair: pair[0], reverse=order.descending)
        ordered = [row for _, row in full]
        rows = empty + ordered if order.nulls_first else ordered + empty
    return Table(table.columns, rows)


def mv_expand(command, table, context):
    place, _ = table.scope().find(command)
    rows = []
    for row in table.rows:
        for member in values.members(row[place]) or (None,):
            rows.append(row[:place] + [member] + row[place + 1 :])
    return Table(table.columns, rows)


COMMANDS = {
    Where: where,
    Eval: evaluate,
    Stats: stats,
    Keep: keep,
    Drop: drop,
    Rename: rename,
    Sort: sort,
    MvExpand: mv_expand,
    Limit: lambda command, table, context: Table(table.columns, table.rows[: command.count]),
}
