# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives damaged stays in the store: visible, with the reason and with all that arrived, counted nowhere."""

import itertools
import json

import engine
import installed
import tree

ENGINE = engine.opensearch
TIME = "2026-09-12T08:00:00Z"
BUCKET = {"bucket_start_time": "2026-09-12T07:00:00Z", "bucket_end_time": "2026-09-12T08:00:00Z"}
LIMIT = {"type": "rate_limit", "group_type": "batch"}
_ids = itertools.count(1)


def message(value):
    return {"@timestamp": TIME, "message": value if isinstance(value, str) else json.dumps(value)}


def shaped(stream, **changes):
    document = json.loads(json.dumps(installed.golden(stream)[0]))
    document["event"]["id"] = f"bad-{next(_ids)}"
    document["anthropic"][stream].update(changes)
    return document


# stream, what is wrong, the document, a piece of the reason
RAW = [
    ("usage", "no JSON", message("GET / HTTP/1.1"), "Unrecognized token"),
    ("usage", "nothing", message(""), "not a JSON object"),
    ("usage", "null", message("null"), "not a JSON object"),
    ("usage", "a list", message("[1, 2]"), "not a JSON object"),
    ("usage", "cut off", message('{"model": "claude'), "parse_raw_row"),
    ("usage", "no bucket", message({"output_tokens": 5}), "no bucket_start_time"),
    ("usage", "half a bucket", message({"output_tokens": 5, "starting_at": BUCKET["bucket_start_time"]}), "no bucket_start_time"),
    ("usage", "a time that is none", message({"bucket_start_time": "noon", "bucket_end_time": "one", "output_tokens": 1}), "noon"),
    ("usage", "a whole bucket", message({"starting_at": TIME, "ending_at": "2026-09-12T09:00:00Z", "results": []}), "whole bucket"),
    ("usage", "a whole page", message({"data": [], "has_more": False}), "whole bucket or page"),
    ("usage", "no counters", message({**BUCKET, "model": "m"}), "none of the counters"),
    ("usage", "a negative counter", message({**BUCKET, "output_tokens": -5}), "0 or more, got -5"),
    ("usage", "half a token", message({**BUCKET, "output_tokens": 0.5}), "whole number of 0 or more, got 0.5"),
    ("usage", "a counter of text", message({**BUCKET, "output_tokens": "5"}), "output_tokens: expected a number"),
    ("usage", "a counter beyond 64 bits", message({**BUCKET, "output_tokens": 1e30}), "fits into 64 bits"),
    ("usage", "an agent that could not parse", {"@timestamp": TIME, "message": "{oops", "error": {"message": "no JSON"}}, "parse_raw"),
    ("usage", "a line that was not parsed", message(shaped("usage")), "let the shipper parse each line as JSON"),
    ("cost", "a line that was not parsed", message(shaped("cost")), "let the shipper parse each line as JSON"),
    ("rate_limit", "a line that was not parsed", message(shaped("rate_limit")), "let the shipper parse each line as JSON"),
    ("cost", "no JSON", message("<html>"), "parse_raw_row"),
    ("cost", "no amount", message({**BUCKET, "currency": "USD"}), "no amount"),
    ("cost", "an amount that is no number", message({**BUCKET, "amount": "much"}), "expected a decimal number of cents, got much"),
    ("cost", "an amount beyond all", message({**BUCKET, "amount": "1e999999999"}), "no sum of money"),
    ("cost", "an amount of too many digits", message({**BUCKET, "amount": "1" * 200}), "no sum of money"),
    ("cost", "a bucket the wrong way round", message({"bucket_start_time": BUCKET["bucket_end_time"], "amount": "1",
                                                      "bucket_end_time": BUCKET["bucket_start_time"]}), "ends before it starts"),
    ("cost", "a whole bucket", message({"starting_at": TIME, "ending_at": TIME, "results": [{"amount": "5"}]}), "whole bucket"),
    ("rate_limit", "no JSON", message("x"), "parse_raw_row"),
    ("rate_limit", "no type", message({"limits": []}), "no type and group_type"),
    ("rate_limit", "a whole page", message({"data": [LIMIT]}), "whole page"),
    ("rate_limit", "limits that are none", message({**LIMIT, "limits": "many"}), "shape_raw_row"),
    ("rate_limit", "a limit without type", message({**LIMIT, "limits": [{"value": 5}]}), "a limit has no type"),
    ("rate_limit", "a negative limit", message({**LIMIT, "limits": [{"type": "t", "value": -5}]}), "0 or more, got -5"),
]
SHAPED = [
    ("usage", "text for a counter", shaped("usage", output_tokens="many"), "anthropic.usage.output_tokens: expected a whole number"),
    ("usage", "a broken counter", shaped("usage", output_tokens=1.5), "got 1.5"),
    ("usage", "less than nothing", shaped("usage", output_tokens=-1), "0 or more, got -1"),
    ("usage", "an object for a dimension", shaped("usage", model={"id": "m"}), "anthropic.usage.model: expected text"),
    ("usage", "a revision of text", shaped("usage", revision="first"), "revision: expected a whole number"),
    ("usage", "no bucket", shaped("usage", bucket_start_time=None), "bucket_start_time: expected a time"),
    ("usage", "a total of text", shaped("usage", revision=1, total={"output_tokens": "x"}), "total.output_tokens: expected"),
    ("usage", "text for all", {"@timestamp": TIME, "anthropic": {"usage": "lots"}}, "anthropic.usage: expected an object"),
    ("usage", "a time that is none", dict(shaped("usage"), **{"@timestamp": "yesterday"}), "@timestamp: expected a time"),
    ("usage", "no time", {k: v for k, v in shaped("usage").items() if k != "@timestamp"}, "@timestamp: expected a time"),
    ("usage", "the document of another stream", shaped("cost"), "neither anthropic.usage nor a row in message"),
    ("cost", "text for an amount", shaped("cost", amount="much"), "anthropic.cost.amount: expected a number"),
    ("cost", "an object for a dimension", shaped("cost", model={}), "anthropic.cost.model: expected text"),
    ("rate_limit", "text for a limit", shaped("rate_limit", requests_per_minute="many"), "requests_per_minute: expected"),
    ("rate_limit", "a limit of text", shaped("rate_limit", limits=[{"type": "t", "value": "x"}]), "limits.value: expected"),
    ("health", "text for a counter", shaped("health", requests="many"), "anthropic.health.requests: expected"),
    ("health", "text for money", shaped("health", correction_amount="much"), "correction_amount: expected a number"),
    ("health", "something else", shaped("cost"), "no anthropic.health"),
]
# What no pipeline expects; it must not be lost either.
STRANGE = [("health", "a line that was not parsed", {"@timestamp": TIME, "message": "{}"}, "parse each line as JSON")]
STRANGE += [(stream, what, document, "") for stream in ("usage", "cost", "rate_limit", "health") for what, document in (
    ("empty", {}),
    ("text for an event", {"@timestamp": TIME, "event": "login"}),
    ("an object for a kind", {"@timestamp": TIME, "event": {"kind": {"a": 1}, "category": {"b": 2}}}),
    ("an object in message", {"@timestamp": TIME, "message": {"a": 1}, "anthropic": 5}),
    ("text for everything", {"@timestamp": TIME, "anthropic": "x", "error": {"message": {"deep": 1}}, "organization": "acme",
                             "data_stream": "y", "tags": {"a": "b"}, "ecs": 9, "input": []}),
    ("an object for an id", {"@timestamp": TIME, "organization": {"id": {"a": 1}}, "anthropic": {stream: []}}),
    ("a time of an object", {"@timestamp": {"a": 1}, "anthropic": {stream: {}}}),
)]


class BadDocuments(tree.TreeTest):
    def setUp(self):
        self.node = installed.node()

    def check(self, table):
        """Sends a table's documents; all must be stored as failures. Returns how many."""
        findings = []
        for stream in sorted({entry[0] for entry in table}):
            entries = [entry for entry in table if entry[0] == stream]
            index = installed.data_stream(stream)
            items = self.node.create(index, [document for _, _, document, _ in entries])
            stored = self.node.hits(index)
            for item, (_, what, document, reason) in zip(items, entries):
                if item["status"] != 201:
                    findings.append(f"{stream}: {what}: lost: {json.dumps(item)[:300]}")
                    continue
                findings += [f"{stream}: {what}: {fault}" for fault in self.faults(stream, document, stored[item["_id"]], reason)]
        self.report(findings)
        return len(table)

    def faults(self, stream, document, stored, reason):
        if stored["event"].get("kind") != "pipeline_error":
            yield f"event.kind is {stored['event'].get('kind')}"
        text = stored.get("error", {}).get("message", [""])[-1]
        for part in (reason, "Processor '", "with tag '", "failed with message '", f"in pipeline 'anthropic_metrics-{stream}'"):
            if part not in text:
                yield f"error.message lacks {part!r}: {text}"
        if "anthropic" in stored or "_row" in stored or "_arrived" in stored:
            yield f"keeps {sorted(stored)}"
        if "preserve_original_event" not in stored.get("tags", []):
            yield "is not tagged preserve_original_event, so a final pipeline would remove the original"
        if stored["event"].get("dataset") != f"anthropic_metrics.{stream}":
            yield f"event.dataset is {stored['event'].get('dataset')}"
        original = stored["event"].get("original")
        arrived = document.get("message")
        if isinstance(arrived, str) and stream != "health":  # which takes no rows
            if original != arrived:
                yield f"event.original is {original!r}"
            return
        kept = json.loads(original)
        for name, value in document.items():
            if name == "message" and not isinstance(value, str) and isinstance(kept.get("event"), dict) and stream != "health":
                name, value = "event", {"original": value}  # it was renamed before anything failed
            # What the pipeline had stamped by then stands beside what arrived.
            same = name == "event" and isinstance(value, dict) and isinstance(kept.get(name), dict)
            if kept.get(name) != value and not (same and value.items() <= kept[name].items()):
                yield f"event.original has lost {name}: {original}"

    def test_rows_in_message(self):
        self.assertEqual(self.check(RAW), len(RAW))

    def test_documents_of_our_form(self):
        self.assertEqual(self.check(SHAPED), len(SHAPED))

    def test_what_nobody_expects(self):
        self.assertEqual(self.check(STRANGE), len(STRANGE))

    def test_they_count_nowhere_and_do_not_harm_their_neighbours(self):
        index = installed.data_stream("usage")
        good = installed.golden("usage", "grouped-hours")
        bad = [document for stream, _, document, _ in RAW + SHAPED + STRANGE if stream == "usage"]
        mixed = [document for pair in zip(bad, good * len(bad)) for document in pair]
        statuses = [item["status"] for item in self.node.create(index, mixed)]
        self.assertEqual(set(statuses[::2]), {201})
        found = self.node.sums(index, ["anthropic.usage.output_tokens"])["anthropic.usage.output_tokens"]
        self.assertEqual(found, sum(document["anthropic"]["usage"]["output_tokens"] for document in good))
        self.assertEqual(self.node.count(index, {"term": {"event.kind": "pipeline_error"}}), len(bad))
        self.assertEqual(self.node.count(index, {"term": {"event.kind": "metric"}}), len(good))

    def test_an_integer_beyond_64_bits_is_the_one_thing_the_engine_refuses(self):
        # OpenSearch cannot hold such a number while a pipeline runs, wherever it stands; the shipper is told so.
        (item,) = self.node.create(installed.data_stream("usage"), [message({**BUCKET, "output_tokens": 10**30})])
        self.assertEqual(item["status"], 400)
        self.assertIn("BigInteger", item["error"]["reason"])

    def test_a_collectors_own_error_is_an_event(self):
        for stream in installed.STREAMS:
            index = installed.data_stream(stream)
            self.node.create(index, [{"@timestamp": TIME, "error": {"message": "GET rate limits: 401"}, "tags": ["forwarded"],
                                      "input": {"type": "cel"}}])
            (stored,) = self.node.hits(index).values()
            self.assertEqual(stored["error"], {"message": "GET rate limits: 401"})
            self.assertEqual((stored["event"]["kind"], stored["event"]["type"]), ("event", ["error"]))
            self.assertEqual(stored["event"]["dataset"], f"anthropic_metrics.{stream}")
            self.assertEqual(self.node.count(index, {"match": {"error.message": "401"}}), 1)
