# SPDX-License-Identifier: Apache-2.0
"""What the panels of a dashboard answer on simulated documents, with the evaluator of tests/esql.

As Kibana does: the time range of the panel or else of the dashboard filters on @timestamp, and the variables of
the dashboard have their first values. A variable that is a field stands in the query as its name.
"""

import datetime
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("package/builder", "tests/esql"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))
import engine  # noqa: E402
import values  # noqa: E402

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


def answer(board, panel, store, now, time_zone="UTC"):
    """The engine's result of one panel at the time now, for somebody in a time zone."""
    span = panel.get("time", board["time"])
    start, end = moment(span["from"], now), moment(span["to"], now)
    given = parameters(board, start, end)
    part = store.window("@timestamp", values.to_millis(start) - 1, values.to_millis(end))
    return engine.run(query_of(panel, given), part, values.to_millis(now), given, time_zone)
