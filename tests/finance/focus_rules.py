# SPDX-License-Identifier: Apache-2.0
"""Holds a CSV against the rules of FOCUS 1.2, which focus-1.2.json has as data."""

import csv
import io
import json
import pathlib
import re
from decimal import Decimal

RULES = json.loads(pathlib.Path(__file__).with_name("focus-1.2.json").read_text(encoding="ascii"))
COLUMNS = {column["column"]: column for column in RULES["columns"]}
# A sign only below zero, one point, and E without a sign unless the exponent is below zero.
NUMERIC = re.compile(r"-?\d+(\.\d+)?([Ee]-?\d+)?")
DATE_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")
CURRENCY = re.compile(r"[A-Z]{3}")
UNIT = re.compile(r"(\d+ )?[A-Z][A-Za-z]*s?(-[A-Z][a-z]+s|/(\d+ )?[A-Z][a-z]+s?)?")
NAME = re.compile(r"[A-Z][A-Za-z]{1,49}")
CUSTOM = re.compile(r"x_[A-Z][A-Za-z]{1,47}")


def key_values(text):
    """Whether it is a JSON object of plain values under names of their own."""
    twice = []

    def once(pairs):
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=once)
    except ValueError:
        return False
    return isinstance(value, dict) and not twice and not any(isinstance(one, (dict, list)) for one in value.values())


FORMATS = {"numeric": NUMERIC.fullmatch, "datetime": DATE_TIME.fullmatch, "currency": CURRENCY.fullmatch, "unit": UNIT.fullmatch,
           "keyvalue": key_values}


def heading_faults(names):
    faults = [f"{name}: the column stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    custom = [name for name in names if name not in COLUMNS]
    faults += [f"{name}: neither a column of FOCUS nor x_ and a name in Pascal case" for name in custom if not CUSTOM.fullmatch(name)]
    faults += [f"{name}: no name in Pascal case" for name in names if name in COLUMNS and not NAME.fullmatch(name)]
    first_custom = next((i for i, name in enumerate(names) if name not in COLUMNS), len(names))
    faults += [f"{name}: a column of FOCUS behind a custom one" for name in names[first_custom:] if name in COLUMNS]
    faults += [f"{name}: {column['level']}, and not there ({column['source']})" for name, column in COLUMNS.items()
               if name not in names and (column["level"] == "Mandatory" or name not in RULES["absent"])]
    return faults


def holds(condition, row):
    return all(row.get(name, "") in values for name, values in condition.items())


def applies(rule, row):
    return ("when" not in rule or holds(rule["when"], row)) and ("unless" not in rule or not holds(rule["unless"], row))


def rule_fault(rule, value, other, one_of):
    """What is wrong with a value by one rule, or nothing. other: the value of the rule's other column."""
    must = rule["must"]
    if must == "null":
        return "must be null" if value else None
    if must == "value":
        return None if value else "must not be null"
    if must == "null as":
        return None if bool(value) == bool(other) else f"must be null where {rule['column']} is, and only there"
    if must == "one of its":
        return None if one_of.setdefault(value, other) == other else f"must belong to one {rule['column']} only"
    if not value:
        return None
    if must == "equal":
        return None if other and Decimal(value) == Decimal(other) else f"must equal {rule['column']}"
    if must == "differ":
        return "must be another" if value == rule["value"] else None
    if must == "differ from":
        return f"must not repeat {rule['column']}" if value == other else None
    held = {"later than": value > other, "not before": value >= other, "not after": value <= other}
    return None if held[must] else f"must be {must} {rule['column']}"


def value_faults(column, value, row):
    """(rule, sentence) of one cell by itself."""
    if not value:
        if not column["nulls"]:
            yield "nulls", "must not be null"
        return
    if not value.strip():
        yield "null", "blanks are no value"
    if "format" in column and not FORMATS[column["format"]](value):
        yield "format", f"is not in the format of {RULES['formats'][column['format']]}"
    elif column.get("not_below_zero") and Decimal(value) < 0:
        yield "range", "must not be below zero"
    if "values" in column and value not in column["values"]:
        yield "values", "is none of the allowed values"
    for other, values in column.get("values_by", {}).items():
        if value not in values.get(row.get(other, ""), []):
            yield "values", f"is none of the allowed values of its {other}"


def faults(text, left_open=True):
    """Sentences, at most one for each column, rule and value. left_open: without what the rules' data say is left open."""
    opened = {(one["column"], one["rule"]) for one in RULES["left_open"]} if left_open else set()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    names = next(csv.reader(io.StringIO(text, newline="")))
    found = heading_faults(names)
    one_of = {}
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            found.append(f"row {number}: another number of cells than the heading")
            continue
        for name in names:
            column = COLUMNS.get(name)
            if column is None:
                continue
            told = [(rule, sentence) for rule, sentence in value_faults(column, row[name], row)]
            for i, rule in enumerate(column.get("rules", [])):
                if applies(rule, row):
                    sentence = rule_fault(rule, row[name], row.get(rule.get("column", ""), ""), one_of.setdefault((name, i), {}))
                    told += [(rule["must"], sentence)] if sentence else []
            found += [f"row {number}: {name} '{row[name]}' {sentence} ({column['source']})" for rule, sentence in told
                      if (name, rule) not in opened]
    return found
