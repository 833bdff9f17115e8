# SPDX-License-Identifier: Apache-2.0
"""install.sh puts everything into a real engine, may run again, and the mappings are those of fields/."""

import json

import engine
import installed
import tree

ENGINE = engine.opensearch


def leaf_types(properties, prefix=""):
    """{dotted name: type} of a mapping."""
    for name, entry in properties.items():
        if "properties" in entry:
            yield from leaf_types(entry["properties"], f"{prefix}{name}.")
        else:
            yield prefix + name, entry["type"]


class Install(tree.TreeTest):
    def setUp(self):
        self.node = installed.node()

    def everything(self):
        return {path: self.node.ok("GET", path) for path in
                ("/_ingest/pipeline/anthropic_metrics-*", "/_component_template/anthropic_metrics-*",
                 "/_index_template/metrics-anthropic_metrics.*")}

    def test_it_may_run_again_and_changes_nothing(self):
        before = self.everything()
        done = installed.install(self.node.url)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.everything(), before)
        self.assertEqual(len(before["/_ingest/pipeline/anthropic_metrics-*"]), len(installed.STREAMS))
        self.assertEqual(len(before["/_index_template/metrics-anthropic_metrics.*"]["index_templates"]), len(installed.STREAMS))

    def test_templates_of_former_names_give_way_while_data_streams_follow_them(self):
        now, former = "metrics-anthropic_metrics.health", "anthropic_metrics-health"
        (entry,) = self.node.ok("GET", f"/_index_template/{now}")["index_templates"]
        index = installed.data_stream("health")
        template = entry["index_template"]
        self.node.ok("PUT", f"/_index_template/{former}", dict(template, priority=201))
        self.node.ok("PUT", f"/_index_template/{now}", dict(template, index_patterns=["elsewhere"]))
        self.node.ok("DELETE", f"/_index_template/{now}")
        self.node.ok("PUT", f"/_index_template/{former}", template)
        self.node.create(index, installed.golden("health")[:1])
        self.assertEqual(installed.install(self.node.url).returncode, 0)
        self.assertEqual(self.node.ok("GET", f"/_index_template/{now}")["index_templates"], [entry])
        self.assertEqual(self.node.call("GET", f"/_index_template/{former}").status, 404)
        self.assertEqual(self.node.ok("GET", f"/_data_stream/{index}")["data_streams"][0]["template"], now)

    def test_it_leaves_settings_of_the_user_alone(self):
        mine = {"template": {"settings": {"index": {"refresh_interval": "17s"}}}}
        self.node.ok("PUT", "/_component_template/anthropic_metrics-custom", mine)
        try:
            self.assertEqual(installed.install(self.node.url).returncode, 0)
            index = installed.data_stream("health")
            self.node.create(index, installed.golden("health")[:1])
            (settings,) = self.node.ok("GET", f"/{index}/_settings").values()
            self.assertEqual(settings["settings"]["index"]["refresh_interval"], "17s")
        finally:
            self.node.ok("PUT", "/_component_template/anthropic_metrics-custom", {"template": {}})

    def test_what_it_says_on_a_cluster_without_state_management(self):
        done = installed.install(self.node.url)
        self.assertIn("no index state management", done.stdout)

    def test_mappings_are_those_of_the_field_files(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index = installed.data_stream(stream)
                self.node.create(index, installed.golden(stream)[:1])
                (mapped,) = self.node.ok("GET", f"/{index}/_mapping").values()
                self.assertEqual(dict(leaf_types(mapped["mappings"]["properties"])), installed.declared(stream))

    def test_a_newer_version_reaches_data_streams_that_are_there(self):
        index = installed.data_stream("usage")
        template = self.node.ok("GET", "/_component_template/anthropic_metrics-usage")["component_templates"][0]
        older = json.loads(json.dumps(template["component_template"]))
        del older["template"]["mappings"]["properties"]["anthropic"]["properties"]["usage"]["properties"]["speed"]
        self.node.ok("PUT", "/_component_template/anthropic_metrics-usage", older)
        self.node.create(index, [d for d in installed.golden("usage") if "speed" not in d["anthropic"]["usage"]][:1])
        field = f"/{index}/_mapping/field/anthropic.usage.speed"
        self.assertEqual([m["mappings"] for m in self.node.ok("GET", field).values()], [{}])
        done = installed.install(self.node.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("usage-*: mappings of the existing data streams", done.stdout)
        self.assertNotEqual([m["mappings"] for m in self.node.ok("GET", field).values()], [{}])

    def test_every_processor_of_the_pipelines_is_known_here(self):
        (info,) = self.node.ok("GET", "/_nodes/ingest")["nodes"].values()
        known = {processor["type"] for processor in info["ingest"]["processors"]}
        for name, pipeline in self.node.ok("GET", "/_ingest/pipeline/anthropic_metrics-*").items():
            self.assertLessEqual({kind for entry in pipeline["processors"] for kind in entry}, known, name)
