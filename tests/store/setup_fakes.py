# SPDX-License-Identifier: Apache-2.0
"""A store and a Kibana on loopback that keep what is put there, answer in the forms that the real ones document, and
record every request. What a store makes of a mapping or a document is for tests/engine."""

import http.server
import json
import re
import threading
import urllib.parse

GREETINGS = {
    "elasticsearch": {"version": {"number": "9.1.4", "build_flavor": "default"}, "tagline": "You Know, for Search"},
    "serverless": {"version": {"number": "8.11.0", "build_flavor": "serverless"}, "tagline": "You Know, for Search"},
    "opensearch": {"version": {"number": "2.19.1", "distribution": "opensearch"}},
}


class Server:
    """A context manager. refusals: {(method, path as a pattern): (status, body)}."""

    def __init__(self, refusals=None):
        self.requests, self.refusals = [], dict(refusals or {})
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body leave together

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                target = urllib.parse.urlsplit(self.path)
                fake.requests.append((self.command, self.path, self.headers, body))
                path = urllib.parse.unquote(target.path)
                status, content = next((said for (method, pattern), said in fake.refusals.items()
                                        if method == self.command and re.fullmatch(pattern, path)), None) or fake.reply(
                    self.command, path, dict(urllib.parse.parse_qsl(target.query)), body, self.headers)
                data = json.dumps(content).encode("utf-8")
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def writes(self):
        """[(method, path)] of what would change something."""
        return [(method, path) for method, path, _, _ in self.requests if method not in ("GET", "HEAD")]


def as_text(value):
    """Settings as engines answer them: every value is text."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items()}
    return json.dumps(value) if isinstance(value, (bool, int)) else value


class FakeStore(Server):
    KINDS = {"/_ingest/pipeline/": "pipelines", "/_component_template/": "component_templates",
             "/_index_template/": "index_templates", "/_ilm/policy/": "ilm", "/_plugins/_ism/policies/": "ism"}

    def __init__(self, engine="elasticsearch", greeting=None, **options):
        super().__init__(**options)
        self.engine, self.greeting = engine, greeting or GREETINGS[engine]
        self.kept = {kind: {} for kind in self.KINDS.values()}
        self.streams = {}  # name: [(index, mapping, settings)]

    def reply(self, method, path, query, body, headers):
        if path == "/":
            return 200, self.greeting
        for start, kind in self.KINDS.items():
            if path.startswith(start):
                if kind == {"elasticsearch": "ism", "opensearch": "ilm"}.get(self.engine) or (
                        self.engine == "serverless" and kind in ("ilm", "ism")):
                    return 400, {"error": f"no handler found for uri [{path}] and method [{method}]"}
                return self.one(method, kind, path[len(start):], query, body)
        return self.of_data_streams(method, path, body)

    def one(self, method, kind, name, query, body):
        kept = self.kept[kind]
        if method == "PUT":
            if kind == "ism" and name in kept and query != {"if_seq_no": "7", "if_primary_term": "3"}:
                return 409, {"error": {"reason": "version conflict"}}
            kept[name] = json.loads(body)
            return 200, {"acknowledged": True}
        if name not in kept:
            return 404, {"error": {"reason": f"[{name}] missing"}, "status": 404}
        if method == "DELETE":
            del kept[name]
            return 200, {"acknowledged": True}
        return 200, self.shown(kind, name, kept[name])

    @staticmethod
    def shown(kind, name, body):
        body = json.loads(json.dumps(body))
        if "settings" in body.get("template", {}):
            body["template"]["settings"] = as_text(body["template"]["settings"])
        if kind == "index_templates":
            body["data_stream"] = {"hidden": False, "allow_custom_routing": False}
        if kind in ("component_templates", "index_templates"):
            return {kind: [{"name": name, kind[:-1]: body}]}
        if kind == "ilm":
            return {name: {"version": 1, "modified_date": "2026-11-01T00:00:00.000Z", "policy": body["policy"], "in_use_by": {}}}
        if kind == "ism":
            return {"_id": name, "_seq_no": 7, "_primary_term": 3, "policy": dict(body["policy"], schema_version=21)}
        return {name: body}

    def of_data_streams(self, method, path, body):
        if path.startswith("/_data_stream/"):
            stem = path.removeprefix("/_data_stream/").removesuffix("*")
            found = [{"name": name, "indices": [{"index_name": index} for index, _, _ in indices]}
                     for name, indices in self.streams.items() if name.startswith(stem)]
            return (200, {"data_streams": found}) if found else (404, {"error": {"reason": "no such index"}})
        name, _, action = path[1:].partition("/")
        for indices in self.streams.values():
            for index, mapping, settings in indices:
                if index == name:
                    return 200, {index: {"mappings": mapping} if action == "_mapping" else {"settings": {"index": settings}}}
        if method == "PUT" and action == "_mapping":
            self.streams[name][-1] = (self.streams[name][-1][0], json.loads(body), self.streams[name][-1][2])
            return 200, {"acknowledged": True}
        if method == "POST" and action == "_rollover":
            package, stream = re.fullmatch(r"metrics-(\w+)\.(\w+)-\w+", name).groups()
            self.streams[name].append((f".ds-{name}-{len(self.streams[name]) + 1:06d}", None,
                                       {"default_pipeline": f"{package}-{stream}"}))
            return 200, {"acknowledged": True, "rolled_over": True}
        return 404, {"error": {"reason": f"nothing at {path}"}}


class FakeKibana(Server):
    """As Kibana's reference documents GET /api/status, saved objects' import, and alerting rules."""

    CREATE = {"name", "rule_type_id", "consumer", "enabled", "tags", "schedule", "actions", "params", "alert_delay", "artifacts",
              "notify_when", "throttle", "flapping"}
    UPDATE = CREATE - {"rule_type_id", "consumer", "enabled"}

    def __init__(self, version="9.4.2", **options):
        super().__init__(**options)
        self.version, self.rules, self.objects, self.forms = version, {}, {}, []

    def reply(self, method, path, query, body, headers):
        if (method, path) == ("GET", "/api/status"):
            return 200, {"name": "kibana", "version": {"number": self.version, "build_flavor": "traditional"},
                         "status": {"overall": {"level": "available"}}}
        if method != "GET" and not headers.get("kbn-xsrf"):
            return 400, {"statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header."}
        if (method, path) == ("POST", "/api/saved_objects/_import"):
            return self.imported(query, body, headers)
        found = re.fullmatch(r"/api/alerting/rule/([0-9a-f-]{36})", path)
        return self.rule(method, found[1], body) if found else (404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"})

    def imported(self, query, body, headers):
        kind, _, boundary = headers["Content-Type"].partition("; boundary=")
        start = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="anthropic_metrics.ndjson"\r\n'
                 "Content-Type: application/ndjson\r\n\r\n").encode("utf-8")
        end = f"\r\n--{boundary}--\r\n".encode("utf-8")
        if (kind, query) != ("multipart/form-data", {"overwrite": "true"}) or not (body.startswith(start) and body.endswith(end)):
            return 400, {"statusCode": 400, "error": "Bad Request", "message": "[request body.file]: expected value of type [Stream]"}
        saved = [json.loads(line) for line in body[len(start):-len(end)].decode("utf-8").splitlines()]
        self.forms.append(saved)
        self.objects |= {(one["type"], one["id"]): one for one in saved}
        missing = [{"id": one["id"], "type": one["type"], "error": {"type": "missing_references", "references": [reference]}}
                   for one in saved for reference in one["references"]
                   if reference["type"] == "index-pattern" and ("index-pattern", reference["id"]) not in self.objects]
        if missing:
            return 200, {"success": False, "successCount": 0, "errors": missing}
        return 200, {"success": True, "successCount": len(saved), "warnings": [],
                     "successResults": [{"type": one["type"], "id": one["id"], "overwrite": True} for one in saved]}

    def rule(self, method, identifier, body):
        if method == "GET":
            found = self.rules.get(identifier)
            return (200, found) if found else (404, {"statusCode": 404, "error": "Not Found",
                                                     "message": f"Saved object [alert/{identifier}] not found"})
        said = json.loads(body)
        unknown = said.keys() - (self.CREATE if method == "POST" else self.UPDATE)
        if unknown:
            return 400, {"statusCode": 400, "error": "Bad Request",
                         "message": f"[request body.{min(unknown)}]: definition for this key is missing"}
        if method == "POST" and identifier in self.rules:
            return 409, {"statusCode": 409, "error": "Conflict", "message": "there is one of this id"}
        self.rules[identifier] = dict(self.rules.get(identifier, {}), **said, id=identifier)
        return 200, self.rules[identifier]
