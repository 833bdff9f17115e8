# SPDX-License-Identifier: Apache-2.0
"""One number, or one per value of a column (a tile per currency, say)."""

from lens import colors

KEYS = {"value", "beside", "by", "color", "levels", "subtitle"}


def state(chart, columns):
    out = {
        "layerId": "layer", "layerType": "data", "showBar": False, "valueFontMode": "default",
        "titlesTextAlign": "left", "primaryAlign": "right", "primaryPosition": "bottom",
        "metricAccessor": columns.add(chart["value"], metric=True),
        "subtitle": chart.get("subtitle", ""),
    }
    if "beside" in chart:
        out["secondaryMetricAccessor"] = columns.add(chart["beside"], metric=True)
        out["secondaryTrend"] = {"type": "none"}
        out["secondaryLabel"] = chart["beside"]["label"]
        out["secondaryAlign"] = "right"
    if "by" in chart:
        out["breakdownByAccessor"] = columns.add(chart["by"])
        out["maxCols"] = 3
    if "levels" in chart:
        out["palette"] = colors.steps(chart["levels"])
        out["applyColorTo"] = "background"
    elif "color" in chart:
        out["color"] = colors.TINTS[chart["color"]]
    return out
