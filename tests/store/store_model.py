# SPDX-License-Identifier: Apache-2.0
"""What a store holds and how it answers: data streams with backing indices, as Elasticsearch and OpenSearch keep them.

The two rules that matter to a shipper are kept strictly: `_id` is unique within a backing index and is checked in the
write index alone; a search sees what was refreshed, a get sees everything. tests/engine/store_model_test.py holds this
model beside real engines.
"""

import fnmatch
import json
import re
import threading
import time
import uuid

import bulk_lines
import tree

VERSIONS = {"opensearch": "2.19.1", "elasticsearch": "8.19.2"}
STREAMS = tree.streams()
NAMES = ("anthropic_metrics", "claude_metrics")  # of the packages that setup installs for
MOST_HITS = 10_000


class Index:
    """One backing index, or an index of its own."""

    def __init__(self, name):
        self.name, self.uuid, self.created = name, uuid.uuid4().hex[:22], int(time.time() * 1000)
        self.documents = {}  # id: source, in the order in which they came
        self.visible = 0     # so many of them, from the first, are found by a search

    def refresh(self):
        self.visible = len(self.documents)

    def seen(self):
        return list(self.documents.items())[: self.visible]


class DataStream:
    def __init__(self, name, template):
        self.name, self.template, self.generation, self.indices = name, template, 0, []
        self.roll()

    def roll(self):
        self.generation += 1
        self.indices.append(Index(f".ds-{self.name}-{self.generation:06d}"))

    @property
    def write(self):
        return self.indices[-1]


class Model:
    """Answers requests. [any thread]

    templates: the index templates that `setup` installs, or none. authorization: the header that is demanded, or None.
    """

    def __init__(self, engine="opensearch", templates=True, authorization=None, version=None, auto_create=True):
        self.engine, self.version = engine, version or VERSIONS[engine]
        self.authorization, self.auto_create = authorization, auto_create
        self.templates = {}
        self.streams, self.indices = {}, {}
        self.lock = threading.RLock()
        for dataset in (f"{name}.{stream}" for name in NAMES for stream in STREAMS) if templates else ():
            self.templates[f"metrics-{dataset}"] = {"index_patterns": [f"metrics-{dataset}-*"], "data_stream": {}, "priority": 200}
        if engine == "elasticsearch":  # comes with one for every data stream of metrics
            self.templates["metrics"] = {"index_patterns": ["metrics-*-*"], "data_stream": {}, "priority": 100}

    # ---- What tests ask ---------------------------------------------------------------------------------

    def holdings(self):
        """{data stream or index: {backing index: {id: source}}}"""
        with self.lock:
            out = {stream.name: {index.name: dict(index.documents) for index in stream.indices} for stream in self.streams.values()}
            return out | {index.name: {index.name: dict(index.documents)} for index in self.indices.values()}

    def count(self):
        """Documents, in all backing indices together."""
        return sum(len(documents) for indices in self.holdings().values() for documents in indices.values())

    def roll(self, name="*"):
        """Every matching data stream gets a new write index."""
        with self.lock:
            for stream in self.streams.values():
                if fnmatch.fnmatchcase(stream.name, name):
                    stream.roll()

    def replace(self, found, source):
        """Somebody has overwritten a document."""
        with self.lock:
            for stream in self.streams.values():
                for index in stream.indices:
                    if found in index.documents:
                        index.documents[found] = source

    # ---- Requests ---------------------------------------------------------------------------------------

    def answer(self, method, path, parameters, body, headers):
        """(status, JSON value). path: without the query."""
        if self.authorization and headers.get("Authorization") != self.authorization:
            return bulk_lines.refusal(401, "security_exception", "missing authentication credentials for REST request [/]")
        with self.lock:
            status, value = self._answer(method, path, parameters, body)
        return status, value if status >= 400 else bulk_lines.filtered(value, parameters.get("filter_path"))

    def _answer(self, method, path, parameters, body):
        parts = [part for part in path.split("/") if part]
        if not parts:
            return 200, self._greeting()
        for pattern, methods, call in self.ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method in methods:
                return call(self, parameters, body, *found.groups())
        if path.startswith("/_"):
            return 400, {"error": f"no handler found for uri [{path}] and method [{method}]"}
        return bulk_lines.refusal(405, "method_not_allowed", f"Incorrect HTTP method for uri [{path}] and method [{method}]")

    def _greeting(self):
        version = {"number": self.version, "lucene_version": "9.12.1", "build_flavor": "default"}
        if self.engine == "opensearch":
            version["distribution"] = "opensearch"
        return {"name": "store", "cluster_name": "store", "cluster_uuid": "s" * 22, "version": version,
                "tagline": "You Know, for Search" if self.engine == "elasticsearch" else
                           "The OpenSearch Project: https://opensearch.org/"}

    def bulk(self, parameters, body, default=None):
        try:
            actions = bulk_lines.parse(body)
        except bulk_lines.Malformed as error:
            return bulk_lines.refusal(400, error.kind, str(error))
        items = [self._create(action, action.index or default) for action in actions]
        if parameters.get("refresh") in ("", "true", "wait_for"):
            for action in actions:
                for index in self._targets(action.index or default):
                    index.refresh()
        return 200, {"took": 1, "errors": any("error" in i[k] for i in items for k in i), "items": items}

    def _create(self, action, name):
        index = self._writable(name)
        if index is None:
            return bulk_lines.item(action, name, 404, "index_not_found_exception", f"no such index [{name}]")
        try:
            document = json.loads(action.source)
            if not isinstance(document, dict):
                raise ValueError
        except ValueError:  # a pipeline reads the document before the mapping does
            kind = "parse_exception" if self.engine == "opensearch" else "document_parsing_exception"
            return bulk_lines.item(action, index.name, 400, kind, "failed to parse")
        if name in self.streams and "@timestamp" not in document:
            return bulk_lines.item(action, index.name, 400, self._parse_error(),
                                   "failed to parse: data stream timestamp field [@timestamp] is missing")
        if action.id is None:
            action.id = uuid.uuid4().hex[:20]
        there = action.id in index.documents
        if there and action.kind == "create":
            return bulk_lines.item(action, index.name, 409, "version_conflict_engine_exception",
                                   f"[{action.id}]: version conflict, document already exists (current version [1])")
        if action.kind == "index" and name in self.streams:
            return bulk_lines.item(action, index.name, 400, "illegal_argument_exception",
                                   "only write ops with an op_type of create are allowed in data streams")
        index.documents[action.id] = action.source
        return {action.kind: {"_index": index.name, "_id": action.id, "_version": 1, "result": "created",
                              "_shards": {"total": 2, "successful": 1, "failed": 0},
                              "_seq_no": len(index.documents) - 1, "_primary_term": 1, "status": 201}}

    def _parse_error(self):
        return "document_parsing_exception" if self.engine == "elasticsearch" else "mapper_parsing_exception"

    def _writable(self, name):
        if name in self.streams:
            return self.streams[name].write
        if name in self.indices:
            return self.indices[name]
        if not self.auto_create:
            return None
        matching = [(template["priority"], known) for known, template in self.templates.items()
                    if any(fnmatch.fnmatchcase(name, pattern) for pattern in template["index_patterns"])]
        if matching:
            self.streams[name] = DataStream(name, max(matching)[1])
            return self.streams[name].write
        self.indices[name] = Index(name)
        return self.indices[name]

    def _targets(self, names):
        """The indices behind names, patterns and data streams, separated by commas; missing ones are left out."""
        out = []
        for name in names.split(","):
            for stream in self.streams.values():
                out += [index for index in stream.indices if fnmatch.fnmatchcase(stream.name, name) or index.name == name]
            out += [index for index in self.indices.values() if fnmatch.fnmatchcase(index.name, name)]
        return out

    def _missing(self, names, parameters):
        """The refusal if a name without a wildcard stands for nothing."""
        if parameters.get("ignore_unavailable") == "true":
            return None
        for name in names.split(","):
            if "*" not in name and not self._targets(name):
                return bulk_lines.refusal(404, "index_not_found_exception", f"no such index [{name}]")
        return None

    def search(self, parameters, body, names):
        missing = self._missing(names, parameters)
        if missing:
            return missing
        asked = json.loads(body or b"{}")
        size = int(parameters.get("size", asked.get("size", 10)))
        if size > MOST_HITS:
            return bulk_lines.refusal(400, "illegal_argument_exception", "Result window is too large, from + size must be less than "
                                      f"or equal to: [{MOST_HITS}] but was [{size}]", "search_phase_execution_exception")
        wanted = self._wanted(asked.get("query", {"match_all": {}}))
        hits = []
        for index in self._targets(names):
            for found, source in index.seen():
                if wanted is None or found in wanted:
                    hit = {"_index": index.name, "_id": found, "_score": 1.0}
                    if asked.get("_source", True) is not False:
                        hit["_source"] = json.loads(source)
                    hits.append(hit)
        return 200, {"took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
                     "hits": {"total": {"value": len(hits), "relation": "eq"}, "max_score": 1.0, "hits": hits[:size]}}

    @staticmethod
    def _wanted(query):
        """The ids that a query asks for; None: every document. Other queries are not known here."""
        ((kind, value),) = query.items()
        if kind == "match_all":
            return None
        if kind == "ids":
            return set(value["values"])
        if kind == "terms" and list(value) == ["_id"]:
            return set(value["_id"])
        if kind == "bool" and list(value) == ["filter"]:
            clauses = value["filter"] if isinstance(value["filter"], list) else [value["filter"]]
            if len(clauses) == 1:
                return Model._wanted(clauses[0])
        raise AssertionError(f"the model of a store does not know the query {query}")

    def get_many(self, parameters, body, default=None):
        asked = json.loads(body)
        docs = asked.get("docs") or [{"_index": default, "_id": one} for one in asked["ids"]]
        return 200, {"docs": [self._get_one(one.get("_index", default), one["_id"]) for one in docs]}

    def _get_one(self, name, found):
        targets = self._targets(name)
        if name in self.streams or not targets:  # gets do not look behind a data stream
            kind, reason = "index_not_found_exception", f"no such index [{name}]"
            return {"_index": name, "_id": found, "error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}}
        (index,) = targets
        if found not in index.documents:
            return {"_index": index.name, "_id": found, "found": False}
        return {"_index": index.name, "_id": found, "_version": 1, "found": True, "_source": json.loads(index.documents[found])}

    def refresh(self, parameters, body, names="*"):
        missing = self._missing(names, parameters)
        if missing:
            return missing
        for index in self._targets(names):
            index.refresh()
        return 200, {"_shards": {"total": 2, "successful": 1, "failed": 0}}

    def data_streams(self, parameters, body, names="*"):
        found = [s for s in self.streams.values() if any(fnmatch.fnmatchcase(s.name, n) for n in names.split(","))]
        if not found and "*" not in names:
            return bulk_lines.refusal(404, "index_not_found_exception", f"no such index [{names}]")
        return 200, {"data_streams": [{
            "name": s.name, "timestamp_field": {"name": "@timestamp"}, "generation": s.generation, "status": "YELLOW",
            "template": s.template, "indices": [{"index_name": i.name, "index_uuid": i.uuid} for i in s.indices]} for s in found]}

    def settings(self, parameters, body, names, _=None):
        missing = self._missing(names, parameters)
        if missing:
            return missing
        def one(index):
            flat = {"index.creation_date": str(index.created), "index.uuid": index.uuid, "index.provided_name": index.name,
                    "index.hidden": "true", "index.number_of_shards": "1", "index.number_of_replicas": "1"}
            if parameters.get("flat_settings") in ("", "true"):
                return flat
            return {"index": {name.partition(".")[2]: value for name, value in flat.items()}}
        return 200, {index.name: {"settings": one(index)} for index in self._targets(names)}

    def index_templates(self, parameters, body, names="*"):
        found = [name for name in self.templates if any(fnmatch.fnmatchcase(name, n) for n in names.split(","))]
        if not found and "*" not in names:
            return bulk_lines.refusal(404, "resource_not_found_exception", f"index template matching [{names}] not found")
        return 200, {"index_templates": [{"name": name, "index_template": self.templates[name]} for name in found]}

    def rollover(self, parameters, body, name):
        if name not in self.streams:
            return bulk_lines.refusal(400, "illegal_argument_exception", f"rollover target [{name}] does not exist")
        old = self.streams[name].write.name
        self.streams[name].roll()
        return 200, {"acknowledged": True, "shards_acknowledged": True, "old_index": old,
                     "new_index": self.streams[name].write.name, "rolled_over": True, "dry_run": False, "conditions": {}}

    def privileges(self, parameters, body):
        if self.engine == "opensearch":
            return 400, {"error": "no handler found for uri [/_security/user/_has_privileges] and method [POST]"}
        asked = json.loads(body)
        return 200, {"username": "shipper", "has_all_requested": True,
                     "cluster": {name: True for name in asked.get("cluster", [])}, "application": {},
                     "index": {name: {p: True for p in one["privileges"]} for one in asked.get("index", []) for name in one["names"]}}

    def health(self, parameters, body):
        return 200, {"cluster_name": "store", "status": "yellow", "timed_out": False, "number_of_nodes": 1}

    ROUTES = [
        (r"/_bulk", ("POST", "PUT"), bulk),
        (r"/([^_/][^/]*)/_bulk", ("POST", "PUT"), lambda self, parameters, body, name: self.bulk(parameters, body, name)),
        (r"/([^_/][^/]*)/_search", ("GET", "POST"), search),
        (r"/_mget", ("GET", "POST"), get_many),
        (r"/([^_/][^/]*)/_mget", ("GET", "POST"), get_many),
        (r"/_refresh", ("GET", "POST"), refresh),
        (r"/([^_/][^/]*)/_refresh", ("GET", "POST"), refresh),
        (r"/_data_stream", ("GET",), data_streams),
        (r"/_data_stream/([^/]+)", ("GET",), data_streams),
        (r"/([^_/][^/]*)/_settings", ("GET",), settings),
        (r"/([^_/][^/]*)/_settings/([^/]+)", ("GET",), settings),
        (r"/_index_template", ("GET",), index_templates),
        (r"/_index_template/([^/]+)", ("GET", "HEAD"), index_templates),
        (r"/([^_/][^/]*)/_rollover", ("POST",), rollover),
        (r"/_security/user/_has_privileges", ("GET", "POST"), privileges),
        (r"/_cluster/health", ("GET",), health),
    ]
