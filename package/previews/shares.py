# SPDX-License-Identifier: Apache-2.0
"""Donuts and heat maps as SVG."""

import math

from lens.colors import SCALE
from numbers_shown import shown
from plots import svg, text


def slices(chart, records, colour):
    """[(label, colour, value)], greatest first for terms, as described for parts."""
    if "parts" in chart:
        return [(part["label"], colour(part), records[0][part["column"]]) for part in chart["parts"]]
    by, value = chart["by"]["column"], chart["value"]["column"]
    return [(r[by], colour(r[by]), r[value]) for r in records if r[value] > 0]


def donut(parts, size):
    total = sum(value for _, _, value in parts) or 1
    middle, outer, inner, angle, out = size / 2, size / 2 - 4, size / 2 * 0.56, -math.pi / 2, []

    def point(radius, at):
        return f"{middle + radius * math.cos(at):.2f} {middle + radius * math.sin(at):.2f}"

    for _, colour, value in parts:
        share = min(value / total, 0.99999)
        end, large = angle + 2 * math.pi * share, 1 if share > 0.5 else 0
        out.append(f'<path d="M{point(outer, angle)} A{outer} {outer} 0 {large} 1 {point(outer, end)} L{point(inner, end)} '
                   f'A{inner} {inner} 0 {large} 0 {point(inner, angle)}Z" fill="{colour}" stroke="#fff" stroke-width="1.5"/>')
        angle = end
    return svg(size, size, out)


def share_text(value, parts):
    return f"{100 * value / (sum(v for _, _, v in parts) or 1):.1f}%"


def heatmap(chart, records, width, height):
    x, y, value = (chart[key]["column"] for key in ("x", "y", "value"))
    across, down = sorted({r[x] for r in records}), sorted({r[y] for r in records})
    cells = {(r[x], r[y]): r[value] for r in records}
    top = max(cells.values()) or 1
    left, bottom, legend = 52, 20, 78
    wide, tall = (width - left - legend) / len(across), (height - bottom - 4) / len(down)
    out = []
    for row, name in enumerate(down):
        out.append(text(left - 8, 4 + row * tall + tall / 2 + 4, name, "end"))
        for column, hour in enumerate(across):
            part = cells.get((hour, name), 0) / top
            colour = SCALE[min(int(part * len(SCALE)), len(SCALE) - 1)]
            out.append(f'<rect x="{left + column * wide:.1f}" y="{4 + row * tall:.1f}" width="{wide - 1.5:.1f}" '
                       f'height="{tall - 1.5:.1f}" rx="2" fill="{colour}"/>')
    out += [text(left + column * wide + wide / 2, height - 5, hour) for column, hour in enumerate(across)]
    for number, colour in enumerate(SCALE):
        at = 14 + number * 20
        out.append(f'<rect x="{width - legend + 12}" y="{at}" width="12" height="12" rx="2" fill="{colour}"/>')
        out.append(text(width - legend + 30, at + 10, "\u2265 " + shown(top * number / len(SCALE), chart["value"]["as"]), "start"))
    return svg(width, height, out)
