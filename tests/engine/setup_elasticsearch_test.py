# SPDX-License-Identifier: Apache-2.0
"""`anthropic-metrics setup` on a real Elasticsearch, as far as the published server goes: it comes without the modules for
ingest processors, constant_keyword and index lifecycle management, so the assets are installed without what needs them, and
without the two questions that a front answers for it."""

import functools
import json
import os
import pathlib
import tempfile

import engine
import installed
import setup_run
import store_engine
import store_front
import tree
from setup_run import effects, setup

ENGINE = {"8": engine.esql, "9": engine.elasticsearch}[os.environ.get("AM_ELASTICSEARCH", "9")]
NAME = "anthropic_metrics"
USAGE = f"metrics-{NAME}.usage"


def without_modules(value):
    """The assets without what the published server has no modules for."""
    if isinstance(value, list):
        return [without_modules(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "constant_keyword":
        return {"type": "keyword", "ignore_above": 1024}
    return {name: without_modules(inner) for name, inner in value.items()
            if name not in ("default_pipeline", "lifecycle")}


@functools.lru_cache(maxsize=None)
def assets(name=NAME):
    made = setup_run.assets(name)
    for parts in made["engines"].values():
        parts["pipelines"] = {}
    return without_modules(made)


class Server(store_engine.Stripped):
    """Which also tells of data streams before any template fits them."""

    def _data_stream(self, name):
        status, found = store_engine.Engine.answer(self, "GET", f"/_resolve/index/{name}", {}, b"", {})
        if status != 200 or not found["data_streams"]:
            return 404, {"error": {"reason": "no such index"}}
        return super()._data_stream(name)


class Setup(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.node = engine.node(ENGINE)
        (info,) = cls.node.ok("GET", "/_nodes/_local")["nodes"].values()
        cls.front = store_front.Front(Server(cls.node.url, info["version"]))
        cls.enterClassContext(cls.front)
        cls.planned = cls.fine("--dry-run")
        cls.nothing_yet = cls.node.call("GET", f"/_index_template/{USAGE}").status
        cls.first = cls.fine()

    @classmethod
    def setup(cls, made, *arguments, **options):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "assets.json"
            path.write_text(json.dumps(made), encoding="utf-8")
            return setup(cls.front.url, "--assets", str(path), *arguments, **options)

    @classmethod
    def fine(cls, *arguments, made=None):
        done = cls.setup(made or assets(), *arguments)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        return effects(done)

    def test_it_installs_once_and_documents_fit(self):
        self.assertEqual((set(self.planned.values()), self.nothing_yet), ({"would create"}, 404))
        self.assertEqual(set(self.first.values()), {"created"})
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                items = self.node.create(index, documents, ids=[document["event"]["id"] for document in documents])
                self.assertEqual({item["status"] for item in items}, {201}, items)
        again = self.fine()
        self.assertEqual(set(again.values()), {"unchanged"})
        self.assertGreaterEqual(sum(what.startswith("mapping of") for what in again), len(installed.STREAMS))

    def test_an_older_version_is_brought_up_to_date_in_place(self):
        older = json.loads(json.dumps(assets()))
        parts = older["engines"]["elasticsearch"]
        for mapping in (parts["components"][f"{USAGE}@package"]["template"]["mappings"], parts["data_streams"][USAGE]):
            fields = mapping["properties"]["anthropic"]["properties"]["usage"]["properties"]
            del fields["speed"]
            fields["service_tier"] = {"type": "long"}
            mapping["_meta"]["digest"] = "0000000000000000"
        parts["components"][f"{USAGE}@package"]["_meta"]["digest"] = "0000000000000000"
        self.fine(made=older)
        index = installed.data_stream("usage")
        documents = [d for d in installed.golden("usage") if not {"speed", "service_tier"} & d["anthropic"]["usage"].keys()]
        items = self.node.create(index, documents[:1], ids=["an-older-one"])
        self.assertEqual([item["status"] for item in items], [201], items)
        done = self.fine()
        self.assertEqual((done[f"component template {USAGE}@package"], done[f"mapping of {index}"]), ("updated", "rolled over"))
        self.assertEqual({word for what, word in done.items() if "usage" not in what}, {"unchanged"})
        mapped = self.node.ok("GET", f"/{index}/_mapping")
        newest = mapped[max(mapped)]["mappings"]["properties"]["anthropic"]["properties"]["usage"]["properties"]
        self.assertEqual((newest["speed"]["type"], newest["service_tier"]["type"]), ("keyword", "keyword"))
        self.assertEqual(set(self.fine().values()), {"unchanged"})

    def test_another_name_stands_beside_it(self):
        own = "claude_metrics"
        done = self.setup(assets(own), datasets=[f"{own}.{stream}" for stream in installed.STREAMS])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(set(effects(done).values()), {"created"})
        document = json.loads(json.dumps(installed.golden("usage")[0]).replace(f'"{NAME}.', f'"{own}.'))
        index = f"metrics-{own}.usage-names"
        (item,) = self.node.create(index, [document], ids=["under-another-name"])
        self.assertEqual(item["status"], 201, item)
        self.assertEqual(set(self.fine().values()), {"unchanged"}, "the first is as it was")

    def test_a_template_of_others_is_left_alone(self):
        ours = assets()["engines"]["elasticsearch"]["templates"][USAGE]
        self.node.ok("PUT", f"/_index_template/{USAGE}", dict(ours, _meta={"package": "another"}))
        try:
            done = self.setup(assets())
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn("was not made by this program", done.stderr)
            (left,) = self.node.ok("GET", f"/_index_template/{USAGE}")["index_templates"]
            self.assertEqual(left["index_template"]["_meta"], {"package": "another"})
        finally:
            self.node.ok("PUT", f"/_index_template/{USAGE}", ours)

    def test_what_the_server_lacks_is_said_in_its_words(self):
        done = self.setup(setup_run.assets())
        self.assertEqual(done.returncode, 74, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertIn("pipeline", done.stderr)
