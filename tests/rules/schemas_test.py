# SPDX-License-Identifier: Apache-2.0
"""The schemas are valid, say everything about every key, accept good documents and refuse bad ones."""

import copy
import os
import unittest

import jsonschema

import tree
import document_schema  # noqa: I001  (tree says where it is)


def usage():
    return {
        "@timestamp": "2026-09-10T08:00:00Z",
        "anthropic": {"usage": {
            "bucket_start_time": "2026-09-10T08:00:00Z", "bucket_end_time": "2026-09-10T09:00:00Z",
            "bucket_width": "1h", "group_by": ["model", "workspace_id"], "model": "claude-sonnet-5",
            "workspace_id": "Default", "revision": 0, "uncached_input_tokens": 96204,
            "cached_input_tokens": 9007199254740993, "cache_creation_input_tokens": 5,
            "cache_creation_5m_input_tokens": 3, "cache_creation_1h_input_tokens": 2, "output_tokens": 0,
            "web_search_requests": 0}},
        "data_stream": {"type": "metrics", "dataset": "anthropic_metrics.usage", "namespace": "default"},
        "ecs": {"version": "9.3.0"},
        "event": {"kind": "metric", "module": "anthropic_metrics", "dataset": "anthropic_metrics.usage",
                  "category": ["api"], "type": ["info"], "id": "AbCdEfGhIjKlMnOpQrSt-_"},
        "input": {"type": "anthropic_metrics"},
        "organization": {"id": "00000000-0000-4000-8000-000000000001"},
        "tags": ["forwarded"],
    }


def cost():
    document = usage()
    document["anthropic"] = {"cost": {
        "bucket_start_time": "2026-09-10T00:00:00Z", "bucket_end_time": "2026-09-11T00:00:00Z",
        "group_by": ["description", "workspace_id"], "revision": 1, "amount": -0.5, "amount_exact": "-0.5",
        "total_exact": "169.5", "currency": "USD", "description": "Web Search Usage", "cost_type": "web_search", "workspace_id": "Default"}}
    for part in ("data_stream", "event"):
        document[part]["dataset"] = "anthropic_metrics.cost"
    return document


def rate_limit():
    document = usage()
    document["anthropic"] = {"rate_limit": {
        "type": "rate_limit", "group_type": "model_group", "group_id": "rlg_01", "group_name": "Claude Sonnet 5.x",
        "models": ["claude-sonnet-5"], "requests_per_minute": 3000,
        "limits": [{"type": "requests_per_minute", "value": 3000}, {"type": "invented", "value": 7}]}}
    for part in ("data_stream", "event"):
        document[part]["dataset"] = "anthropic_metrics.rate_limit"
    document["event"]["category"] = ["configuration"]
    return document


SAMPLES = {"usage": usage, "cost": cost, "rate_limit": rate_limit}


def changed(document, path, value):
    """A copy with one place set, or removed when the value is `...`."""
    document = copy.deepcopy(document)
    place = document
    *front, last = path.split("/")
    for step in front:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


class Schemas(tree.TreeTest):
    def test_every_schema_is_valid_json_schema(self):
        findings = []
        for path in tree.files(".schema.json"):
            try:
                jsonschema.Draft202012Validator.check_schema(tree.load_json(path))
            except (ValueError, jsonschema.SchemaError) as error:
                findings.append(f"{path}: not a JSON Schema of 2020-12: {error}; correct it")
        self.report(findings)

    def test_every_schema_names_itself(self):
        findings = []
        for path in tree.files(".schema.json"):
            if path.parts[0] != "schemas":
                continue
            wanted = str(path.relative_to("schemas"))
            schema = tree.load_json(path)
            if schema.get("$id") != wanted:
                findings.append(f"{path}: $id is {schema.get('$id')!r}, and siblings refer to it as {wanted!r}; set it")
            if schema.get("$schema") != "https://json-schema.org/draft/2020-12/schema":
                findings.append(f"{path}: $schema is {schema.get('$schema')!r}; use that of draft 2020-12")
            for key in ("title", "description"):
                if not schema.get(key):
                    findings.append(f"{path}: no {key} at the top; add one")
        self.report(findings)


    def test_schemas_of_documents_follow_from_the_fields(self):
        findings = []
        for stream in tree.streams():
            path = tree.ROOT / f"schemas/{stream}.schema.json"
            wanted = document_schema.text(tree.ROOT, stream)
            if path.exists() and path.read_text(encoding="utf-8") == wanted:
                continue
            if os.environ.get("AM_UPDATE_GOLDEN"):
                path.write_text(wanted, encoding="utf-8")
            else:
                findings.append(f"schemas/{stream}.schema.json is not what fields/{stream}.yml makes of it; change that file, "
                                "then run make update-golden")
        self.report(findings)


class Documents(tree.TreeTest):
    def expect(self, stream, document, accepted, why):
        found = tree.faults(tree.validator(f"{stream}.schema.json"), document)
        if accepted and found:
            self.fail(f"schemas/{stream}.schema.json refuses {why}: {found}")
        if not accepted and not found:
            self.fail(f"schemas/{stream}.schema.json accepts {why}; it must not")

    def corrected(self):
        """A usage document that takes tokens back, with the values now true."""
        document = changed(changed(usage(), "anthropic/usage/revision", 2), "anthropic/usage/output_tokens", -41877)
        row = document["anthropic"]["usage"]
        row["total"] = {**{name: 7 for name in row if name.endswith("_tokens")}, "web_search_requests": 0}
        return document

    def test_good_documents_are_accepted(self):
        for stream, sample in SAMPLES.items():
            with self.subTest(stream=stream):
                self.expect(stream, sample(), True, "a document with every kind of field")

    def test_every_stream_has_a_sample_here(self):
        missing = [s for s in tree.streams() if s not in SAMPLES]
        own = [s for s in missing if not list((tree.ROOT / "tests/fixtures" / s).rglob("*.ndjson"))]
        self.report([f"tests/fixtures/{s}: no expected document of stream {s}; add one" for s in own])

    def test_bad_documents_are_refused(self):
        everywhere = [
            ("@timestamp", ..., "no time"), ("@timestamp", "2026-09-10 08:00", "a time that is not RFC 3339"),
            ("@timestamp", "2026-09-10T08:00:00+00:00", "a time that is not written with Z"),
            ("organization", ..., "no organization"), ("organization/id", None, "null"),
            ("event/id", "short", "an id that is not 22 base64url characters"),
            ("event/kind", "event", "another event.kind"), ("event/original", "{}", "an untagged original"),
            ("event/severity", 1, "an unknown key in event"), ("ecs/version", "8.11.0", "another ECS version"),
            ("tags", "forwarded", "tags that are no array"), ("input/type", "cel", "another input"),
            ("data_stream/type", "logs", "another data stream type"),
            ("data_stream/namespace", "has-hyphen", "a namespace with a hyphen"),
            ("data_stream/dataset", "anthropic_metrics.other", "another stream's data set"),
            ("message", "x", "an unknown key at the top"),
        ]
        own = {
            "usage": [
                ("anthropic/usage/model", None, "null in a dimension"),
                ("anthropic/usage/output_tokens", -1, "a negative count in revision 0"),
                ("anthropic/usage/output_tokens", 1.5, "a fraction of a token"),
                ("anthropic/usage/output_tokens", 2**63, "a count beyond 64 bits"),
                ("anthropic/usage/output_tokens", "7", "a count as text"),
                ("anthropic/usage/output_tokens", ..., "a missing measure"),
                ("anthropic/usage/revision", -1, "a negative revision"),
                ("anthropic/usage/bucket_width", "5m", "a width that the API does not have"),
                ("anthropic/usage/group_by", ..., "no grouping"),
                ("anthropic/usage/future_counter", 3, "an unknown field that is no text"),
                ("anthropic/usage/api_key_source", "key", "another api_key_source"),
            ],
            "cost": [
                ("anthropic/cost/amount", "12.5", "an amount as text"),
                ("anthropic/cost/amount_exact", 12.5, "exact text that is a number"),
                ("anthropic/cost/amount_exact", "1e3", "an exponent in the exact text"),
                ("anthropic/cost/currency", ..., "no currency"),
                ("anthropic/cost/bucket_width", "1d", "a field that the table does not have"),
                ("anthropic/cost/token_type", None, "null in a dimension"),
            ],
            "rate_limit": [
                ("anthropic/rate_limit/models", None, "null models"),
                ("anthropic/rate_limit/group_type", ..., "no group type"),
                ("anthropic/rate_limit/invented", 7, "an unknown limiter as a field"),
                ("anthropic/rate_limit/limits", {"type": "a", "value": 1}, "limits that are no array"),
                ("anthropic/rate_limit/requests_per_minute", -1, "a negative limit"),
            ],
        }
        for stream, sample in SAMPLES.items():
            for path, value, why in everywhere + own[stream]:
                with self.subTest(stream=stream, path=path):
                    self.expect(stream, changed(sample(), path, value), False, why)
        total = self.corrected()["anthropic"]["usage"]["total"]
        for stream, document, why in [
            ("usage", changed(usage(), "anthropic/usage/total", total), "a total in revision 0"),
            ("usage", changed(self.corrected(), "anthropic/usage/total", ...), "a correction without its total"),
            ("usage", changed(self.corrected(), "anthropic/usage/total/output_tokens", ...), "a total that lacks a measure"),
            ("usage", changed(self.corrected(), "anthropic/usage/total/output_tokens", -1), "a negative total"),
            ("usage", changed(self.corrected(), "anthropic/usage/total/model", "m"), "a dimension in the total"),
            ("cost", changed(cost(), "anthropic/cost/revision", 0), "a total in revision 0"),
            ("cost", changed(cost(), "anthropic/cost/total_exact", ...), "a correction without its total"),
            ("cost", changed(cost(), "anthropic/cost/total_exact", 169.5), "a total that is a number"),
        ]:
            with self.subTest(stream=stream, why=why):
                self.expect(stream, document, False, why)

    def test_what_may_vary_is_accepted(self):
        kept = changed(usage(), "tags", ["forwarded", "preserve_original_event"])
        kept["event"]["original"] = '{"model":null}'
        for stream, document, why in [
            ("usage", self.corrected(), "a correction"), ("usage", kept, "a kept original"),
            ("usage", changed(usage(), "anthropic/usage/data_center", "x"), "a text dimension of a newer API"),
            ("usage", changed(usage(), "anthropic/usage/model", ...), "an absent dimension"),
            ("usage", changed(usage(), "anthropic/usage/group_by", []), "no grouping"),
            ("usage", changed(usage(), "@timestamp", "2026-09-10T08:00:00.123Z"), "a time with a fraction"),
            ("cost", changed(cost(), "anthropic/cost/cost_type", "invented"), "a new cost type"),
            ("cost", changed(cost(), "anthropic/cost/amount_exact", "0.00031250000000000004"), "many digits"),
            ("rate_limit", changed(rate_limit(), "anthropic/rate_limit/limits", []), "a group without limits"),
        ]:
            with self.subTest(why=why):
                self.expect(stream, document, True, why)


    def set_aside(self, stream):
        """A row that could not be read: what was read of its texts, why, and the row."""
        document = SAMPLES[stream]()
        fields = document["anthropic"][stream]
        kept = {"usage": {"bucket_start_time", "bucket_end_time", "bucket_width", "group_by", "model"},
                "cost": {"bucket_start_time", "bucket_end_time", "group_by", "currency"}, "rate_limit": set()}[stream]
        document["anthropic"][stream] = {name: value for name, value in fields.items() if name in kept}
        document["event"].update(kind="pipeline_error", type=["error"], original='{"output_tokens": -5}')
        document["error"] = {"message": "$.data[0].results[1].output_tokens expected a count"}
        document["tags"].append("preserve_original_event")
        return document

    def test_a_row_that_was_set_aside_is_no_measurement(self):
        for stream in SAMPLES:
            good = self.set_aside(stream)
            unknown = changed(good, "event/original", ...)  # where its text cannot be known
            for document in (good, unknown):
                with self.subTest(stream=stream):
                    self.expect(stream, document, True, "a row that was set aside")
            measure = {"usage": "usage/output_tokens", "cost": "cost/amount", "rate_limit": "rate_limit/requests_per_minute"}[stream]
            for path, value, why in [
                (f"anthropic/{measure}", 5, "a measure in a row that was set aside"),
                ("error", ..., "no reason"), ("event/type", ["info"], "another type"),
                ("event/kind", "metric", "a reason in a measurement"), ("tags", ["forwarded"], "an untagged row"),
            ]:
                with self.subTest(stream=stream, why=why):
                    self.expect(stream, changed(good, path, value), False, why)
        self.expect("usage", changed(self.set_aside("usage"), "anthropic/usage/bucket_start_time", ...), False, "no bucket")
        for limit in ("fast_otpm", "tokens_per_day"):
            document = changed(self.set_aside("rate_limit"), f"anthropic/rate_limit/{limit}", 5)
            self.expect("rate_limit", document, False, f"{limit} in an entry that was set aside")

    def test_a_lag_is_a_number_of_64_bits(self):
        health = next(document for path, _, document in tree.golden_documents() if path.parts[2] == "health")
        for lag, accepted in ((-5, True), (2**63 - 1, True), (2**63, False)):
            self.expect("health", changed(health, "anthropic/health/lag_seconds", lag), accepted, f"a lag of {lag}")


class Configuration(tree.TreeTest):
    KEY = {"admin_api_key": "file:/run/secrets/key"}

    def walk(self, schema, path=""):
        for name, key in schema.get("properties", {}).items():
            yield f"{path}/{name}", key
            yield from self.walk(key, f"{path}/{name}")

    def test_every_key_is_described(self):
        findings = []
        for path, key in self.walk(tree.configuration_schema()):
            for part in ("title", "description", "examples"):
                if not key.get(part):
                    findings.append(f"plugin/settings: the row of {path} has no {part}; add it")
        self.report(findings)

    def test_defaults_and_examples_are_valid(self):
        whole = tree.configuration_schema()
        findings = []
        for path, key in self.walk(whole):
            checker = jsonschema.Draft202012Validator({**key, "$defs": whole["$defs"]})
            for value in key.get("examples", []) + ([key["default"]] if "default" in key else []):
                for error in checker.iter_errors(value):
                    findings.append(f"plugin/settings: {path}: {value!r}: {error.message}; correct it")
        checker = tree.validator("configuration.schema.json")
        for example in whole["examples"]:
            findings += [f"plugin/settings: example {example}: {f}" for f in tree.faults(checker, example)]
        self.report(findings)

    def test_defaults_are_those_promised(self):
        streams = tree.configuration_schema()["properties"]["streams"]["properties"]

        def default(stream, key):
            return streams[stream]["properties"][key]["default"]

        self.assertEqual(
            [default("usage", k) for k in ("interval", "initial_interval", "settle", "bucket_width")],
            ["15m", "24h", "5m", "1h"])
        self.assertEqual(set(default("usage", "group_by")), {"model", "workspace_id", "service_tier", "inference_geo"})
        self.assertEqual([default("cost", k) for k in ("interval", "initial_interval", "settle")], ["2h", "168h", "1h"])
        self.assertEqual(set(default("cost", "group_by")), {"workspace_id", "description"})
        self.assertEqual(default("rate_limit", "interval"), "1h")

    def test_every_stream_has_settings(self):
        settings = tree.configuration_schema()["properties"]["streams"]["properties"]
        self.report(
            [f"the described configuration: /streams/{s} is missing though plugin/streams/{s}.cpp registers it; add it"
             for s in tree.streams() if s not in settings]
            + [f"the described configuration: /streams/{s} has no plugin/streams/{s}.cpp; remove it"
               for s in settings if tree.streams() and s not in tree.streams()])

    def test_good_and_bad_configurations(self):
        checker = tree.validator("configuration.schema.json")
        good = [
            self.KEY, {"admin_api_key": "$secret{KEY}"}, {**self.KEY, "streams": {"usage": {"interval": "1h30m"}}},
            {**self.KEY, "streams": {"usage": {"group_by": []}}}, {**self.KEY, "http_client_timeout": "90s"},
            {**self.KEY, "ssl": {"certificate": "a.pem", "key": "a.key"}},
            {"oauth_token": "systemd:token"}, {"enterprise_api_key": "${KEY}"},
            {**self.KEY, "oauth_token": "${TOKEN}", "enterprise_api_key": "${KEY}"},
        ]
        bad = [
            {}, {"admin_api_key": ""}, {"oauth_token": ""}, {**self.KEY, "enterprise_api_key": 7}, {**self.KEY, "admin_key": "x"}, {**self.KEY, "namespace": "a-b"},
            {**self.KEY, "streams": {"usages": {}}}, {**self.KEY, "streams": {"usage": {"interval": "5"}}},
            {**self.KEY, "streams": {"usage": {"interval": "7d"}}}, {**self.KEY, "streams": {"usage": {"bucket_width": "5m"}}},
            {**self.KEY, "streams": {"cost": {"group_by": ["model"]}}}, {**self.KEY, "streams": {"cost": {"bucket_width": "1h"}}},
            {**self.KEY, "ssl": {"certificate": "a.pem"}}, {**self.KEY, "acknowledge": "never"},
            {**self.KEY, "url": "api.anthropic.com"}, {**self.KEY, "preserve_original_event": "yes"},
        ]
        for configuration in good:
            with self.subTest(configuration=configuration):
                self.assertEqual(tree.faults(checker, configuration), [])
        for configuration in bad:
            with self.subTest(configuration=configuration):
                self.assertNotEqual(tree.faults(checker, configuration), [], "accepted, and must not be")


if __name__ == "__main__":
    unittest.main()
