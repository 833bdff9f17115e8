# SPDX-License-Identifier: Apache-2.0
"""Planted faults of dashboards, their queries, and alert rule templates. They go into the source form, where nested
JSON is readable."""

import json

from . import add, altered, together

BOARD = "kibana/dashboard/anthropic_metrics-overview.json"
OTHER = "kibana/dashboard/anthropic_metrics-other.json"
RULE = "kibana/alerting_rule_template/anthropic_metrics-monthly-budget.json"


def board(alter):
    """Hands the dashboard's saved object to a function."""
    return altered(BOARD, alter)


def attributes(**values):
    return board(lambda found: found["attributes"].update(values))


def panel(kind, alter):
    """Hands the first panel of a type to a function."""
    return board(lambda found: alter(next(p for p in found["attributes"]["panelsJSON"] if p["type"] == kind)))


def state(alter):
    """Hands the Lens state of the first chart to a function."""
    return panel("vis", lambda p: alter(p["embeddableConfig"]["attributes"]["state"]))


def layer(alter):
    return state(lambda s: alter(next(iter(s["datasourceStates"]["textBased"]["layers"].values()))))


HEAD = 'SET time_zone = "UTC"; SET unmapped_fields = "nullify"; FROM metrics-anthropic_metrics.*-*'


def query(change):
    """Changes the first chart's query, in both places that hold it."""
    def alter(lens):
        lens["query"]["esql"] = change(lens["query"]["esql"])
        for one in lens["datasourceStates"]["textBased"]["layers"].values():
            one["query"]["esql"] = lens["query"]["esql"]
    return state(alter)


def longer_query(more):
    return query(lambda text: text + more)


def saved(kind, name, title, **values):
    """The bytes of a saved object without content."""
    return json.dumps({
        "id": f"anthropic_metrics-{name}", "type": kind, "references": [], "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "10.3.0",
        "attributes": {"title": title, "description": "For a test.", "panelsJSON": []}, **values}).encode("utf-8")


def plain(**values):
    """One more dashboard, without panels."""
    return add(OTHER, saved("dashboard", "other", "Another dashboard", **values))


def rule(alter):
    return altered(RULE, lambda found: alter(found["attributes"]))


def params(**values):
    return rule(lambda found: found["params"].update(values))


def view(alter):
    return state(lambda s: alter(next(iter(s["adHocDataViews"].values()))))


def _shift(found):
    charts = [p for p in found["attributes"]["panelsJSON"] if p["type"] == "vis"]
    first = charts[0]["gridData"]
    second = next(p["gridData"] for p in charts[1:] if p["gridData"].get("sectionId") == first.get("sectionId"))
    second.update({key: first[key] for key in "xywh"})


def _wide(one):
    one["gridData"]["w"] = 49 - one["gridData"]["x"]


def _no_columns(lens):
    lens["visualization"] = {}
    for one in lens["datasourceStates"]["textBased"]["layers"].values():
        one["columns"] = []


def _unfiltered(found):
    found["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]["filter"] = []


def _dead_link(found):
    for one in found["attributes"]["panelsJSON"]:
        if one["type"] == "links":
            one["embeddableConfig"]["links"][0]["destinationRefName"] = "link_nowhere"


def _reference(**values):
    return board(lambda found: found["references"].append({"id": "x", "name": "x", "type": "index-pattern", **values}))


def _control(alter):
    def change(found):
        pinned = found["attributes"]["pinned_panels"]["panels"].values()
        alter(next(c["config"] for c in pinned if c["type"] == "options_list_control"))
    return board(change)


def _string(found):
    found["attributes"]["optionsJSON"] = "{\"useMargins\":true}"


FAULTS = [
    ("kibana.kinds", OTHER, "its type is lens", plain(type="lens")),
    ("kibana.shape", BOARD, "key version", board(lambda found: found.update(version="WzEsMV0="))),
    ("kibana.shape", BOARD, "typeMigrationVersion", board(lambda found: found.pop("typeMigrationVersion"))),
    ("kibana.titles", BOARD, "no title", board(lambda found: found["attributes"].pop("title"))),
    ("kibana.titles", BOARD, "no description", board(lambda found: found["attributes"].pop("description"))),
    ("kibana.reference_names", BOARD, "two references named",
     board(lambda found: found["references"].append(found["references"][0]))),
    ("kibana.form", BOARD, "optionsJSON is a string", board(_string)),
    ("kibana.personal", BOARD, "updated_by", attributes(updated_by="somebody")),
    ("kibana.personal", BOARD, "attributes.title2", attributes(title2="u_" + "x" * 44 + "_0")),
    ("dashboards.by_value", BOARD, "no content of its own", panel("vis", lambda p: p.update(panelRefName="panel_1"))),
    ("dashboards.shape", BOARD, "title: 7 is no text", panel("markdown", lambda p: p["embeddableConfig"].update(title=7))),
    ("dashboards.shape", BOARD, "key query is missing", layer(lambda one: one.pop("query"))),
    ("dashboards.kinds", BOARD, "of type timelion", panel("markdown", lambda p: p.update(type="timelion"))),
    ("dashboards.kinds", BOARD, "drawn as lnsOld",
     panel("vis", lambda p: p["embeddableConfig"]["attributes"].update(visualizationType="lnsOld"))),
    ("dashboards.grid", BOARD, "leaves the grid", panel("markdown", _wide)),
    ("dashboards.grid", BOARD, "no place on the grid", panel("markdown", lambda p: p["gridData"].pop("w"))),
    ("dashboards.grid", BOARD, "gridData.i", panel("vis", lambda p: p["gridData"].update(i="other"))),
    ("dashboards.grid", BOARD, "which the dashboard lacks",
     panel("vis", lambda p: p["gridData"].update(sectionId="nowhere"))),
    ("dashboards.overlaps", BOARD, "overlap", board(_shift)),
    ("dashboards.filters", BOARD, "has no filter", board(_unfiltered)),
    ("dashboards.time_fields", BOARD, "timeField is None", layer(lambda one: one.pop("timeField"))),
    ("dashboards.time_fields", BOARD, "time field None", view(lambda one: one.pop("timeFieldName"))),
    ("dashboards.columns", BOARD, "has no columns", state(_no_columns)),
    ("dashboards.columns", BOARD, "which the layer lacks",
     state(lambda s: s["visualization"].update(metricAccessor="nowhere", layerId="layer"))),
    ("dashboards.links", BOARD, "links to dashboard link_nowhere", board(_dead_link)),
    ("dashboards.controls", BOARD, "anthropic.usage.colour",
     _control(lambda c: c.update(field_name="anthropic.usage.colour"))),
    ("dashboards.controls", BOARD, "no reference is named", _control(lambda c: c.update(dataViewRefName="nowhere"))),
    ("dashboards.reference_names", BOARD, "belongs to no panel", _reference(name="old:indexpattern-datasource-layer-x")),
    ("queries.data_streams", BOARD, "reads logs-*",
     query(lambda text: text.replace("FROM metrics-", "FROM logs-*, metrics-", 1))),
    ("queries.data_streams", BOARD, "which fails where one has no documents yet",
     query(lambda text: text.replace("anthropic_metrics.*-*", "anthropic_metrics.cost-*", 1))),
    ("queries.data_streams", BOARD, "takes anthropic_metrics.spend",
     query(lambda text: text.replace('"anthropic_metrics.cost"', '"anthropic_metrics.spend"', 1))),
    ("queries.utc", BOARD, "fails where a data stream has no documents yet",
     query(lambda text: text.replace('SET unmapped_fields = "nullify";', ""))),
    ("queries.declared", BOARD, "anthropic.usage.tokens_burnt", longer_query(" | WHERE anthropic.usage.tokens_burnt > 0")),
    ("queries.utc", BOARD, "leaves the time zone to the browser",
     query(lambda text: text.replace('SET time_zone = "UTC";', ""))),
    ("queries.utc", BOARD, "leaves the time zone to the browser",
     query(lambda text: text.replace('"UTC"', '"Europe/Berlin"'))),
    ("queries.variables", BOARD, "?nobody", longer_query(" | LIMIT ?nobody")),
    ("queries.data_streams", RULE, "takes anthropic_metrics.spend", params(
        esqlQuery={"esql": f'{HEAD}\n| WHERE data_stream.dataset == "anthropic_metrics.spend" | LIMIT 1'})),
    ("alerts.shape", RULE, "key params is missing", rule(lambda found: found.pop("params"))),
    ("alerts.shape", RULE, "key colour is unknown", rule(lambda found: found.update(colour="blue"))),
    ("alerts.shape", RULE, "ruleTypeId", rule(lambda found: found.update(ruleTypeId=".index-threshold"))),
    ("alerts.shape", RULE, "schedule.interval", rule(lambda found: found.update(schedule={"interval": "hourly"}))),
    ("alerts.shape", RULE, "investigation_guide is missing",
     rule(lambda found: found["artifacts"].pop("investigation_guide"))),
    ("alerts.windows", RULE, "looks back 1m", params(timeWindowSize=1, timeWindowUnit="m")),
    ("alerts.targets", RULE, "which the package lacks",
     rule(lambda found: found["artifacts"]["dashboards"].append({"id": "anthropic_metrics-nowhere"}))),
    ("alerts.guides", RULE, "characters",
     rule(lambda found: found["artifacts"]["investigation_guide"].update(blob="x" * 20_000))),
    ("alerts.time_field", RULE, "event.kind is no date", params(timeField="event.kind")),
    ("queries.declared", RULE, "anthropic.cost.colour", params(esqlQuery={
        "esql": f'{HEAD}\n| WHERE data_stream.dataset == "anthropic_metrics.cost" | WHERE anthropic.cost.colour == "red"'})),
    ("documentation.alerts", "docs/README.md", "its alert table lacks", rule(lambda found: found.update(name="Another"))),
]
