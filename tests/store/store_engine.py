# SPDX-License-Identifier: Apache-2.0
"""A running engine behind the front: what is not spoiled goes there as it came. It answers tests as the model does."""

import http.client
import json
import re
import urllib.parse

import tree

STREAMS = tree.streams()


class Engine:
    """headers: what lets our own questions in."""

    def __init__(self, url, namespace="default", headers=None):
        self.url, self.namespace, self.headers = urllib.parse.urlsplit(url), namespace, headers or {}

    def answer(self, method, path, parameters, body, headers):
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=120)
        try:
            query = urllib.parse.urlencode(parameters)
            kept = {name: headers[name] for name in ("Content-Type", "Authorization") if headers.get(name)}
            path = self.url.path.rstrip("/") + path
            connection.request(method, urllib.parse.quote(path, safe="/,*") + ("?" + query if query else ""), body or None, kept)
            answer = connection.getresponse()
            text = answer.read()
            try:
                return answer.status, json.loads(text) if text else None
            except ValueError:
                return answer.status, text
        finally:
            connection.close()

    def ask(self, method, path, body=None, **parameters):
        """The JSON of an answer that must be good."""
        content = b"" if body is None else json.dumps(body).encode()
        status, value = self.answer(method, path, parameters, content, {"Content-Type": "application/json", **self.headers})
        if status not in (200, 201):
            raise AssertionError(f"{method} {path}: {status}: {str(value)[:2000]}")
        return value

    def names(self):
        return [f"metrics-anthropic_metrics.{stream}-{self.namespace}" for stream in STREAMS]

    def roll(self, name=None):
        """Every data stream that is there gets a new write index."""
        for one in self.names() if name is None else [name]:
            self.answer("POST", f"/{one}/_rollover", {}, b"", {})

    def holdings(self, names=None):
        """{data stream: {backing index: {id: source}}}, of every stream or of data streams."""
        out = {}
        for name in self.names() if names is None else names:
            status, settings = self.answer("GET", f"/{name}/_settings", {"flat_settings": "true"}, b"", {})
            if status == 404:
                continue
            self.ask("POST", f"/{name}/_refresh")
            assert all(re.fullmatch(rf"\.ds-{re.escape(name)}-.*\d{{6}}", index) for index in settings), settings
            out[name] = {index: self._all_of(index) for index in settings}
        return out

    def _all_of(self, index):
        found = {}
        answer = self.ask("POST", f"/{index}/_search", {"size": 5000, "sort": ["_doc"]}, scroll="2m")
        while answer["hits"]["hits"]:
            found.update((hit["_id"], json.dumps(hit["_source"]).encode()) for hit in answer["hits"]["hits"])
            answer = self.ask("POST", "/_search/scroll", {"scroll": "2m", "scroll_id": answer["_scroll_id"]})
        self.answer("DELETE", "/_search/scroll", {}, json.dumps({"scroll_id": answer["_scroll_id"]}).encode(),
                    {"Content-Type": "application/json"})
        return found


class Stripped(Engine):
    """An Elasticsearch server as it is published for tests: of what a shipper asks it lacks the greeting and the look at a
    data stream, which are answered here from what it does tell. And it cannot make failure stores, for want of a type of
    mapping: `failures`, {data stream: [document]}, stands for what they hold."""

    def __init__(self, url, version, namespace="default"):
        super().__init__(url, namespace)
        self.version, self.failures = version, {}

    def answer(self, method, path, parameters, body, headers):
        if path.endswith("::failures/_search"):
            held = self.failures.get(path[1:].partition("::")[0], [])
            hits = [{"_index": ".fs-a-failure-store-000001", "_id": str(number), "_source": one} for number, one in enumerate(held)]
            return 200, {"took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
                         "hits": {"total": {"value": len(hits), "relation": "eq"}, "max_score": None, "hits": hits}}
        if method == "GET" and path == "/":
            return 200, {"version": {"number": self.version, "build_flavor": "default"}, "tagline": "You Know, for Search"}
        if method == "GET" and path.startswith("/_data_stream/"):
            return self._data_stream(path.rpartition("/")[2])
        return super().answer(method, path, parameters, body, headers)

    def _data_stream(self, name):
        status, found = super().answer("GET", f"/_resolve/index/{name}", {}, b"", {})
        if status != 200:
            return status, found
        templates = self.ask("GET", "/_index_template")["index_templates"]
        (matching,) = [one["name"] for one in templates if name.startswith(
            tuple(pattern.removesuffix("*") for pattern in one["index_template"]["index_patterns"]))]
        return 200, {"data_streams": [{
            "name": one["name"], "timestamp_field": {"name": one["timestamp_field"]}, "generation": len(one["backing_indices"]),
            "status": "GREEN", "template": matching, "indices": [{"index_name": index} for index in one["backing_indices"]]}
            for one in found["data_streams"]]}
