# SPDX-License-Identifier: Apache-2.0
"""Shares of a whole: of one measure by a column, or of several measures."""

from lens import colors

KEYS = {"value", "by", "parts"}


def state(chart, columns):
    layer = {
        "layerId": "layer", "layerType": "data", "primaryGroups": [], "collapseFns": {}, "numberDisplay": "percent",
        "percentDecimals": 1, "categoryDisplay": "hide", "legendDisplay": "show", "legendPosition": "right",
        "legendSize": "large", "truncateLegend": True, "nestedLegend": False, "emptySizeRatio": 0.54,
    }
    if "parts" in chart:
        layer["metrics"] = [columns.add(part, metric=True, more={"color"}) for part in chart["parts"]]
        layer["allowMultipleMetrics"] = True
        layer["colorsByDimension"] = {part["column"]: colors.KINDS[part["color"]] for part in chart["parts"]}
    else:
        layer["metrics"] = [columns.add(chart["value"], metric=True)]
        layer["allowMultipleMetrics"] = False
        layer["primaryGroups"] = [columns.add(chart["by"])]
        layer["colorMapping"] = colors.BY_TERM
    return {"shape": "donut", "layers": [layer]}
