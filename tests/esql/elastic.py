# SPDX-License-Identifier: Apache-2.0
"""Runs ES|QL on Elasticsearch over documents: run(query, Store(documents), now).

One node holds the documents of all stores, in data streams named and mapped as in production. What tells stores apart
is the routing that each document is sent with, so no document and no query is changed for it.

Elasticsearch 8.19 knows no SET, so the head of a query is left out here; analysis_test has it read by 9.4. Its clock is
the machine's, so NOW() becomes the time that a test is about.
"""

import datetime
import itertools
import json
import re

import engine
import fleet
import tree

NOW, SET = re.compile(r"\bNOW\(\)"), re.compile(r'^\s*(?:SET\s+\w+\s*=\s*"[^"]*"\s*;\s*)+')
# Elasticsearch says so of every query that names no limit; that such a query is cut is tested where it matters.
USUAL = "No limit defined, adding default limit"
BATCH = 4000  # documents sent at a time
# Shards are planned in groups, and where none of a group has a field, the plan takes it for null. Chance makes the groups;
# here each shard is one, so that a query which such a plan turns wrong (elastic/elasticsearch#139344: COALESCE of it within
# another function is null) is always wrong.
ALONE = {"accept_pragma_risks": True, "pragma": {"max_concurrent_shards_per_node": 1}}


class EsqlError(Exception):
    """A query that Elasticsearch refuses; the message is its reason."""


def _constants():
    """{stream: {dotted name: the value that its documents have without being sent}}; there is no constant_keyword here."""
    return {stream: {name: field["value"] for name, field in tree.declared_fields("base", stream).items() if "value" in field}
            for stream in fleet.installed.STREAMS}


CONSTANTS = _constants()


class Store:
    """Documents as a store holds them. Made once, it can be queried many times."""

    _numbers, _waiting = itertools.count(1), []

    def __init__(self, documents=()):
        self.documents = list(documents)
        self.routing = str(next(Store._numbers))
        Store._waiting.append(self)

    def lines(self):
        for document in self.documents:
            index = "metrics-{dataset}-{namespace}".format(**document["data_stream"])
            stream = document["data_stream"]["dataset"].rpartition(".")[2]
            yield json.dumps({"create": {"_index": index, "routing": self.routing}})
            # A data set may be of another name than the tree's package.
            yield json.dumps(document | CONSTANTS[stream] | {"event.dataset": document["data_stream"]["dataset"]})

    @classmethod
    def send(cls):
        """Sends what waits: the first query after a number of stores sends the documents of all of them."""
        waiting, cls._waiting = cls._waiting, []
        lines = [line for store in waiting for line in store.lines()]
        for begin in range(0, len(lines), 2 * BATCH):
            answer = node().ok("POST", "/_bulk", "\n".join(lines[begin:begin + 2 * BATCH]) + "\n")
            refused = [item["create"]["error"]["reason"] for item in answer["items"] if item["create"]["status"] != 201]
            if refused:
                raise ValueError(f"{len(refused)} documents were refused; the first: {refused[0]}")
        if lines:
            node().ok("POST", "/metrics-*/_refresh")


class Result:
    """Columns as (name, type), rows as lists, and what Elasticsearch warned of."""

    def __init__(self, answer, warnings):
        self.columns = [(column["name"], column["type"]) for column in answer["columns"]]
        self.rows = answer["values"]
        self.warnings = [warning for warning in warnings if USUAL not in warning]

    def records(self):
        """Rows as dictionaries; dates as text, several values as lists."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row)) for row in self.rows]


_ready = []


def node():
    """The engine, with the package's templates and its data streams."""
    running = engine.node(engine.esql)
    if not _ready:
        _ready.append(running)
        fleet.install(running, allow_custom_routing=True)
        Store([{"@timestamp": "2000-01-01T00:00:00Z", "data_stream": {
            "type": "metrics", "dataset": f"anthropic_metrics.{stream}", "namespace": "default"}} for stream in CONSTANTS])
    return running


def instant(now):
    """ISO text of a time, which may be text already."""
    return now.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z") if isinstance(now, datetime.datetime) else now


def span(field, **bounds):
    """What Kibana filters a query with: times as range bounds (gt, gte, lt, lte)."""
    return {"range": {field: {name: instant(bound) for name, bound in bounds.items()}}}


def run(query, store, now, params=None, within=None):
    """The result of the query at the time now, on the documents within a span."""
    running = node()
    Store.send()
    text = NOW.sub(f'TO_DATETIME("{instant(now)}")', SET.sub("", query))
    chosen = [{"term": {"_routing": store.routing}}] + ([within] if within else [])
    answer = running.call("POST", "/_query", {"query": text, "params": [{name: value} for name, value in (params or {}).items()],
                                              "filter": {"bool": {"filter": chosen}}, **ALONE})
    if answer.status == 400:
        raise EsqlError(answer.json["error"]["reason"])
    if answer.status != 200:
        raise AssertionError(f"{answer.status}: {answer.text[:2000]}")
    return Result(answer.json, answer.warnings)


EMPTY = Store()


def check(query, params=None):
    """Columns of a query as (name, type), without documents. Raises EsqlError."""
    return run(query, EMPTY, "2026-01-01T00:00:00Z", params).columns
