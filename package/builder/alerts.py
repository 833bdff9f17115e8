# SPDX-License-Identifier: Apache-2.0
"""Makes Kibana's alert rule templates from the descriptions in package/kibana/alerts, one file each.

A template is an ES|QL query that gives a row for everything that is wrong, and what belongs to it: how
often it runs, how far back Kibana lets it look, the dashboard and the guide for whoever is woken by it.
"""

import re

import board
import queries
from dashboards import object_id
from fault import PackageFault
from sources import dump_json, load_yaml

FOLDER = "package/kibana/alerts"
KINDS = {"name": str, "description": str, "tags": list, "dashboards": list, "every": str, "window": str, "delay": int,
         "time_field": str, "query": str, "guide": str}
SPAN = re.compile(r"([1-9][0-9]*)([smhd])")
MOST_GUIDE = 10_000  # characters that Kibana keeps
LIMIT = 100  # rows, so that a bad day makes no thousand alerts


def load(root):
    """{slug: description}, checked."""
    out = {}
    for path in sorted((root / FOLDER).glob("*.yml")):
        place = f"{FOLDER}/{path.name}"
        out[path.stem] = load_yaml(root, place, "restore it")
        check(place, out[path.stem])
        out[path.stem]["query"] = queries.with_head(root, out[path.stem]["query"], place)
        out[path.stem]["guide"] = queries.guided(root, out[path.stem]["guide"], place)
    if not out:
        raise PackageFault(f"{FOLDER}: no *.yml there; describe the alert rules there, or restore them")
    names = {}
    for slug, alert in out.items():
        other = names.setdefault(alert["name"], slug)
        if other != slug:
            raise PackageFault(f"{FOLDER}/{slug}.yml: its name is that of {other}.yml; Kibana lists rules by name, tell them apart")
    return out


def check(place, alert):
    if not isinstance(alert, dict):
        raise PackageFault(f"{place}: no mapping of keys; write {', '.join(KINDS)}")
    for key in sorted(alert.keys() ^ KINDS.keys()):
        fact, remedy = ("is missing", "add it") if key in KINDS else ("is no key of an alert", f"use {', '.join(KINDS)}")
        raise PackageFault(f"{place}: {key} {fact}; {remedy}")
    for key, kind in KINDS.items():
        if not isinstance(alert[key], kind) or not alert[key]:
            raise PackageFault(f"{place}: {key} is {alert[key]!r}; write a {kind.__name__} that says something")
    for key in ("every", "window"):
        if not SPAN.fullmatch(alert[key]):
            raise PackageFault(f"{place}: {key} is {alert[key]!r}; write a number and one of s, m, h, d, such as 15m")
    for slug in alert["dashboards"]:
        if slug not in board.SLUGS:
            raise PackageFault(f"{place}: dashboard {slug!r} does not exist; use one of {', '.join(board.SLUGS)}")
    if len(alert["guide"]) > MOST_GUIDE:
        raise PackageFault(f"{place}: the guide has {len(alert['guide'])} characters; Kibana keeps {MOST_GUIDE}, shorten it")
    last = alert["query"].rstrip().rpartition("\n")[2]
    if "//" in last:
        raise PackageFault(f"{place}: the query ends with a comment, and Kibana appends '| limit' to that line; move it up")


def template(slug, alert):
    size, unit = SPAN.fullmatch(alert["window"]).groups()
    return {
        "id": object_id(slug),
        "type": "alerting_rule_template",
        "managed": True,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "10.1.0",
        "references": [],
        "attributes": {
            "name": alert["name"],
            "description": " ".join(alert["description"].split()),
            "ruleTypeId": ".es-query",
            "tags": alert["tags"],
            "schedule": {"interval": alert["every"]},
            "alertDelay": {"active": alert["delay"]},
            "params": {
                "searchType": "esqlQuery",
                "esqlQuery": {"esql": alert["query"]},
                "groupBy": "row",
                "timeField": alert["time_field"],
                "timeWindowSize": int(size),
                "timeWindowUnit": unit,
                "threshold": [0],
                "thresholdComparator": ">",
                "size": LIMIT,
                "excludeHitsFromPreviousRun": False,
            },
            "artifacts": {
                "dashboards": [{"id": object_id(dashboard)} for dashboard in alert["dashboards"]],
                "investigation_guide": {"blob": alert["guide"].strip() + "\n"},
            },
        },
    }


def files(root, description):
    """{path in the package: bytes} of every template; an alert needs nothing of the library's description."""
    del description
    return {f"kibana/alerting_rule_template/{object_id(slug)}.json": dump_json(template(slug, alert))
            for slug, alert in load(root).items()}
