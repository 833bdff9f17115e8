# SPDX-License-Identifier: Apache-2.0
"""The model of a store that tests/store ships into answers as a real engine does, wherever a shipper looks."""

import json

import engine
import installed
import tree

import store_engine
import store_model

ENGINE = engine.opensearch
NAME = "metrics-anthropic_metrics.usage-model"


def shape(value):
    """What of an answer must be equal: names, types, statuses; not times, sizes and wording."""
    if isinstance(value, dict):
        kept = {name: shape(inner) for name, inner in value.items() if name in KEPT and (name != "index" or isinstance(inner, dict))}
        return {name: inner for name, inner in kept.items() if inner is not None}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return value if isinstance(value, (bool, int)) or value in WORDS else type(value).__name__


KEPT = {"items", "create", "index", "status", "error", "errors", "type", "hits", "total", "value", "relation", "_id", "found", "docs",
        "data_streams", "indices", "generation", "timestamp_field", "name", "template", "acknowledged", "rolled_over", "result",
        "_version", "version", "distribution", "root_cause", "index_templates"}
WORDS = {"created", "version_conflict_engine_exception", "index_not_found_exception", "mapper_parsing_exception", "eq",
         "parse_exception", "action_request_validation_exception", "illegal_argument_exception", "resource_not_found_exception", "opensearch", NAME,
         "@timestamp", "a", "b", "c", "d"}


class StoreModel(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.node = installed.node()
        cls.engine = store_engine.Engine(cls.node.url)
        cls.model = store_model.Model()

    def both(self, method, path, body=b"", **parameters):
        """(status, value) of both, which must look alike; of the engine."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/x-ndjson" if path.endswith("_bulk") else "application/json"}
        real = self.engine.answer(method, path, parameters, content, headers)
        model = self.model.answer(method, path, parameters, content, headers)
        self.assertEqual((model[0], shape(model[1])), (real[0], shape(real[1])), f"{method} {path}: {real[1]}")
        return real

    def create(self, *ids, kind="create", name=NAME, document='{"@timestamp":"2026-11-01T00:00:00Z","event":{"id":"%s"}}'):
        lines = []
        for one in ids:
            lines += [json.dumps({kind: {"_index": name, "_id": one}}), document % one if "%s" in document else document]
        return self.both("POST", "/_bulk", ("\n".join(lines) + "\n").encode())

    def test_as_a_shipper_meets_it(self):
        self.assertEqual(self.both("GET", "/")[0], 200)
        self.both("GET", f"/_data_stream/{NAME}")
        self.both("GET", f"/{NAME}/_settings", flat_settings="true")
        self.create("a", "b")
        self.both("GET", f"/_data_stream/{NAME}")
        # Twice in one request, and again.
        self.create("a", "c", "c")
        # The write index alone is asked: after a rollover the same id is taken again.
        self.both("POST", f"/{NAME}/_rollover")
        self.both("POST", f"/{NAME}/_refresh")
        _, answer = self.create("b", "d")
        self.assertEqual([item["create"]["status"] for item in answer["items"]], [201, 201])
        self.both("GET", f"/_data_stream/{NAME}")
        asked = {"query": {"ids": {"values": ["b", "d"]}}, "size": 10, "_source": False}
        # Of an answer what is asked for.
        self.both("POST", "/_bulk", b'{"create":{"_index":"%b","_id":"d"}}\n{"@timestamp":"2026-11-01T00:00:00Z","event":{"id":"d"}}\n' % NAME.encode(),
                  filter_path="errors,items.*._id,items.*.status,items.*.error.type,items.*.failure_store")
        self.both("POST", "/_bulk", b"", filter_path="errors,items.*.status")
        # Searches see what was refreshed.
        _, answer = self.both("POST", f"/{NAME}/_search", {"query": {"ids": {"values": ["d"]}}})
        self.assertEqual(answer["hits"]["total"]["value"], 0)
        self.both("POST", f"/{NAME}/_refresh")
        _, answer = self.both("POST", f"/{NAME}/_search", asked)
        self.assertEqual(sorted(hit["_id"] for hit in answer["hits"]["hits"]), ["b", "b", "d"])
        # Gets see everything, in a backing index that they name.
        _, stream = self.both("GET", f"/_data_stream/{NAME}")
        behind = [index["index_name"] for index in stream["data_streams"][0]["indices"]]
        ours = [index.name for index in self.model.streams[NAME].indices]
        self.assertEqual(behind, ours)
        self.create("late")
        self.both("POST", "/_mget", {"docs": [{"_index": NAME, "_id": "late"}]})
        for index in behind:
            self.both("POST", "/_mget", {"docs": [{"_index": index, "_id": one} for one in ("late", "a", "b")]})

    def test_what_is_refused(self):
        name = NAME + "2"
        self.create("a", name=name, document='{"@timestamp":"2026-11-01T00:00:00Z"')
        self.create("a", name=name)
        self.create("a", name=name, kind="index")
        self.both("POST", "/_bulk", b"")
        self.both("POST", "/_bulk", b'{"create":{"_index":"%b","_id":"a"}}\n{}' % name.encode())
        self.both("POST", "/_bulk", b'[1]\n{}\n')
        self.both("POST", f"/{name}/_search", {"size": 10001})
        self.both("POST", f"/{NAME}3/_search", {})
        self.both("POST", f"/{NAME}3/_refresh")
        self.both("POST", f"/{NAME}3/_rollover")
        self.both("GET", "/_index_template/no_such")
        self.both("POST", "/_mget", {"docs": [{"_index": NAME + "3", "_id": "a"}]})
