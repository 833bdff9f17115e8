# SPDX-License-Identifier: Apache-2.0
"""Colours by meaning: a kind of token, a level, a scale. Series that are named by data get Kibana's own
palette, which the dashboards keep in step between their panels (syncColors)."""

KINDS = {
    "uncached": "#6092c0", "cached": "#54b399", "write_5m": "#d6bf57", "write_1h": "#da8b45", "output": "#9170b8",
    "neutral": "#98a2b3", "money": "#54b399", "estimate": "#d6bf57", "alarm": "#e7664c",
}
GOOD, WARN, BAD = "#54b399", "#d6bf57", "#e7664c"
SCALE = ("#ecf1f7", "#c3d5e8", "#98b9d9", "#6a9dc9", "#2f7fb8")

BY_TERM = {
    "assignments": [],
    "colorMode": {"type": "categorical"},
    "paletteId": "default",
    "specialAssignments": [{"color": {"type": "loop"}, "rules": [{"type": "other"}], "touched": False}],
}


def steps(levels):
    """A palette that steps at given values: [[colour, value up to which it holds], ...], the last without end."""
    names = {"good": GOOD, "warn": WARN, "bad": BAD}
    colours = [names[name] for name, _ in levels]
    ends = [end for _, end in levels[:-1]]
    last = ends[-1] * 2 if ends[-1] > 0 else 1
    return {
        "name": "custom",
        "type": "palette",
        "params": {
            "name": "custom", "continuity": "all", "progression": "fixed", "rangeType": "number", "reverse": False,
            "rangeMin": None, "rangeMax": None, "steps": len(levels), "maxSteps": 5,
            "colorStops": [{"color": colour, "stop": start} for colour, start in zip(colours, [None] + ends)],
            "stops": [{"color": colour, "stop": end} for colour, end in zip(colours, ends + [last])],
        },
    }
