# SPDX-License-Identifier: Apache-2.0
"""A measure by two columns, as shades."""

from lens import colors

KEYS = {"x", "y", "value"}


def state(chart, columns):
    value = columns.add(chart["value"], metric=True)
    share = 100 / len(colors.SCALE)
    starts = [round(share * step) for step in range(len(colors.SCALE))]
    return {
        "shape": "heatmap", "layerId": "layer", "layerType": "data",
        "xAccessor": columns.add(chart["x"]), "yAccessor": columns.add(chart["y"]), "valueAccessor": value,
        "legend": {"type": "heatmap_legend", "isVisible": True, "position": "right"},
        "gridConfig": {"type": "heatmap_grid", "isCellLabelVisible": False, "isXAxisLabelVisible": True,
                       "isYAxisLabelVisible": True, "isXAxisTitleVisible": False, "isYAxisTitleVisible": False},
        "palette": {
            "name": "custom", "type": "palette", "accessor": value,
            "params": {"name": "custom", "continuity": "above", "rangeType": "percent", "rangeMin": 0, "rangeMax": None,
                       "reverse": False, "progression": "fixed", "steps": len(colors.SCALE), "maxSteps": 5,
                       "colorStops": [{"color": c, "stop": s} for c, s in zip(colors.SCALE, starts)],
                       "stops": [{"color": c, "stop": s + round(share)} for c, s in zip(colors.SCALE, starts)]},
        },
    }
