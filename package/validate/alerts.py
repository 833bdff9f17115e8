# SPDX-License-Identifier: Apache-2.0
"""Alert rule templates: the shape that Kibana accepts, windows that cover what the query needs, a guide, live links."""

import re

from .finding import Finding
from .kibana import objects
from .shape import anything, flag, items, record, text, whole

INTERVAL = r"^[1-9][0-9]*[smhd]$"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PARAMETERS = record(
    ["searchType", "timeWindowSize", "timeWindowUnit", "esqlQuery", "timeField"], searchType=text(choices={"esqlQuery"}),
    timeWindowSize=whole, timeWindowUnit=text(choices=set(SECONDS)), esqlQuery=record(["esql"], esql=text()),
    groupBy=text(choices={"row", "all"}), timeField=text(), threshold=items(anything), thresholdComparator=text(),
    size=whole, excludeHitsFromPreviousRun=flag, aggType=text(), termSize=whole)
TEMPLATE = record(
    ["name", "description", "ruleTypeId", "schedule", "params", "tags", "artifacts"], name=text(), description=text(),
    ruleTypeId=text(choices={".es-query"}), schedule=record(["interval"], interval=text(INTERVAL)), params=PARAMETERS,
    tags=items(text(), least=1, unique=True), alertDelay=record(["active"], active=whole), flapping=anything,
    artifacts=record(["dashboards", "investigation_guide"], dashboards=items(record(["id"], id=text()), least=1),
                     investigation_guide=record(["blob"], blob=text())))
MOST_GUIDE = 10_000


def alerts(package):
    for path, saved in objects(package, "alerting_rule_template"):
        found = saved.get("attributes")
        yield path, found if isinstance(found, dict) else {}


def shape(package):
    for path, attributes in alerts(package):
        for place, fact, remedy in TEMPLATE(attributes, ""):
            yield Finding(path, f"{place}: {fact}" if place else fact, remedy)


def _part(attributes, *keys):
    for key in keys:
        attributes = attributes.get(key) if isinstance(attributes, dict) else None
    return attributes


def windows(package):
    """Kibana filters the query by timeField and window; a rule that runs less often than its window is long skips data."""
    for path, attributes in alerts(package):
        size, unit = _part(attributes, "params", "timeWindowSize"), _part(attributes, "params", "timeWindowUnit")
        interval = str(_part(attributes, "schedule", "interval"))
        if not isinstance(size, int) or unit not in SECONDS or not re.match(INTERVAL, interval):
            continue
        window, every = size * SECONDS[unit], int(interval[:-1]) * SECONDS[interval[-1]]
        if size < 1:
            yield Finding(path, f"its window is {size}{unit}", "make it at least 1")
        elif window < every:
            yield Finding(path, f"it looks back {size}{unit} every {interval}",
                          "look back at least as long as the rule waits")
        if every < 60:
            yield Finding(path, f"it runs every {interval}", "wait a minute at least; the data come no faster")


def targets(package):
    known = {saved.get("id") for _, saved in objects(package, "dashboard")}
    for path, attributes in alerts(package):
        for dashboard in _part(attributes, "artifacts", "dashboards") or []:
            if isinstance(dashboard, dict) and dashboard.get("id") not in known:
                yield Finding(path, f"points at dashboard {dashboard.get('id')}, which the package lacks", "correct the id")


def guides(package):
    for path, attributes in alerts(package):
        guide = _part(attributes, "artifacts", "investigation_guide", "blob")
        if isinstance(guide, str) and len(guide) > MOST_GUIDE:
            yield Finding(path, f"its investigation guide has {len(guide)} characters",
                          f"Kibana keeps {MOST_GUIDE}; shorten it")


def time_field(package):
    from .fields import declared

    for path, attributes in alerts(package):
        field = _part(attributes, "params", "timeField")
        without = [stream for stream in package.streams() if (declared(package, stream).get(field) or {}).get("type") != "date"]
        if field and without:
            yield Finding(path, f"its time field {field} is no date of {', '.join(without)}", "name a date that every stream has")


RULES = {
    "alerts.shape": shape,
    "alerts.windows": windows,
    "alerts.targets": targets,
    "alerts.guides": guides,
    "alerts.time_field": time_field,
}
