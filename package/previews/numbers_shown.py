# SPDX-License-Identifier: Apache-2.0
"""Values as Kibana shows them, by the formats of package/builder/lens/formats.py."""

import datetime

SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
BYTES = ((2 ** 30, "GB"), (2 ** 20, "MB"), (2 ** 10, "KB"))
DECIMALS = {"count": 0, "ratio": 2, "money": 2, "price": 4}


def moment(value):
    """Of a date, or of a day that is a text."""
    return datetime.datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S" if "T" in value else "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc)


def _sized(value, sizes, decimals, gap=""):
    for size, name in sizes:
        if abs(value) >= size:
            return f"{value / size:.{decimals}f}{gap}{name}"
    return f"{value:,.0f}" + (" B" if gap else "")


def shown(value, kind):
    if value is None:
        return "-"
    if kind == "text":
        return ", ".join(value) if isinstance(value, list) else str(value)
    if kind == "date":
        return moment(value).strftime("%b %d, %H:%M")
    if kind == "tokens":
        return _sized(value, SIZES, 1)
    if kind == "bytes":
        return _sized(value, BYTES, 1, " ")
    if kind == "percent":
        return f"{value * 100:.1f}%"
    if kind == "minutes":
        return lasting(value)
    return f"{value:,.{DECIMALS[kind]}f}"


def lasting(minutes):
    """As Kibana shows a duration: in the greatest unit that has one whole."""
    size, name = next((pair for pair in ((1440, "d"), (60, "h"), (1, "m")) if abs(minutes) >= pair[0]), (1 / 60, "s"))
    return f"{minutes / size:.1f} {name}"


def tick(value, kind):
    """The same on an axis: no decimals that are zero."""
    if kind == "percent":
        return f"{value * 100:.0f}%"
    if kind in ("tokens", "count", "money") and abs(value) >= 1000:
        size, name = next((size, name) for size, name in SIZES if abs(value) >= size)
        return f"{value / size:g}{name}"
    return lasting(value).replace(".0 ", " ") if kind == "minutes" else shown(value, kind).replace(".0 ", " ") if kind == "bytes" else f"{value:g}"
