# SPDX-License-Identifier: Apache-2.0
"""Which fields, of which types, the text of queries and pipelines relies on, as far as patterns can tell.

tests/esql reads queries with the real parser; this needs nothing and always runs.
"""

import re

NUMBER, TIME, TEXT = "number", "date", "text"
KINDS = {"long": NUMBER, "integer": NUMBER, "double": NUMBER, "date": TIME, "keyword": TEXT, "constant_keyword": TEXT,
         "text": TEXT, "boolean": "boolean"}
# What convert makes, and the types of fields that hold it.
CONVERTED = {"long": {"long"}, "integer": {"long", "integer"}, "double": {"double"}, "float": {"double"},
             "string": {"keyword", "constant_keyword", "text"}, "boolean": {"boolean"}, "ip": {"ip"}}
FIELD = r"(@timestamp|[a-z_]\w*(?:\.[a-z_]\w*)+)"
USES = [
    (re.compile(rf"\b(?:SUM|AVG|MEDIAN|STD_DEV|PERCENTILE|ABS|ROUND)\(\s*{FIELD}\s*[,)]", re.IGNORECASE), {NUMBER}),
    (re.compile(rf"\b(?:MAX|MIN)\(\s*{FIELD}\s*\)", re.IGNORECASE), {NUMBER, TIME, TEXT}),
    (re.compile(rf"\b(?:BUCKET|DATE_FORMAT\([^,()]*,|DATE_EXTRACT\([^,()]*,)\(?\s*{FIELD}\s*[,)]", re.IGNORECASE), {TIME}),
    (re.compile(rf"\bDATE_TRUNC\([^,()]*,\s*{FIELD}\s*\)", re.IGNORECASE), {TIME}),
    (re.compile(rf"{FIELD}\s*(?:==|!=|LIKE|RLIKE|IN\s*\()\s*\"", re.IGNORECASE), {TEXT, TIME}),
    (re.compile(rf"{FIELD}\s*(?:==|!=|>=|<=|>|<)\s*-?\d", re.IGNORECASE), {NUMBER}),
    (re.compile(rf"{FIELD}\s*(?:>=|<=|>|<)\s*\"", re.IGNORECASE), {TIME}),
]
NOISE = re.compile(r"//[^\n]*|/\*(?:.|\n)*?\*/")
PATH = re.compile(r"\bctx((?:\??\.[A-Za-z_]\w*)+)(\()?")
TEMPLATE = re.compile(r"\{\{\{?\s*([A-Za-z_@][\w.]*)\s*\}?\}\}")


def uses(query):
    """(field, kinds that its use allows, the text of the use) of an ES|QL query."""
    plain = NOISE.sub(" ", query)
    for pattern, kinds in USES:
        for found in pattern.finditer(plain):
            yield found.group(1), kinds, found.group(0)


def processors(listed):
    """(kind, options) of every processor, inner ones included."""
    for entry in listed or []:
        (kind, options), = entry.items()
        yield kind, options
        yield from processors(options.get("on_failure"))
        if kind == "foreach":
            yield from processors([options["processor"]])


def read_by(options):
    """Fields that a processor's condition and templates name."""
    for path, call in PATH.findall(options.get("if", "")):
        parts = path.replace("?", "").strip(".").split(".")
        yield ".".join(parts[:-1] if call else parts)
    for value in options.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield from (name for name in TEMPLATE.findall(item) if not name.startswith("_ingest."))


def written_by(kind, options):
    """(field, types it may have) of what a processor writes; None for any type."""
    fields = options.get("target_field") or options.get("field")
    if kind in ("remove", "script", "drop", "fail", "foreach", "pipeline") or fields is None:
        return
    types = None
    if kind == "convert":
        types = CONVERTED[options["type"]]
    elif kind == "date":
        types = {"date"}
        fields = options.get("target_field", "@timestamp")
    elif kind in ("lowercase", "uppercase", "trim", "gsub", "join"):
        types = CONVERTED["string"]
    elif kind == "set" and isinstance(options.get("value"), (bool, int, float)):
        types = {"boolean"} if isinstance(options["value"], bool) else {"long", "double", "integer"}
    yield fields, types
