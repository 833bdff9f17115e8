# SPDX-License-Identifier: Apache-2.0
"""Dashboards: panels by value that stand on the grid, none above another, each filtered and each with a time field."""

import functools
import itertools

from .boards import CONTROLS, config, controls, dashboards, each, layers, lens, lens_state, name, panels, pinned
from .fields import declared
from .finding import Finding
from .kibana import attribute, references
from .package import entries, parse
from .shape import items, mapping, part, text

COLUMNS = 48
LENS_PANELS = {"vis", "lens"}  # "vis" since Kibana 9.4
PANELS = LENS_PANELS | CONTROLS | {"links", "markdown"}  # what the builder makes
LENS = {"lnsXY", "lnsMetric", "lnsDatatable", "lnsPie", "lnsHeatmap", "lnsGauge", "lnsTagcloud", "lnsMosaic",
        "lnsChoropleth"}
COLUMN_LISTS = {"accessors", "primaryGroups", "secondaryGroups", "metrics", "splitAccessors"}
TIME = "@timestamp"
LAYER = part(["columns", "index", "query"], index=text(), query=part(["esql"], esql=text()),
             columns=items(part(["columnId", "fieldName"], columnId=text(), fieldName=text())))
SETTINGS = dict(
    title=text(empty=True), dataViewRefName=text(), field_name=text(), variable_name=text(), esql_query=text(),
    links=items(part(["type"], type=text(), destinationRefName=text(), destination=text())))
STATE = part(visualization=part(layerId=text()), filters=items(part()), query=part(),
             adHocDataViews=mapping(part(["id"], id=text(), title=text())),
             datasourceStates=part(textBased=part(["layers"], layers=mapping(LAYER))))
PANEL = part(
    ["type", "panelIndex", "gridData", "embeddableConfig"], type=text(), panelIndex=text(),
    gridData=part(i=text(), sectionId=text()), embeddableConfig=part(
        attributes=part(title=text(empty=True), visualizationType=text(), state=STATE), **SETTINGS))
CONTROL = part(["type", "config"], type=text(), config=part(["title"], **SETTINGS))
BOARD = part(
    ["panelsJSON"], title=text(), description=text(), panelsJSON=items(PANEL), timeFrom=text(), timeTo=text(),
    sections=items(part(["title", "gridData"], title=text(), gridData=part(["i"], i=text()))),
    pinned_panels=part(["panels"], panels=mapping(CONTROL)))


@functools.lru_cache(maxsize=256)
def _misshapen(path, data):
    saved = parse(path, data)
    found = saved.get("attributes")
    decoded = {**found, "panelsJSON": attribute(saved, "panelsJSON")} if isinstance(found, dict) else found
    return [Finding(path, f"{place}: {fact}", remedy) for place, fact, remedy in BOARD(decoded, "attributes")]


def shape(package):
    for path, saved in dashboards(package):
        if saved:
            yield from _misshapen(path, package.files[path])


def by_value(package):
    for path, saved in dashboards(package):
        for panel in panels(saved):
            if panel.get("panelRefName") or not config(panel):
                yield Finding(path, f"{name(panel)} has no content of its own", "put it into embeddableConfig")


def kinds(package):
    for path, _, panel in each(package):
        kind = panel.get("type")
        if kind not in PANELS:
            yield Finding(path, f"{name(panel)} is of type {kind}", f"use one of {', '.join(sorted(PANELS))}")
        elif kind in LENS_PANELS and lens(panel).get("visualizationType") not in LENS:
            yield Finding(path, f"{name(panel)} is drawn as {lens(panel).get('visualizationType')}",
                          f"use one of {', '.join(sorted(LENS))}")


def _placed(panel):
    box = panel.get("gridData")
    return isinstance(box, dict) and all(isinstance(box.get(key), int) for key in "xywh")


def grid(package):
    for path, saved in dashboards(package):
        sections = {str((s.get("gridData") or {}).get("i"))
                    for s in entries((saved.get("attributes") or {}).get("sections"))}
        seen = set()
        for panel in panels(saved):
            box = panel.get("gridData")
            if not _placed(panel):
                yield Finding(path, f"{name(panel)} has no place on the grid", "give it x, y, w and h")
                continue
            if box["x"] < 0 or box["y"] < 0 or box["w"] < 1 or box["h"] < 1 or box["x"] + box["w"] > COLUMNS:
                yield Finding(path, f"{name(panel)} leaves the grid: x {box['x']}, y {box['y']}, {box['w']} by {box['h']}",
                              f"keep it within {COLUMNS} columns")
            if box.get("i") != panel.get("panelIndex") or not panel.get("panelIndex"):
                yield Finding(path, f"{name(panel)} has panelIndex {panel.get('panelIndex')} and gridData.i {box.get('i')}",
                              "make them equal")
            if panel.get("panelIndex") in seen:
                yield Finding(path, f"panelIndex {panel.get('panelIndex')} stands twice", "give each panel its own")
            seen.add(panel.get("panelIndex"))
            if box.get("sectionId") is not None and box["sectionId"] not in sections:
                yield Finding(path, f"{name(panel)} is in section {box['sectionId']}, which the dashboard lacks",
                              "add it or correct the id")


def overlaps(package):
    for path, saved in dashboards(package):
        placed = [(panel, panel["gridData"]) for panel in panels(saved) if _placed(panel)]
        for (first, a), (second, b) in itertools.combinations(placed, 2):
            if a.get("sectionId") == b.get("sectionId") and a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] \
                    and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]:
                yield Finding(path, f"{name(first)} and {name(second)} overlap", "move one")


def filters(package):
    """A filter keeps a dashboard to its own data. At the dashboard, or in every panel that can have one."""
    for path, saved in dashboards(package):
        search = attribute(saved, "kibanaSavedObjectMeta", "searchSourceJSON")
        if isinstance(search, dict) and search.get("filter"):
            continue
        for panel in panels(saved):
            if panel.get("type") in LENS_PANELS and not lens_state(panel).get("filters"):
                yield Finding(path, f"{name(panel)} has no filter, nor has the dashboard",
                              "filter the dashboard by data_stream.dataset")
                break


def time_fields(package):
    """Without a time field a panel ignores the time picker and shows all time, silently."""
    for path, _, panel in each(package):
        if panel.get("type") not in LENS_PANELS:
            continue
        views = lens_state(panel).get("adHocDataViews") or {}
        queries = layers(panel, "textBased")
        if not queries:
            yield Finding(path, f"{name(panel)} has no data layer", "give it one")
        for key, layer in queries:
            if layer.get("timeField") != TIME:
                yield Finding(path, f"{name(panel)}, layer {key}: timeField is {layer.get('timeField')}",
                              f"set it to {TIME}")
            if layer.get("index") not in views:
                yield Finding(path, f"{name(panel)}, layer {key}: data view {layer.get('index')} is not in adHocDataViews",
                              "add it")
        for key, view in views.items():
            if view.get("timeFieldName") != TIME:
                yield Finding(path, f"{name(panel)}: data view {view.get('title')} has the time field "
                              f"{view.get('timeFieldName')}", f"set timeFieldName to {TIME}")
            if view.get("id") != key:
                yield Finding(path, f"{name(panel)}: data view {key} has the id {view.get('id')}", "make them equal")


def columns(package):
    """What a chart shows are columns of its layer, and what a layer shows its query returns."""
    for path, _, panel in each(package):
        for key, layer in layers(panel, "textBased"):
            ids = {column.get("columnId") for column in entries(layer.get("columns"))}
            if not ids:
                yield Finding(path, f"{name(panel)}, layer {key}: has no columns", "list what the query returns")
            shown = set(_accessors(lens_state(panel).get("visualization"), key))
            for missing in sorted(shown - ids):
                yield Finding(path, f"{name(panel)}, layer {key}: shows column {missing}, which the layer lacks",
                              "add it or remove it there")


def _accessors(visualization, layer):
    """Column ids that a visualization names for a layer; ids of Lens are found under keys that end in these words."""
    owners = [visualization] if isinstance(visualization, dict) else []
    for one in owners + entries(owners[0].get("layers") if owners else None):
        if one.get("layerId", layer) != layer:
            continue
        for key, value in one.items():
            if key == "layers":
                continue
            if key.lower().endswith(("accessor", "splitaccessor")) and isinstance(value, str):
                yield value
            elif key in COLUMN_LISTS and isinstance(value, list):
                yield from (item for item in value if isinstance(item, str))
            elif key == "columns":
                yield from (str(item["columnId"]) for item in entries(value) if "columnId" in item)


def links(package):
    """Links of a links panel lead to dashboards of this package, through references that exist."""
    known = {saved.get("id") for _, saved in dashboards(package)}
    for path, saved, panel in each(package):
        if panel.get("type") != "links":
            continue
        attributes = lens(panel) or config(panel)
        found = {r["name"]: r["id"] for r in references(saved) + references(attributes)}
        listed = entries(attributes.get("links"))
        if not listed:
            yield Finding(path, f"{name(panel)} has no links", "list them")
        for link in listed:
            if link.get("type") != "dashboardLink":
                if not str(link.get("destination")).startswith("https://"):
                    yield Finding(path, f"{name(panel)} links to {link.get('destination')}", "link over https")
                continue
            target = link.get("destination")
            if target is None:
                wanted = str(link.get("destinationRefName"))
                target = next((i for n, i in found.items() if n == wanted or n.endswith(f":{wanted}")), None)
            if target not in known:
                yield Finding(path, f"{name(panel)} links to dashboard {target or link.get('destinationRefName')}, "
                              "which the package lacks", "correct the link")


def control_fields(package):
    """Controls filter by fields that exist, through data views that a reference names; variables have their own names."""
    fields = {field for stream in package.streams() for field in declared(package, stream)}
    for path, saved in dashboards(package):
        names, variables = {reference["name"] for reference in references(saved)}, []
        for key, kind, settings in controls(saved):
            place = f"control '{settings.get('title')}'"
            if kind == "esql_control":
                variables.append(settings.get("variable_name"))
                continue
            if settings.get("field_name") not in fields:
                yield Finding(path, f"{place} filters by {settings.get('field_name')}, which no field file declares",
                              "declare it or correct the name")
            if not {settings.get("dataViewRefName"), f"{key}:{settings.get('dataViewRefName')}"} & names:
                yield Finding(path, f"{place}: no reference is named {settings.get('dataViewRefName')}",
                              "name its data view in references")
        for doubled in sorted({v for v in variables if variables.count(v) > 1}, key=str):
            yield Finding(path, f"two controls set the variable {doubled}", "give each a name of its own")


def reference_names(package):
    """A reference that no panel uses is left over from an export."""
    for path, saved in dashboards(package):
        indices = [str(panel.get("panelIndex")) for panel in panels(saved)] + list(pinned(saved))
        for reference in references(saved):
            owner = reference["name"].split(":")[0].removeprefix("panel_")
            if owner not in indices and not reference["name"].startswith(("kibanaSavedObjectMeta", "controlGroup_", "tag-")):
                yield Finding(path, f"reference {reference['name']} belongs to no panel",
                              "remove it or name it <panelIndex>:<name>")


RULES = {
    "dashboards.shape": shape,
    "dashboards.by_value": by_value,
    "dashboards.kinds": kinds,
    "dashboards.grid": grid,
    "dashboards.overlaps": overlaps,
    "dashboards.filters": filters,
    "dashboards.time_fields": time_fields,
    "dashboards.columns": columns,
    "dashboards.links": links,
    "dashboards.controls": control_fields,
    "dashboards.reference_names": reference_names,
}
