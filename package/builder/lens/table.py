# SPDX-License-Identifier: Apache-2.0
"""A table, texts and dates before numbers as Kibana shows them; columns may have a total below them, a level of colour, and one sorts the table."""

from fault import PackageFault
from lens import colors
from lens.columns import numeric

KEYS = {"columns", "page"}
OWN = {"total", "levels", "sort", "wide", "filter"}


def state(chart, columns):
    shown, sorting, first_number = [], None, None
    for column in chart["columns"]:
        number = numeric(column)
        if first_number and not number:
            raise PackageFault(f"{columns.place}: {column['column']} stands after the number {first_number}; Kibana shows texts and "
                               "dates before numbers, so describe them in that order")
        first_number = first_number or (column["column"] if number else None)
        entry = {"columnId": columns.add(column, metric=number, more=OWN), "isTransposed": False, "isMetric": number,
                 "alignment": "right" if number else "left"}
        if column.get("wide"):
            entry["width"] = column["wide"]
        if column.get("filter"):
            entry["oneClickFilter"] = True
        if column.get("total"):
            if not number:
                raise PackageFault(f"{columns.place}: {column['column']} has a total and is no number; drop the total")
            entry["summaryRow"], entry["summaryLabel"] = "sum", column["total"]
        if "levels" in column:
            entry["colorMode"], entry["palette"] = "cell", colors.steps(column["levels"])
        if "sort" in column:
            sorting = {"columnId": column["column"], "direction": column["sort"]}
        shown.append(entry)
    out = {"columns": shown, "layerId": "layer", "layerType": "data", "density": "compact", "rowHeight": "auto",
           "headerRowHeight": "auto"}
    if sorting:
        out["sorting"] = sorting
    if "page" in chart:
        out["paging"] = {"enabled": True, "size": chart["page"]}
    return out
