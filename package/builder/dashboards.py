# SPDX-License-Identifier: Apache-2.0
"""Makes Kibana's saved objects from the descriptions in package/kibana/dashboards, nested JSON still readable.

The shape is that of Kibana 9.4: charts are `vis` panels with Lens by value on ES|QL, controls are panels or
pinned panels, and a control inside of a section filters the panels of that section only. That is what lets
one dashboard show several streams: a filter on anthropic.cost.model would empty every panel of usage.
"""

import board as boards
import naming
import queries
from board import FOLDER, SLUGS, WIDTH, identifier
from fault import PackageFault
from lens import CHARTS
from lens.columns import Columns
from sources import dump_json, load_yaml

TIME = "@timestamp"
DATA_VIEW = "metrics-*"
FILTER_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.filter[0].meta.index"


def object_id(slug):
    return f"{naming.NAME}-{slug}"


def load(root):
    """{slug: description}, checked; a dashboard that is missing or has no place in the links is named."""
    found = {path.stem for path in (root / FOLDER).glob("*.yml")}
    for slug in sorted(found - set(SLUGS)):
        raise PackageFault(f"{FOLDER}/{slug}.yml: not in SLUGS of package/builder/board.py; add it there, links are made from it")
    out = {slug: load_yaml(root, f"{FOLDER}/{slug}.yml", "describe the dashboard there") for slug in SLUGS}
    for slug, board in out.items():
        boards.check(slug, board)
        for _, panel in boards.panels(board):
            panel["query"] = queries.expanded(root, panel["query"], f"{FOLDER}/{slug}.yml: panel {panel['name']}")
        for variable in board.get("variables", []):
            if "query" in variable:
                variable["query"] = queries.expanded(root, variable["query"], f"{FOLDER}/{slug}.yml: variable {variable['name']}")
    return out


def files(root, description):
    del description
    all_boards = load(root)
    return {f"kibana/dashboard/{object_id(slug)}.json": dump_json(saved_object(slug, board, all_boards))
            for slug, board in all_boards.items()}


def saved_object(slug, board, all_boards):
    references = [{"id": DATA_VIEW, "name": FILTER_REFERENCE, "type": "index-pattern"}]
    top = [_links(slug, all_boards, references), _text(slug, board)]
    below = boards.LINKS_HEIGHT + board["text_height"]
    made, sections = list(top), []
    for order, section in enumerate(board["sections"]):
        section_id = identifier(slug, "section", section["title"])
        sections.append({"collapsed": False, "gridData": {"i": section_id, "y": below + order}, "title": section["title"]})
        for (kind, item), x, y, width, height in boards.placed(section):
            make = _control if kind == "control" else _chart
            grid = {"x": x, "y": y, "w": width, "h": height, "sectionId": section_id}
            made.append(make(slug, section, item, grid, references))
    return {
        "attributes": {
            "title": board["title"], "description": board["description"],
            "kibanaSavedObjectMeta": {"searchSourceJSON": {"filter": [_streams_filter(sorted({s for other in all_boards.values() for s in other["streams"]}))],
                                                           "query": {"language": "kuery", "query": ""}}},
            "optionsJSON": {"autoApplyFilters": True, "hidePanelBorders": False, "hidePanelTitles": False,
                            "syncColors": True, "syncCursor": True, "syncTooltips": False, "useMargins": True},
            "panelsJSON": made,
            "pinned_panels": {"panels": _pinned(slug, board, references)},
            "refreshInterval": {"pause": True, "value": 60000},
            "sections": sections,
            "timeRestore": True, "timeFrom": board["time"]["from"], "timeTo": board["time"]["to"],
        },
        "coreMigrationVersion": "8.8.0",
        "id": object_id(slug),
        "references": sorted(references, key=lambda r: r["name"]),
        "type": "dashboard",
        "typeMigrationVersion": "10.3.0",
    }


def _panel(panel_id, kind, grid, config):
    return {"embeddableConfig": config, "gridData": dict(grid, i=panel_id), "panelIndex": panel_id, "type": kind}


def _links(slug, all_boards, references):
    panel_id, links = identifier(slug, "links"), []
    for target, board in all_boards.items():
        name = f"link_{target}_dashboard"
        references.append({"id": object_id(target), "name": f"{panel_id}:{name}", "type": "dashboard"})
        # An organization and a time that somebody chose go along; the dashboards' own filter is the same on all of them.
        links.append({"type": "dashboardLink", "label": board["link"], "destinationRefName": name,
                      "options": {"open_in_new_tab": False, "use_filters": True, "use_time_range": True}})
    grid = {"x": 0, "y": 0, "w": WIDTH, "h": boards.LINKS_HEIGHT}
    return _panel(panel_id, "links", grid, {"layout": "horizontal", "links": links, "title": ""})


def _text(slug, board):
    grid = {"x": 0, "y": boards.LINKS_HEIGHT, "w": WIDTH, "h": board["text_height"]}
    return _panel(identifier(slug, "text"), "markdown", grid, {"content": board["text"].strip(), "title": ""})


def _options(control):
    return {"field_name": control["field"], "title": control["title"], "selected_options": [], "single_select": False,
            "exclude": False, "exists_selected": False, "ignore_validations": False, "run_past_timeout": False,
            "search_technique": "wildcard", "sort": {"by": "_count", "direction": "desc"}, "use_global_filters": True}


def _control(slug, section, control, grid, references):
    panel_id = identifier(slug, "control", section["title"], control["field"])
    references.append({"id": DATA_VIEW, "name": f"{panel_id}:optionsListDataView", "type": "index-pattern"})
    return _panel(panel_id, "options_list_control", grid, dict(_options(control), dataViewRefName="optionsListDataView"))


def _pinned(slug, board, references):
    """The bar above the dashboard: filters that suit every panel, then the variables that queries name."""
    out = {}
    for control in board["controls"]:
        name = identifier(slug, "pinned", control["field"])
        reference = f"{name}:optionsListDataView"
        references.append({"id": DATA_VIEW, "name": reference, "type": "index-pattern"})
        out[name] = {"type": "options_list_control", "config": dict(_options(control), dataViewRefName=reference)}
    for variable in board.get("variables", []):
        config = {"title": variable["title"], "variable_name": variable["name"], "variable_type": variable["kind"],
                  "single_select": True, "selected_options": [variable["selected"]]}
        if "query" in variable:
            config.update(control_type="VALUES_FROM_QUERY", esql_query=variable["query"])
        else:
            config.update(control_type="STATIC_VALUES", available_options=variable["options"])
        out[identifier(slug, "variable", variable["name"])] = {"type": "esql_control", "config": config}
    return {name: dict(entry, order=order, grow=False, width="medium") for order, (name, entry) in enumerate(out.items())}


def _chart(slug, section, panel, grid, references):
    del section, references
    place, kind = f"{FOLDER}/{slug}.yml: panel {panel['name']}", boards.kind_of(panel)
    query, index = panel["query"], queries.SOURCE
    columns = Columns(place)
    visualization = CHARTS[kind].state(panel[kind], columns)
    view = f"{index}-{TIME}"
    attributes = {
        "title": panel["title"], "visualizationType": visualization_type(kind), "version": 2, "references": [],
        "state": {
            "adHocDataViews": {view: {
                "id": view, "name": index, "title": index, "timeFieldName": TIME, "type": "esql", "allowHidden": False,
                "allowNoIndex": False, "fieldAttrs": {}, "fieldFormats": {}, "runtimeFieldMap": {}, "sourceFilters": []}},
            "datasourceStates": {"textBased": {"layers": {"layer": {
                "columns": columns.all, "index": view, "query": {"esql": query}, "timeField": TIME}}}},
            "filters": [],
            "internalReferences": [{"id": view, "name": "indexpattern-datasource-layer-layer", "type": "index-pattern"}],
            "query": {"esql": query},
            "visualization": visualization,
        },
    }
    config = {"attributes": attributes, "title": panel["title"]}
    if "description" in panel:
        config["description"] = attributes["description"] = " ".join(panel["description"].split())
    if "time" in panel:
        config["time_range"] = panel["time"]
    return _panel(identifier(slug, "panel", panel["name"]), "vis", grid, config)


def visualization_type(kind):
    return {"metric": "lnsMetric", "xy": "lnsXY", "table": "lnsDatatable", "donut": "lnsPie", "heatmap": "lnsHeatmap"}[kind]


def _streams_filter(streams):
    """Only documents of this package: the data view covers every metric of the cluster. Links carry filters, so a
    dashboard that filtered on its own streams would empty the next; each query chooses its data sets."""
    datasets, field = [naming.dataset(stream) for stream in streams], "data_stream.dataset"
    phrases = [{"match_phrase": {field: dataset}} for dataset in datasets]
    one = len(datasets) == 1
    return {
        "$state": {"store": "appState"},
        "meta": {"alias": None, "disabled": False, "negate": False, "field": field, "key": field,
                 "indexRefName": FILTER_REFERENCE, "type": "phrase" if one else "phrases",
                 "params": {"query": datasets[0]} if one else datasets},
        "query": phrases[0] if one else {"bool": {"minimum_should_match": 1, "should": phrases}},
    }
