# SPDX-License-Identifier: Apache-2.0
"""What an Elasticsearch 9 server does with our mappings and documents, without pipelines, which it lacks here: shippers'
ids stand for theirs."""

import json

import documents_test
import engine
import fleet
import installed
import tree

ENGINE = engine.elasticsearch

def leaves(properties, prefix=""):
    """(dotted name, what matters of its mapping)"""
    for name, entry in properties.items():
        if "properties" in entry:
            yield from leaves(entry["properties"], f"{prefix}{name}.")
        else:
            yield prefix + name, {n: v for n, v in entry.items() if n in ("type", "index", "meta", *fleet.TIME_SERIES.values())}


class Elasticsearch(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.node = engine.node(engine.elasticsearch)
        fleet.install(cls.node)

    def create(self, index, documents):
        return self.node.create(index, documents, ids=[document["event"]["id"] for document in documents])

    def test_every_expected_document_fits_the_mapping(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                items = self.create(index, documents)
                self.assertEqual([item["status"] for item in items], [201] * len(documents), items)
                (mapped,) = self.node.ok("GET", f"/{index}/_mapping").values()
                self.assertEqual(dict(leaves(mapped["mappings"]["properties"])), dict(leaves(fleet.mapping(stream))))

    def test_a_repeat_is_refused_and_sums_are_exact(self):
        for stream in ("usage", "cost", "health"):
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                self.create(index, documents)
                names = documents_test.measures(stream)
                before = self.node.sums(index, names)
                self.assertEqual({item["status"] for item in self.create(index, documents)}, {409})
                self.assertEqual(self.node.sums(index, names), before)
                for name, found in before.items():
                    exact = sum(documents_test.value(document, name) for document in documents)
                    self.assertAlmostEqual(found, exact, delta=abs(exact) * 1e-14, msg=name)

    def test_templates_of_the_opensearch_artefact_fit_too(self):
        files = {path: json.loads(content) for path, content in installed.artefact.files().items()
                 if path.startswith(("component_templates/", "index_templates/", "custom/"))}
        for path, body in files.items():
            if path.startswith("index_templates/"):
                continue
            body = json.loads(json.dumps(body).replace('"constant_keyword"', '"keyword"'))
            for field in self.keywords_with_value(body):
                del field["value"]
            self.node.ok("PUT", f"/_component_template/{path.partition('/')[2].removesuffix('.json')}", body)
        for number, (path, body) in enumerate(files.items()):
            if path.startswith("index_templates/"):
                body = dict(body, index_patterns=["portable-*"], priority=300 + number)
                body["template"] = {}
                self.node.ok("PUT", f"/_index_template/portable-{path.partition('/')[2].removesuffix('.json')}", body)

    def keywords_with_value(self, value):
        if isinstance(value, dict):
            if value.get("type") == "keyword" and "value" in value:
                yield value
            for inner in value.values():
                yield from self.keywords_with_value(inner)

    def test_two_templates_of_one_priority_for_one_pattern_are_refused(self):
        # Why the artefact's templates have the priority of Fleet's: no store gets both by mistake.
        refused = self.node.call("PUT", "/_index_template/another", {
            "index_patterns": ["metrics-anthropic_metrics.usage-*"], "data_stream": {},
            "priority": installed.artefact.opensearch.PRIORITY})
        self.assertEqual(refused.status, 400)
        self.assertIn("same priority", refused.text)
