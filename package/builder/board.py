# SPDX-License-Identifier: Apache-2.0
"""Reads the description of a dashboard (package/kibana/dashboards/<slug>.yml) and lays its panels out.

A description has sections, a section has rows, a row has a height and panels from left to right whose
widths fill the 48 columns of Kibana's grid. Overlaps and holes therefore cannot be written down.
"""

import re
import uuid

from fault import PackageFault
from lens import CHARTS

FOLDER = "package/kibana/dashboards"
SLUGS = ("overview", "token-usage", "cost-billing", "rate-limits", "people-claude-code", "collector-health")
WIDTH = 48
LINKS_HEIGHT, CONTROL_HEIGHT = 2, 2
# Ids follow from names, so that a rebuilt package changes nothing a user's bookmarks or exports refer to.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dashboards.anthropic-metrics.invalid")

BOARD = ({"title", "description", "link", "time", "streams", "text", "text_height", "controls", "sections"}, {"variables"})
SECTION = ({"title", "rows"}, {"controls"})
ROW = ({"height", "panels"}, set())
CONTROL = ({"field", "title"}, set())
VARIABLE = ({"name", "title", "kind", "selected"}, {"query", "options"})
PANEL = ({"name", "title", "width", "query"}, {"description", "time"} | set(CHARTS))


def need(place, value, keys):
    """The mapping has the required keys and no unknown ones."""
    required, optional = keys
    if not isinstance(value, dict):
        raise PackageFault(f"{place}: {value!r} is not a mapping; write {', '.join(sorted(required))}")
    missing, unknown = sorted(required - value.keys()), sorted(value.keys() - required - optional)
    if missing:
        raise PackageFault(f"{place}: {', '.join(missing)} missing; add it")
    if unknown:
        raise PackageFault(f"{place}: unknown key {', '.join(unknown)}; it takes {', '.join(sorted(required | optional))}")


def identifier(slug, *names):
    return str(uuid.uuid5(NAMESPACE, "/".join((slug,) + names)))


def check(slug, board):
    """Everything a description can get wrong by itself, said before it becomes a dashboard that Kibana cannot show."""
    place, seen = f"{FOLDER}/{slug}.yml", set()
    need(place, board, BOARD)
    for variable in board.get("variables", []):
        need(f"{place}: variable {variable.get('name', '?')}", variable, VARIABLE)
        if not re.fullmatch(r"[A-Z][a-z]+(_[a-z]+)*", variable["name"]):
            raise PackageFault(f"{place}: variable {variable['name']}: Kibana may show the name in the place of the title; write it "
                               "so that it reads well, such as Currency or Stack_by")
        if variable["kind"] not in ("values", "fields") or ("query" in variable) == ("options" in variable):
            raise PackageFault(f"{place}: variable {variable['name']}: kind is values or fields, and it has a query or options")
    for control in board["controls"]:
        need(f"{place}: controls", control, CONTROL)
    for section in board["sections"]:
        need(f"{place}: section {section.get('title', '?')}", section, SECTION)
        for control in section.get("controls", []):
            need(f"{place}: section {section['title']}: controls", control, CONTROL)
        for row in section["rows"]:
            need(f"{place}: section {section['title']}: a row", row, ROW)
            for panel in row["panels"]:
                need(f"{place}: panel {panel.get('name', '?')}", panel, PANEL)
                if panel["name"] in seen:
                    raise PackageFault(f"{place}: two panels are named {panel['name']}; names make ids, so rename one")
                seen.add(panel["name"])
                kinds = [kind for kind in CHARTS if kind in panel]
                if len(kinds) != 1:
                    raise PackageFault(f"{place}: panel {panel['name']}: {len(kinds)} charts; give it one of {', '.join(CHARTS)}")
                need(f"{place}: panel {panel['name']}: {kinds[0]}", panel[kinds[0]], (set(), CHARTS[kinds[0]].KEYS))
            total = sum(panel["width"] for panel in row["panels"])
            if total != WIDTH:
                names = ", ".join(panel["name"] for panel in row["panels"])
                raise PackageFault(f"{place}: the row of {names} is {total} columns wide; make it {WIDTH}")


def kind_of(panel):
    return next(kind for kind in CHARTS if kind in panel)


def panels(board):
    """(section, panel) of every panel of a description, in reading order."""
    for section in board["sections"]:
        for row in section["rows"]:
            for panel in row["panels"]:
                yield section, panel


def placed(section):
    """((kind, item), x, y, width, height) of all that stands in a section; y counts within the section."""
    y = 0
    controls = section.get("controls", [])
    if controls:
        edges = [round(WIDTH * n / len(controls)) for n in range(len(controls) + 1)]
        for control, left, right in zip(controls, edges, edges[1:]):
            yield ("control", control), left, y, right - left, CONTROL_HEIGHT
        y += CONTROL_HEIGHT
    for row in section["rows"]:
        x = 0
        for panel in row["panels"]:
            yield ("panel", panel), x, y, panel["width"], row["height"]
            x += panel["width"]
        y += row["height"]
