# SPDX-License-Identifier: Apache-2.0
"""Bars and lines as SVG. What is drawn follows from a panel's description and what its query answered."""

import datetime
import html
import math

from numbers_shown import moment, shown, tick

GRID, AXIS = "#E3E8F2", "#5A6D8C"


def nice(top, kind="", count=4):
    """Round steps from zero to at least the top."""
    if top <= 0:
        return [0, 1]
    if kind == "bytes" and top >= 1024:
        unit = 1024 ** int(math.log(top, 1024))
        if nice(top / unit)[-1] >= 1000:  # a quarter of a MB, not 250 and then 1000 KB
            unit *= 1024
        return [unit * value for value in nice(top / unit)]
    if kind == "minutes" and top >= 120:
        unit = 1440 if top >= 2880 else 60
        return [unit * value for value in nice(top / unit)]
    raw = top / count
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    return [step * number for number in range(math.ceil(top / step - 1e-9) + 1)]


def text(x, y, content, anchor="middle", size=11, color=AXIS):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{color}">'
            f"{html.escape(content)}</text>")


def series(chart, records, colour):
    """[(label, colour, {x: value})] in the order of the stack."""
    x = chart["x"]["column"]
    if "split" not in chart:
        return [(y["label"], colour(y), {r[x]: r[y["column"]] for r in records}) for y in chart["y"]]
    out, value = {}, chart["y"][0]["column"]
    for record in records:
        out.setdefault(record[chart["split"]["column"]], {})[record[x]] = record[value]
    return [(name, colour(name), points) for name, points in sorted(out.items())]


def time_ticks(start, end, width):
    """(moment, label) at round hours or days, no more than fit."""
    hours = (end - start).total_seconds() / 3600
    wanted = max(2, width / 80)
    step = next((s for s in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336) if hours / s <= wanted), 720)
    at = start.replace(minute=0, second=0)
    at -= datetime.timedelta(hours=at.hour % step if step < 24 else at.hour)
    while at <= end:
        if at >= start:
            yield at, at.strftime("%b %d") if step >= 24 or at.hour == 0 else at.strftime("%H:%M")
        at += datetime.timedelta(hours=step)


def vertical(chart, lines, width, height):
    """Stacked bars or lines over time."""
    stacked, kind = "stacked" in chart["type"], chart["y"][0].get("as", "count")
    times = sorted({at for _, _, points in lines for at in points})
    moments = {at: moment(at) for at in times}
    if stacked:
        top = max(sum(max(points.get(at) or 0, 0) for _, _, points in lines) for at in times)
    else:
        top = max(value for _, _, points in lines for value in points.values() if value is not None)
    ticks = nice(1 if kind == "percent" and 0.5 < top <= 1 else top, kind)
    left, bottom, head = 12 + 7 * max(len(tick(t, kind)) for t in ticks), 22, 8
    first, last = moments[times[0]], moments[times[-1]]
    step = min(((moments[b] - moments[a]).total_seconds() for a, b in zip(times, times[1:])), default=3600)
    span = (last - first).total_seconds() + (step if stacked or chart["type"] == "bar" else 0)
    def across(seconds):
        return left + (width - left - 10) * seconds / (span or 1)

    def up(value):
        return head + (height - head - bottom) * (1 - value / ticks[-1])

    out = []
    for value in ticks:
        out.append(f'<line x1="{left}" x2="{width - 10}" y1="{up(value):.1f}" y2="{up(value):.1f}" stroke="{GRID}"/>')
        out.append(text(left - 6, up(value) + 4, tick(value, kind), "end"))
    for at, label in time_ticks(first, first + datetime.timedelta(seconds=span), width - left):
        x = across((at - first).total_seconds())
        if x < width - 26:
            out.append(text(max(x, left + 16), height - 6, label))
    if stacked:
        wide = max((width - left - 10) * step / span * 0.86, 0.8)
        below = dict.fromkeys(times, 0)
        for _, colour, points in lines:
            for at in times:
                value = points.get(at) or 0
                if value > 0:
                    x, y = across((moments[at] - first).total_seconds()), up(below[at] + value)
                    out.append(f'<rect x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{up(below[at]) - y:.2f}" fill="{colour}"/>')
                    below[at] += value
    else:
        for _, colour, points in lines:
            path = " ".join(f"{across((moments[at] - first).total_seconds()):.1f},{up(max(points[at], 0)):.1f}"
                            for at in times if points.get(at) is not None)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>')
    return svg(width, height, out)


def fitted(name, length):
    """The name, cut in its middle: ids differ at their ends."""
    if len(name) <= length:
        return name
    return name[:length // 3] + "\u2026" + name[len(name) - (length - length // 3 - 1):]


def horizontal(chart, lines, width, height):
    """Bars beside their terms, stacked where there are several measures."""
    kind = chart["y"][0].get("as", "count")
    terms = list(lines[0][2])
    low = min(0, min((value or 0) for _, _, points in lines for value in points.values()))
    totals = {term: sum(points.get(term) or 0 for _, _, points in lines) for term in terms}
    ticks = nice(max(totals.values()), kind, 3)
    left, bottom = min(width * 0.46, 14 + 6.2 * max(len(str(term)) for term in terms)), 20
    room = (height - bottom - 4) / len(terms)
    thick = min(room * 0.66, 30)

    def across(value):
        return left + (width - left - 70) * (value - low) / (ticks[-1] - low)

    out = [f'<line x1="{across(t):.1f}" x2="{across(t):.1f}" y1="2" y2="{height - bottom}" stroke="{GRID}"/>'
           + text(across(t), height - 5, tick(t, kind)) for t in ticks]
    for row, term in enumerate(terms):
        y, x = 4 + row * room + (room - thick) / 2, across(0)
        limit = int((left - 12) / 6.1)
        name = fitted(str(term), limit)
        out.append(text(left - 8, y + thick / 2 + 4, name, "end"))
        for _, colour, points in lines:
            long = abs(across(points.get(term) or 0) - across(0))
            out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{long:.1f}" height="{thick:.1f}" fill="{colour}"/>')
            x += long
        out.append(text(x + 5, y + thick / 2 + 4, shown(totals[term], kind), "start"))
    return svg(width, height, out)


def svg(width, height, parts):
    return f'<svg width="{width:.0f}" height="{height:.0f}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'


def xy(chart, records, width, height, colour):
    lines = series(chart, records, colour)
    return (horizontal if "horizontal" in chart["type"] else vertical)(chart, lines, width, height), lines
