# SPDX-License-Identifier: Apache-2.0
"""What the real host collects from the simulator is loaded completely, and the engine's sums are the simulator's truth."""

import decimal
import json
import re
import subprocess
import time

import documents_test
import engine
import installed
import java
import tree

import searched

ENGINE = engine.opensearch
HOST = java.BINARY_DIR / "bin" / "anthropic-metrics"


def table(output, title):
    """{first word of a line: the numbers that follow} of one table of the demo's output."""
    lines = output[output.index(f"{title}\n"):].splitlines()[2:]
    out = {}
    for line in lines:
        if not line.strip():
            break
        name, *numbers = line.split()
        out[name] = [decimal.Decimal(number.replace(",", "")) for number in numbers]
    return out


class Demo(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.node = installed.node()
        with searched.folder(key=b"sk-ant-admin01-simulator") as folder:
            run = subprocess.run([HOST, "demo", "--output", folder], capture_output=True, text=True, timeout=180)
            if run.returncode:
                raise AssertionError(f"the demo failed: {run.stdout[-1000:]}{run.stderr[-1000:]}")
            cls.output = run.stdout
            cls.lines = {path.name: path.read_text(encoding="utf-8").splitlines()
                         for path in (folder / "documents").glob("*.ndjson")}
        begun = time.monotonic()
        cls.items = {}
        for name, lines in cls.lines.items():
            stream = re.search(r"anthropic_metrics\.(\w+)-", name).group(1)
            index = f"metrics-anthropic_metrics.{stream}-demo"
            sent = cls.items.setdefault(stream, [])
            for first in range(0, len(lines), 500):
                sent += cls.node.create(index, lines[first:first + 500])
        total = sum(len(lines) for lines in cls.lines.values())
        print(f"{total} documents of the demo loaded in {time.monotonic() - begun:.1f} s", flush=True)

    def documents(self, stream):
        return [json.loads(line, parse_float=decimal.Decimal) for name, lines in self.lines.items()
                if f".{stream}-" in name for line in lines]

    def test_every_document_is_there(self):
        self.assertGreaterEqual(self.items.keys(), {"usage", "cost", "rate_limit"})
        for stream, items in self.items.items():
            documents = self.documents(stream)
            self.assertEqual([item["status"] for item in items], [201] * len(documents))
            self.assertEqual([item["_id"] for item in items], [document["event"]["id"] for document in documents])
            index = f"metrics-anthropic_metrics.{stream}-demo"
            self.assertEqual(self.node.count(index), len(documents))
            self.assertEqual(self.node.count(index, {"term": {"event.kind": "metric"}}), len(documents))

    def test_sums_are_those_of_the_documents(self):
        for stream in self.items.keys() - {"rate_limit"}:  # limits are states, not amounts
            names = documents_test.measures(stream)
            if not names:
                continue  # of things that are only named
            for name, found in self.node.sums(f"metrics-anthropic_metrics.{stream}-demo", names).items():
                exact = sum(decimal.Decimal(documents_test.value(document, name)) for document in self.documents(stream))
                if stream == "usage":
                    self.assertEqual(found, exact, name)
                else:
                    self.assertAlmostEqual(found, float(exact), delta=max(abs(float(exact)), 1) * 1e-12, msg=name)

    def test_tokens_by_model_are_what_the_simulator_used(self):
        names = ["uncached_input_tokens", "cached_input_tokens", "cache_creation_input_tokens", "output_tokens"]
        expected = table(self.output, "Tokens by model")
        self.assertGreater(len(expected), 3)
        body = {"size": 0, "aggs": {"model": {"terms": {"field": "anthropic.usage.model", "size": 1000}, "aggs": {
            name: {"sum": {"field": f"anthropic.usage.{name}"}} for name in names}}}}
        answer = self.node.ok("POST", "/metrics-anthropic_metrics.usage-demo/_search", body)
        found = {bucket["key"]: [bucket[name]["value"] for name in names] for bucket in answer["aggregations"]["model"]["buckets"]}
        self.assertEqual(found, expected)

    def test_cost_by_workspace_is_what_the_simulator_charged(self):
        expected = {name: value for name, (value,) in table(self.output, "Cost by workspace").items()}
        total = expected.pop("total")
        body = {"size": 0, "aggs": {"workspace": {"terms": {"field": "anthropic.cost.workspace_id", "size": 1000}, "aggs": {
            "cents": {"sum": {"field": "anthropic.cost.amount"}}}}}}
        answer = self.node.ok("POST", "/metrics-anthropic_metrics.cost-demo/_search", body)
        found = {bucket["key"]: bucket["cents"]["value"] / 100 for bucket in answer["aggregations"]["workspace"]["buckets"]}
        self.assertEqual(found.keys(), expected.keys())
        for name, dollars in found.items():
            self.assertAlmostEqual(dollars, float(expected[name]), delta=1e-9 * max(1, dollars), msg=name)
        exact = sum(decimal.Decimal(hit["anthropic"]["cost"]["amount_exact"])
                    for hit in self.node.hits("metrics-anthropic_metrics.cost-demo").values())
        self.assertEqual(exact / 100, total)

    def test_sent_again_nothing_changes(self):
        for name, lines in self.lines.items():
            stream = re.search(r"anthropic_metrics\.(\w+)-", name).group(1)
            index = f"metrics-anthropic_metrics.{stream}-demo"
            again = self.node.create(index, lines)
            self.assertEqual({item["status"] for item in again}, {409})
            self.assertEqual(self.node.count(index), len(self.documents(stream)))
