# SPDX-License-Identifier: Apache-2.0
"""The columns a query answers, as Lens keeps them for ES|QL.

A description writes a column as {column: name in the query, label: what people read, as: format or kind}.
`as` is text, date, or the name of a format in formats.py.
"""

from fault import PackageFault
from lens.formats import FORMATS

KEYS = {"column", "label", "as"}


class Columns:
    """Collects the columns of one chart in order and gives each its id."""

    def __init__(self, place):
        self.place, self.all = place, []

    def add(self, column, metric=False, more=()):
        """Registers the column and returns its id; `more` are the chart's own keys for it."""
        if not isinstance(column, dict) or not {"column", "label"} <= column.keys():
            raise PackageFault(f"{self.place}: {column!r} is not a column; write {{column, label, as}}")
        unknown = sorted(column.keys() - KEYS - set(more))
        if unknown:
            raise PackageFault(f"{self.place}: column {column['column']} has {', '.join(unknown)}; "
                               f"it takes {', '.join(sorted(KEYS | set(more)))}")
        shown = column.get("as", "text")
        if shown not in ("text", "date") and shown not in FORMATS:
            raise PackageFault(f"{self.place}: column {column['column']} is shown as {shown!r}; use text, date, "
                               f"{', '.join(sorted(FORMATS))}")
        if any(known["columnId"] == column["column"] for known in self.all):
            raise PackageFault(f"{self.place}: column {column['column']} stands twice; a chart takes a column once")
        kind = {"text": "string", "date": "date"}.get(shown, "number")
        entry = {"columnId": column["column"], "fieldName": column["column"], "label": column["label"],
                 "customLabel": True, "meta": {"type": kind}}
        if shown in FORMATS:
            entry["params"] = {"format": FORMATS[shown]}
        if metric:
            entry["inMetricDimension"] = True
        self.all.append(entry)
        return column["column"]


def numeric(column):
    return column.get("as", "text") not in ("text", "date")
