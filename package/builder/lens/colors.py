# SPDX-License-Identifier: Apache-2.0
"""Colours by meaning: a kind of token, a level, a scale. Series that are named by data get Kibana's own
palette, which the dashboards keep in step between their panels (syncColors)."""

KINDS = {
    "uncached": "#61A2FF", "cached": "#16C5C0", "write_5m": "#FCD883", "write_1h": "#EAAE01", "output": "#EE72A6",
    "neutral": "#98A2B3", "money": "#16C5C0", "estimate": "#EAAE01", "alarm": "#F6726A",
}
# The same as grounds of tiles and cells, light enough for dark text.
TINTS = {
    "uncached": "#D5E6FF", "cached": "#C5F2F0", "write_5m": "#FDECBE", "write_1h": "#F8DC8D", "output": "#FFDDE9",
    "estimate": "#FDECBE", "good": "#BFEBDB", "warn": "#FDE3A3", "bad": "#FFC9C2",
}
SCALE = ("#EDF4FF", "#BFDBFF", "#8FC0FF", "#61A2FF", "#2E72DA")

# These models have one colour on every dashboard, whatever stands beside them; "other" is what was added up.
MODELS = {"claude-opus-5": "#8E79E8", "claude-sonnet-5": "#F6726A", "claude-haiku-4-5": "#61A2FF"}
OTHER = "#98A2B3"


def _assigned(colour, rule):
    return {"color": {"type": "colorCode", "colorCode": colour}, "rules": [rule], "touched": False}


BY_TERM = {
    "assignments": [_assigned(colour, {"type": "match", "pattern": name, "matchEntireWord": True, "matchCase": True})
                    for name, colour in {**MODELS, "other": OTHER}.items()],
    "colorMode": {"type": "categorical"},
    "paletteId": "default",
    "specialAssignments": [{"color": {"type": "loop"}, "rules": [{"type": "other"}], "touched": False}],
}


def steps(levels):
    """A palette that steps at given values: [[level, value up to which it holds], ...], the last without end."""
    colours = [TINTS[name] for name, _ in levels]
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


def level(levels, value):
    """The level that holds at a value, as steps() has them."""
    return next(name for name, end in levels if end is None or value < end)
