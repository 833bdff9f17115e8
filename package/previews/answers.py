# SPDX-License-Identifier: Apache-2.0
"""What the panels of a dashboard answer on simulated documents, on Elasticsearch as tests/esql starts it.

As Kibana does: the time range of the panel or else of the dashboard filters on @timestamp, and the variables of
the dashboard have their first values. A variable that is a field stands in the query as its name.
"""

import datetime
import hashlib
import json
import re

import board as boards
import elastic
import world_analytics
import world_names
import world_operations
import world_people
import world_reports
from world import NOW

UNITS = {"h": "hours", "d": "days"}


def moment(expression, now):
    """Kibana's date math, as far as the dashboards use it."""
    if expression == "now-1M/M":
        first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (first - datetime.timedelta(days=1)).replace(day=1)
    count, unit = re.fullmatch(r"now(?:-(\d+)([hd]))?", expression).groups()
    return now - datetime.timedelta(**{UNITS[unit]: int(count)}) if count else now


def parameters(board, start, end):
    out = {variable["name"]: variable["selected"] for variable in board.get("variables", [])}
    return dict(out, _tstart=start.strftime("%Y-%m-%dT%H:%M:%SZ"), _tend=end.strftime("%Y-%m-%dT%H:%M:%SZ"))


def query_of(panel, given):
    return re.sub(r"\?\?([A-Za-z]\w*)", lambda name: given[name.group(1)], panel["query"])


def answer(board, panel, store, now):
    """The result of one panel at the time now."""
    span = panel.get("time", board["time"])
    start, end = moment(span["from"], now), moment(span["to"], now)
    given = parameters(board, start, end)
    within = elastic.span("@timestamp", gte=start, lte=end)
    return elastic.run(query_of(panel, given), store, now, given, within)


def documents():
    """Those that the previews show. The same for every dashboard, so that one says what another says."""
    return [*world_reports.usage(), *world_reports.cost(), *world_operations.limits(), *world_operations.health(),
            *world_operations.audits(), *world_operations.incidents(), *world_analytics.usage(), *world_analytics.cost(), *world_names.entities(), *world_names.budgets(),
            *world_names.workspace_limits(world_operations.GROUPS), *world_people.everything()]


def answered(board, store):
    """{panel's name: the records of its answer}."""
    return {panel["name"]: answer(board, panel, store, NOW).records() for _, panel in boards.panels(board)}


def comparable(records):
    """The same for the same rows, whatever order those have that the query does not tell apart, and whatever order the
    engine adds numbers in."""
    def plain(value):
        return float(f"{value:.6g}") if isinstance(value, float) else value

    return sorted(json.dumps({name: plain(value) for name, value in record.items()}, sort_keys=True) for record in records)


def fingerprint(found):
    """What stands in a picture for the answers that it shows."""
    rows = {name: comparable(records) for name, records in found.items()}
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:32]
