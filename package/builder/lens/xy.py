# SPDX-License-Identifier: Apache-2.0
"""Bars, lines and areas over time or over terms."""

from fault import PackageFault
from lens import colors

KEYS = {"type", "x", "y", "split", "legend", "y_title", "reference"}
TYPES = {"bar", "bar_stacked", "bar_percentage_stacked", "bar_horizontal", "bar_horizontal_stacked", "line", "area",
         "area_stacked"}


def state(chart, columns):
    if chart["type"] not in TYPES:
        raise PackageFault(f"{columns.place}: type {chart['type']!r}; use one of {', '.join(sorted(TYPES))}")
    layer = {"layerId": "layer", "layerType": "data", "seriesType": chart["type"],
             "xAccessor": columns.add(chart["x"]),
             "accessors": [columns.add(column, metric=True, more={"color"}) for column in chart["y"]],
             "yConfig": []}
    for column in chart["y"]:
        look = {"forAccessor": column["column"], "axisMode": "left"}
        if "color" in column:
            look["color"] = colors.KINDS[column["color"]]
        layer["yConfig"].append(look)
    if "split" in chart:
        layer["splitAccessors"] = [columns.add(chart["split"])]
        layer["colorMapping"] = colors.BY_TERM
    several = "split" in chart or len(chart["y"]) > 1
    legend = chart.get("legend", "right" if several else "hidden")
    titled = bool(chart.get("y_title"))
    both = {"x": True, "yLeft": True, "yRight": True}
    out = {
        "layers": [layer], "preferredSeriesType": chart["type"], "valueLabels": "hide", "minBarHeight": 1,
        "legend": {"isVisible": legend != "hidden", "position": "right" if legend == "hidden" else legend, "maxLines": 1,
                   "showSingleSeries": True},
        "axisTitlesVisibilitySettings": {"x": False, "yLeft": titled, "yRight": False},
        "tickLabelsVisibilitySettings": both, "gridlinesVisibilitySettings": dict(both, x=False),
        "labelsOrientation": {"x": 0, "yLeft": 0, "yRight": 0},
        "xExtent": {"mode": "dataBounds", "niceValues": False}, "yLeftExtent": {"mode": "full", "niceValues": True},
        "yLeftScale": "linear", "hideEndzones": True, "showCurrentTimeMarker": False,
    }
    if titled:
        out["yTitle"] = chart["y_title"]
    if chart["type"] == "line":
        # A line from zero to zero over hours without data would claim measurements that nobody made.
        out["fittingFunction"] = "None"
    return out
