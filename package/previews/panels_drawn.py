# SPDX-License-Identifier: Apache-2.0
"""One panel as HTML: its title, the time range it keeps for itself, and its chart."""

import html

import board as boards
import plots
import shares
from lens.colors import KINDS, MODELS, OTHER, TINTS, level
from numbers_shown import shown

PALETTE = ("#16C5C0", "#61A2FF", "#EE72A6", "#EAAE01", "#F6726A", "#8E79E8", "#A6EDEA", "#BFDBFF", "#FFC7DB", "#FCD883")
TITLE, PAD, ROW = 34, 12, 24  # pixels: height of the title, inner margin, height of a table's row


class Colours:
    """A term has one colour on the whole dashboard, as syncColors makes it, and some models one on all."""

    def __init__(self):
        self.terms = {}

    def of(self, what):
        if isinstance(what, dict):
            return KINDS[what["color"]] if "color" in what else PALETTE[0]
        fixed = {**MODELS, "other": OTHER}
        free = [colour for colour in PALETTE if colour not in fixed.values()]
        return fixed.get(what) or self.terms.setdefault(what, free[len(self.terms) % len(free)])


def escape(value):
    return html.escape(str(value))


def panel(panel, records, width, height, colours):
    kind = boards.kind_of(panel)
    own = f'<span class="own">{escape(_span(panel["time"]))}</span>' if "time" in panel else ""
    info = '<span class="info">i</span>' if "description" in panel else ""
    inner = (width - 2 * PAD, height - TITLE - PAD)
    body = '<div class="none">No results found</div>' if not records else DRAWN[kind](panel[kind], records, *inner, colours)
    return f'<div class="title">{escape(panel["title"])}{info}{own}</div><div class="body">{body}</div>'


def _span(time):
    if time["from"] == "now-1M/M":
        return "Last 1 month rounded to the month"
    count, unit = time["from"][4:-1], {"d": "days", "h": "hours"}[time["from"][-1]]
    return f"Last {count} {unit}"


def _legend(entries, width):
    rows = "".join(f'<div><i style="background:{colour}"></i><span>{escape(plots.fitted(name, int((width - 26 - 50 * bool(extra)) / 6.6)))}</span>{extra}</div>'
                   for name, colour, extra in entries)
    return f'<div class="legend" style="width:{width}px">{rows}</div>'


def _xy(chart, records, width, height, colours):
    several = "split" in chart or len(chart["y"]) > 1
    place = chart.get("legend", "right" if several else "hidden")
    longest = max([len(r[chart["split"]["column"]]) for r in records] if "split" in chart else [len(y["label"]) for y in chart["y"]])
    beside = int(min(width * 0.27, 40 + 7 * longest)) if place == "right" else 0
    below = 26 if place == "bottom" else 0
    picture, lines = plots.xy(chart, records, width - beside, height - below, colours.of)
    entries = [(name, colour, "") for name, colour, _ in lines]
    if place == "bottom":
        return f'<div>{picture}<div class="under">{_legend(entries, width)}</div></div>'
    return f'<div class="beside">{picture}{_legend(entries, beside - 12) if beside else ""}</div>'


def _donut(chart, records, width, height, colours):
    parts = shares.slices(chart, records, colours.of)
    size = min(height, width * 0.45)
    entries = [(name, colour, f"<b>{shares.share_text(value, parts)}</b>") for name, colour, value in parts[:8]]
    return f'<div class="beside middle">{shares.donut(parts, size)}{_legend(entries, width - size - 16)}</div>'


def _heatmap(chart, records, width, height, colours):
    del colours
    return shares.heatmap(chart, records, width, height)


def _metric(chart, records, width, height, colours):
    del width, height, colours
    value, tiles = chart["value"], []
    for record in records[:3]:
        number = record[value["column"]]
        ground = TINTS[level(chart["levels"], number)] if "levels" in chart else TINTS.get(chart.get("color"), "#fff")
        name, small = (record[chart["by"]["column"]], value["label"]) if "by" in chart else (value["label"], "")
        beside = chart.get("beside")
        more = f'<div class="more">{escape(beside["label"])} <b>{shown(record[beside["column"]], beside["as"])}</b></div>' if beside else ""
        tiles.append(f'<div class="tile" style="background:{ground}"><div><b>{escape(name)}</b><small>{escape(small)}</small></div>'
                     f'<div>{more}<div class="big">{shown(number, value["as"])}</div></div></div>')
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _cell(column, record):
    value, kind = record[column["column"]], column.get("as", "text")
    style = f' style="background:{TINTS[level(column["levels"], value)]}"' if "levels" in column and value is not None else ""
    return f'<td class="{_side(column)}"{style}>{escape(shown(value, kind))}</td>'


def _side(column):
    return "left" if column.get("as", "text") in ("text", "date") else "right"


def _table(chart, records, width, height, colours):
    del width, colours
    totals = any("total" in column for column in chart["columns"])
    room = max(1, int(height // ROW) - 1 - totals)
    head = "".join(f'<th class="{_side(column)}">{escape(column["label"])}</th>' for column in chart["columns"])
    rows = "".join("<tr>" + "".join(_cell(column, record) for column in chart["columns"]) + "</tr>"
                   for record in records[:min(room, chart.get("page", 100))])
    foot = ""
    if totals:
        sums = [sum(r[c["column"]] or 0 for r in records) if "total" in c else None for c in chart["columns"]]
        cells = [f'<td class="{_side(c)}">{escape(c["total"])}: <b>{shown(s, c["as"])}</b></td>' if s is not None else "<td></td>"
                 for c, s in zip(chart["columns"], sums)]
        foot = f'<tr class="total">{"".join(cells)}</tr>'
    wide = "".join(f'<col style="width:{c["wide"]}px">' if "wide" in c else "<col>" for c in chart["columns"])
    return f"<table><colgroup>{wide}</colgroup><tr>{head}</tr>{rows}{foot}</table>"


DRAWN = {"xy": _xy, "donut": _donut, "heatmap": _heatmap, "metric": _metric, "table": _table}
