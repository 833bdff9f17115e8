# SPDX-License-Identifier: Apache-2.0
"""`anthropic-metrics setup` on a real OpenSearch: the same as install.sh, once, in place, and nothing that is not ours."""

import json

import engine
import installed
import setup_run
import tree
from setup_run import effects, setup

ENGINE = engine.opensearch
NAME = "anthropic_metrics"
USAGE = f"metrics-{NAME}.usage"
KINDS = {"/_ingest/pipeline/": "pipelines", "/_component_template/": "components", "/_index_template/": "templates"}


class Setup(tree.TreeTest):
    def setUp(self):
        self.node = installed.node()
        self.ours = setup_run.assets()["engines"]["opensearch"]

    def everything(self):
        paths = ("/_ingest/pipeline", "/_component_template", "/_index_template", f"/metrics-{NAME}.*/_mapping", f"/_data_stream/metrics-{NAME}.*")
        return {path: self.node.call("GET", path).text for path in paths}

    def fine(self, *arguments):
        done = setup(self.node.url, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def remove_all(self):
        self.node.call("DELETE", f"/_data_stream/metrics-{NAME}.*")
        for path in reversed(KINDS):
            names = [*self.ours[KINDS[path]], *(self.ours["custom"] if "component" in path else ())]
            for name in names:
                self.node.ok("DELETE", path + name)

    def test_what_install_sh_installed_is_what_setup_would(self):
        done = effects(self.fine())
        self.assertEqual(set(done.values()) - {"left"}, {"unchanged"})
        self.assertEqual({what for what, word in done.items() if word == "left"}, {f"lifecycle policy {NAME}"})

    def test_it_installs_once_and_documents_go_through_the_pipelines(self):
        self.remove_all()
        before = self.everything()
        planned = effects(self.fine("--dry-run"))
        self.assertEqual(self.everything(), before, "a dry run changes nothing")
        self.assertEqual(set(planned.values()), {"would create", "left as it is"})
        done = effects(self.fine())
        self.assertEqual(sum(word == "created" for word in done.values()), sum(
            len(self.ours[part]) for part in ("pipelines", "components", "custom", "templates")))
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                items = self.node.create(index, documents)
                self.assertEqual({item["status"] for item in items}, {201}, items)
                self.assertEqual({item["_id"] for item in items}, {document["event"]["id"] for document in documents})
                self.assertTrue(all("ingested" in hit["event"] for hit in self.node.hits(index).values()))
                self.assertEqual(self.node.ok("GET", f"/_data_stream/{index}")["data_streams"][0]["template"],
                                 f"metrics-{NAME}.{stream}")
        there = self.everything()
        self.assertEqual(set(effects(self.fine()).values()) - {"left"}, {"unchanged"})
        self.assertEqual(self.everything(), there)

    def older(self, change):
        """The template of usage as an older version had it, and a data stream of that time."""
        component = json.loads(json.dumps(self.ours["components"][f"{NAME}-usage"]))
        mappings = component["template"]["mappings"]
        change(mappings["properties"]["anthropic"]["properties"]["usage"]["properties"])
        component["_meta"]["digest"] = mappings["_meta"]["digest"] = "0000000000000000"
        self.node.ok("PUT", f"/_component_template/{NAME}-usage", component)
        index = installed.data_stream("usage")
        documents = [d for d in installed.golden("usage") if "speed" not in d["anthropic"]["usage"]]
        self.assertEqual(self.node.create(index, documents[:1])[0]["status"], 201)
        return index

    def speed(self, index):
        """How each backing index has the field, oldest first."""
        mapped = self.node.ok("GET", f"/{index}/_mapping")
        return [mapped[name]["mappings"]["properties"]["anthropic"]["properties"]["usage"]["properties"].get("speed", {}).get("type")
                for name in sorted(mapped)]

    def test_a_new_field_reaches_the_data_streams_that_are_there(self):
        index = self.older(lambda fields: fields.pop("speed"))
        self.assertEqual(self.speed(index), [None])
        done = effects(self.fine())
        self.assertEqual(done[f"component template {NAME}-usage"], "updated")
        self.assertEqual(done[f"mapping of {index}"], "updated")
        self.assertEqual(self.speed(index), ["keyword"])
        self.assertEqual(effects(self.fine())[f"mapping of {index}"], "unchanged")

    def test_a_changed_type_begins_a_new_index(self):
        index = self.older(lambda fields: fields.update(speed={"type": "long"}))
        self.assertEqual(effects(self.fine())[f"mapping of {index}"], "rolled over")
        self.assertEqual(self.speed(index), ["long", "keyword"])
        fast = [d for d in installed.golden("usage") if "speed" in d["anthropic"]["usage"]][:1]
        self.assertEqual([item["status"] for item in self.node.create(index, fast)], [201])
        self.assertEqual(effects(self.fine())[f"mapping of {index}"], "unchanged")
        self.assertEqual(len(self.speed(index)), 2, "it is rolled over once")

    def test_a_template_of_others_is_left_alone_and_nothing_is_installed(self):
        (entry,) = self.node.ok("GET", f"/_index_template/{USAGE}")["index_templates"]
        theirs = dict(entry["index_template"], _meta={"package": "another"})
        self.node.ok("PUT", f"/_index_template/{USAGE}", theirs)
        self.node.ok("DELETE", f"/_ingest/pipeline/{NAME}-health")
        try:
            before = self.everything()
            done = setup(self.node.url)
            self.assertEqual(done.returncode, 78)
            self.assertIn(f"the index template '{USAGE}' is there and was not made by this program", done.stderr)
            self.assertEqual(self.everything(), before)
        finally:
            self.node.ok("PUT", f"/_index_template/{USAGE}", entry["index_template"])
            self.fine()
