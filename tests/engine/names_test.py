# SPDX-License-Identifier: Apache-2.0
"""Data sets of another name on a real OpenSearch: what setup installs for them takes their documents, beside those of the
tree's name, and neither is in a sum of the other."""

import json

import documents_test
import engine
import installed
import setup_run
import tree
from setup_run import effects, setup

ENGINE = engine.opensearch
OWN = "claude_metrics"
DATASETS = tuple(f"{OWN}.{stream}" for stream in installed.STREAMS)


def renamed(document):
    return json.loads(json.dumps(document).replace('"anthropic_metrics.', f'"{OWN}.'))


def in_order(answer):
    """Of a list of templates: the engine gives them in any order."""
    return {key: sorted(value, key=lambda one: one["name"]) if isinstance(value, list) else value for key, value in answer.items()}


class OtherName(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.node = installed.node()
        cls.before = {path: cls.node.ok("GET", path) for path in ("/_index_template/metrics-anthropic_metrics.*",
                                                                  "/_ingest/pipeline/anthropic_metrics-*")}
        done = setup(cls.node.url, datasets=DATASETS)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        cls.done = effects(done)

    def test_setup_installs_under_the_policys_name_and_leaves_the_other_alone(self):
        ours = setup_run.assets(OWN)["engines"]["opensearch"]
        self.assertEqual({what for what, word in self.done.items() if word == "created"} - {f"lifecycle policy {OWN}"},
                         {f"pipeline {name}" for name in ours["pipelines"]} | {f"index template {name}" for name in ours["templates"]}
                         | {f"component template {name}" for name in ours["components"] | ours["custom"]})
        for path, there in self.before.items():
            self.assertEqual(in_order(self.node.ok("GET", path)), in_order(there))
        again = setup(self.node.url, datasets=DATASETS)
        self.assertEqual(set(effects(again).values()) - {"left"}, {"unchanged"}, again.stderr)

    def test_documents_go_through_its_pipelines_and_into_its_sums_alone(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = f"metrics-{OWN}.{stream}-names", [renamed(one) for one in installed.golden(stream)]
                items = self.node.create(index, documents)
                self.assertEqual({item["status"] for item in items}, {201}, items)
                stored = list(self.node.hits(index).values())
                self.assertEqual({hit["event"]["dataset"] for hit in stored}, {f"{OWN}.{stream}"})
                self.assertTrue(all("ingested" in hit["event"] for hit in stored))
                self.assertEqual(self.node.ok("GET", f"/_data_stream/{index}")["data_streams"][0]["template"],
                                 f"metrics-{OWN}.{stream}")
                names = documents_test.measures(stream) if stream in ("usage", "cost") else []
                if names:
                    other = installed.data_stream(stream)
                    self.node.create(other, installed.golden(stream))
                    self.assertEqual(self.node.sums(index, names), self.node.sums(other, names))

    def test_what_fails_names_its_own_pipeline(self):
        index = f"metrics-{OWN}.usage-broken"
        document = renamed(installed.golden("usage")[0])
        document["anthropic"]["usage"]["output_tokens"] = "many"
        (item,) = self.node.create(index, [document])
        self.assertEqual(item["status"], 201, item)
        (stored,) = self.node.hits(index).values()
        self.assertEqual((stored["event"]["kind"], stored["event"]["dataset"]), ("pipeline_error", f"{OWN}.usage"))
        self.assertIn(f"in pipeline '{OWN}-usage'", stored["error"]["message"][0])
