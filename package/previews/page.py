# SPDX-License-Identifier: Apache-2.0
"""A dashboard as one HTML page of fixed size: bar of controls, links, text, sections with their panels."""

import html
import re

import board as boards
from panels_drawn import Colours, escape, panel

WIDTH, MARGIN, UNIT, GAP = 1600, 16, 26, 8  # pixels; a row of the grid is UNIT high, gap included
LABEL = "Rendered from simulated data, not a Kibana screenshot"
STYLE = """
* { box-sizing: border-box; margin: 0 }
body { width: 1600px; background: #F6F9FC; color: #1D2A3E; font: 13px Inter, 'DejaVu Sans', sans-serif; padding: 14px 16px 16px }
.head { display: flex; justify-content: space-between; align-items: center; margin-bottom: 10px }
h1 { font-size: 20px; font-weight: 600 } .label { background: #FDECBE; border-radius: 4px; padding: 4px 10px; font-weight: 500 }
.bar { display: flex; gap: 8px; margin-bottom: 8px } .control { background: #fff; border: 1px solid #D3DAE6; border-radius: 6px;
  height: 34px; display: flex; overflow: hidden; align-items: center; white-space: nowrap }
.control b { background: #ECF1F9; font-weight: 500; padding: 8px 10px; color: #3B4F6D } .control span { padding: 0 14px; color: #5A6D8C }
.control.chosen span { color: #1D2A3E } .control em { font-style: normal; margin-left: auto; padding: 0 10px; color: #8A99B3 }
.links { display: flex; gap: 26px; background: #fff; border: 1px solid #E3E8F2; border-radius: 6px; padding: 10px 16px; margin-bottom: 8px }
.links span { color: #1750BA; font-weight: 500 } .links .here { color: #1D2A3E; font-weight: 600 }
.text { background: #fff; border: 1px solid #E3E8F2; border-radius: 6px; padding: 10px 16px; line-height: 20px; margin-bottom: 4px; color: #31435E }
code { background: #ECF1F9; border-radius: 3px; padding: 1px 4px; font-size: 12px }
h2 { font-size: 15px; font-weight: 600; margin: 12px 0 8px } h2:before { content: '\\25BE'; margin-right: 8px; color: #5A6D8C }
.grid { position: relative } .cell { position: absolute; background: #fff; border: 1px solid #E3E8F2; border-radius: 6px; overflow: hidden }
.title { font-weight: 600; font-size: 13px; padding: 9px 12px 0; height: 34px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.own { font-weight: 500; font-size: 11px; background: #ECF1F9; color: #3B4F6D; border-radius: 3px; padding: 2px 7px; margin-left: 8px }
.info { display: inline-block; width: 14px; height: 14px; border: 1px solid #8A99B3; border-radius: 7px; color: #5A6D8C; font-size: 10px;
  line-height: 12px; text-align: center; margin-left: 6px; font-weight: 500 }
.body { padding: 0 12px 12px } .beside { display: flex; gap: 12px } .middle { align-items: center; gap: 16px }
.legend div { display: flex; align-items: center; height: 21px; font-size: 12px; color: #31435E }
.legend i { flex: none; width: 10px; height: 10px; border-radius: 5px; margin-right: 8px } .legend b { margin-left: auto; padding-left: 8px; font-weight: 500 }
.legend span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .under .legend { display: flex; gap: 18px; height: 24px; overflow: hidden }
.tiles { display: flex; gap: 8px; position: absolute; left: 12px; right: 12px; top: 36px; bottom: 12px }
.tile { flex: 1; border-radius: 4px; padding: 8px 12px; display: flex; flex-direction: column; justify-content: space-between }
.tile small { display: block; color: #5A6D8C; font-size: 12px; margin-top: 2px } .tile b { font-weight: 600 }
.big { font-size: 30px; font-weight: 600; text-align: right; line-height: 36px } .more { text-align: right; color: #5A6D8C; font-size: 12px }
table { border-collapse: collapse; width: 100%; font-size: 12px } th { font-weight: 600; color: #3B4F6D; background: #F6F9FC }
td, th { height: 24px; padding: 0 8px; border-bottom: 1px solid #E9EEF6; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 330px }
.left { text-align: left } .right { text-align: right; font-variant-numeric: tabular-nums } .total td { border: 0; color: #3B4F6D } .total b { color: #1D2A3E }
.none { color: #5A6D8C; text-align: center; padding-top: 30px }
"""


def control(item, width=None, chosen="Any"):
    style = f' style="width:{width}px"' if width else ""
    return (f'<div class="control{"" if chosen == "Any" else " chosen"}"{style}><b>{escape(item["title"])}</b><span>{escape(chosen)}</span>'
            "<em>\u25be</em></div>")


def markdown(text):
    """The little of Markdown that the dashboards' texts use."""
    out = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text.strip()))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", out).replace("\n", "<br>")


def section(part, answers, colours):
    """A section's panels at their places in the grid."""
    column, cells, bottom = (WIDTH - 2 * MARGIN + GAP) / boards.WIDTH, [], 0
    for (kind, item), x, y, width, height in boards.placed(part):
        place = (x * column, y * UNIT, width * column - GAP, height * UNIT - GAP)
        bottom = max(bottom, (y + height) * UNIT)
        style = "left:{:.0f}px;top:{:.0f}px;width:{:.0f}px;height:{:.0f}px".format(*place)
        if kind == "control":
            cells.append(f'<div style="position:absolute;{style}">{control(item, int(place[2]))}</div>')
        else:
            cells.append(f'<div class="cell" style="{style}">{panel(item, answers[item["name"]], place[2] - 2, place[3] - 2, colours)}</div>')
    return f'<h2>{escape(part["title"])}</h2><div class="grid" style="height:{bottom}px">{"".join(cells)}</div>'


def page(slug, board, all_boards, answers):
    colours = Colours()
    bar = [control(item) for item in board["controls"]]
    bar += [control(item, chosen=item["selected"]) for item in board.get("variables", [])]
    links = "".join(f'<span class="{"here" if other == slug else ""}">{escape(b["link"])}</span>' for other, b in all_boards.items())
    time = f'{board["time"]["from"]} to {board["time"]["to"]}'
    parts = "".join(section(part, answers, colours) for part in board["sections"])
    return (f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><div class="head"><h1>{escape(board["title"])}</h1>'
            f'<span class="label">{LABEL}</span></div><div class="bar">{"".join(bar)}{control({"title": "Time"}, chosen=time)}</div>'
            f'<div class="links">{links}</div><div class="text">{markdown(board["text"])}</div>{parts}')
