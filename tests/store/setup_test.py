# SPDX-License-Identifier: Apache-2.0
"""What `anthropic-metrics setup` sends, what it leaves alone, and what it says when it may not."""

import json
import pathlib
import subprocess
import tempfile
import unittest
import uuid

import setup_fakes
import setup_run
import tree
from setup_fakes import FakeKibana, FakeStore
from setup_run import effects, setup

NAME = "anthropic_metrics"
USAGE = f"metrics-{NAME}.usage"
CANARY = "canary-5b1f0c7e"


class Setup(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.assets = setup_run.assets()

    def fine(self, store, *arguments, **options):
        done = setup(store.url, *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def refused(self, code, store, *arguments, **options):
        done = setup(store.url, *arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    @staticmethod
    def of_fleet(store, streams):
        for stream in streams:
            store.kept["index_templates"][f"metrics-{NAME}.{stream}"] = {
                "index_patterns": [f"metrics-{NAME}.{stream}-*"],
                "_meta": {"package": {"name": NAME}, "managed_by": "fleet", "managed": True}}

    def data_stream(self, store, mapping, settings=None, stream="usage"):
        name = f"metrics-{NAME}.{stream}-default"
        settings = {"default_pipeline": f"{NAME}-{stream}"} if settings is None else settings
        store.streams[name] = [(f".ds-{name}-000001", mapping, settings)]
        return name


class Stores(Setup):
    def test_everything_is_installed_once_and_then_nothing_changes(self):
        for engine in setup_fakes.GREETINGS:
            with self.subTest(engine), FakeStore(engine) as store:
                first = effects(self.fine(store))
                ours = self.assets["engines"][engine]
                wanted = {**{f"pipeline {name}": "created" for name in ours["pipelines"]},
                          **{f"component template {name}": "created" for name in ours["components"] | ours["custom"]},
                          **{f"index template {name}": "created" for name in ours["templates"]}}
                if "lifecycle" in ours:
                    wanted[f"lifecycle policy {ours['lifecycle']['name']}"] = "created"
                self.assertEqual(first, wanted)
                self.assertEqual(store.kept["pipelines"], ours["pipelines"])
                self.assertEqual(store.kept["component_templates"], ours["components"] | ours["custom"])
                self.assertEqual(store.kept["index_templates"], ours["templates"])
                before = len(store.writes())
                self.assertEqual(before, len(wanted))
                self.assertEqual(set(effects(self.fine(store)).values()), {"unchanged"})
                self.assertEqual(len(store.writes()), before, "what is there already is not sent")

    def test_a_template_comes_after_what_it_names(self):
        with FakeStore() as store:
            self.fine(store)
            kinds = [path.split("/")[1] for _, path in store.writes()]
            self.assertEqual(sorted(set(kinds), key=kinds.index),
                             ["_ingest", "_ilm", "_component_template", "_index_template"])

    def test_dry_run_says_the_same_and_sends_nothing_that_changes(self):
        with FakeStore() as store:
            name = self.data_stream(store, {"properties": {}})
            planned = self.fine(store, "--dry-run")
            self.assertEqual(store.writes(), [])
            self.assertIn("Nothing was changed", planned.stdout)
            words = {"would create": "created", "would update": "updated"}
            done = effects(self.fine(store))
            self.assertEqual({what: words[word] for what, word in effects(planned).items()}, done)
            self.assertEqual(done[f"mapping of {name}"], "updated")

    def test_what_an_older_version_left_is_brought_up_to_date_and_nothing_else(self):
        with FakeStore() as store:
            self.fine(store)
            older = store.kept["component_templates"][f"{USAGE}@package"]
            del older["template"]["mappings"]["properties"]["anthropic"]["properties"]["usage"]["properties"]["speed"]
            older["_meta"]["digest"] = "0123456789abcdef"
            store.kept["pipelines"][f"{NAME}-cost"]["processors"].pop()
            done = effects(self.fine(store))
            changed = {what for what, word in done.items() if word == "updated"}
            self.assertEqual(changed, {f"component template {USAGE}@package", f"pipeline {NAME}-cost"})
            self.assertEqual(store.kept["component_templates"][f"{USAGE}@package"],
                             self.assets["engines"]["elasticsearch"]["components"][f"{USAGE}@package"])

    def test_the_users_own_template_is_never_touched_again(self):
        with FakeStore() as store:
            self.fine(store)
            mine = {"template": {"settings": {"index": {"refresh_interval": "17s"}}}}
            store.kept["component_templates"][f"{USAGE}@custom"] = mine
            done = effects(self.fine(store))
            self.assertEqual(done[f"component template {USAGE}@custom"], "left")
            self.assertEqual(store.kept["component_templates"][f"{USAGE}@custom"], mine)

    def test_what_is_not_ours_stops_it_before_anything_is_sent(self):
        for kind, name, body, word in (
                ("index_templates", USAGE, {"index_patterns": ["metrics-*"]}, "index template"),
                ("component_templates", f"{USAGE}@package", {"template": {}, "_meta": {"package": "another"}}, "component template"),
                ("pipelines", f"{NAME}-usage", {"processors": [{"set": {"field": "a", "value": 1}}]}, "pipeline"),
                ("ilm", NAME, {"policy": {"phases": {}}}, "lifecycle policy")):
            with self.subTest(kind), FakeStore() as store:
                store.kept[kind][name] = body
                said = self.refused(78, store)
                self.assertIn(f"the {word} '{name}' is there and was not made by this program", said)
                self.assertEqual(store.writes(), [])

    def test_where_fleet_has_installed_the_package_templates_are_left_to_it(self):
        with FakeStore() as store:
            self.of_fleet(store, tree.streams())
            self.assertIn("left to it", self.fine(store).stdout)
            self.assertEqual(store.writes(), [])

    def test_elastics_package_of_the_same_name_is_told_from_ours(self):
        """It lacks streams that we have. What it installs is no place for our documents."""
        with FakeStore() as store:
            self.of_fleet(store, ("usage", "cost", "rate_limit"))
            said = self.refused(78, store)
            self.assertIn(f"none 'metrics-{NAME}.", said)
            self.assertIn("such as claude_metrics.usage", said)
            self.assertEqual(store.writes(), [])
            self.fine(store, datasets=("claude_metrics.usage",))

    def test_templates_of_former_names_give_way(self):
        with FakeStore("opensearch") as store:
            former = f"{NAME}-usage"
            store.kept["index_templates"][former] = dict(self.assets["engines"]["opensearch"]["templates"][USAGE])
            self.fine(store)
            self.assertNotIn(former, store.kept["index_templates"])
            steps = [(method, path.rpartition("/")[2]) for method, path in store.writes()
                     if path.endswith((f"/{USAGE}", f"/{former}")) and "_index" in path]
            self.assertEqual(steps, [("PUT", USAGE), ("PUT", former), ("DELETE", former), ("PUT", USAGE)])
            self.assertEqual(store.kept["index_templates"][USAGE], self.assets["engines"]["opensearch"]["templates"][USAGE])

    def test_a_type_that_changed_begins_a_new_index_and_only_there(self):
        with FakeStore() as store:
            ours = self.assets["engines"]["elasticsearch"]["data_streams"]
            cost = json.loads(json.dumps(ours[f"metrics-{NAME}.cost"]))
            usage = json.loads(json.dumps(ours[USAGE]))
            usage["properties"]["event"]["properties"]["id"] = {"type": "text"}
            usage = self.data_stream(store, usage)
            cost = self.data_stream(store, cost, stream="cost")
            done = effects(self.fine(store))
            self.assertEqual(done[f"mapping of {usage}"], "rolled over")
            self.assertEqual(done[f"mapping of {cost}"], "unchanged")
            self.assertEqual([path for _, path in store.writes() if path.endswith("_rollover")], [f"/{usage}/_rollover"])

    def test_an_index_that_was_begun_without_the_pipeline_ends(self):
        with FakeStore() as store:
            name = self.data_stream(store, {"properties": {}}, settings={})
            self.assertEqual(effects(self.fine(store))[f"mapping of {name}"], "rolled over")

    def test_a_mapping_that_is_refused_begins_a_new_index(self):
        refusal = {("PUT", f"/{USAGE}-default/_mapping"): (400, {"error": {"reason": "mapper [a] cannot be changed"}})}
        with FakeStore(refusals=refusal) as store:
            name = self.data_stream(store, {"properties": {}})
            done = self.fine(store)
            self.assertEqual(effects(done)[f"mapping of {name}"], "rolled over")
            self.assertIn("cannot be changed", done.stdout)

    def test_retention_is_put_into_the_policy_and_a_policy_that_is_there_is_kept(self):
        for engine, kind in (("elasticsearch", "ilm"), ("opensearch", "ism")):
            with self.subTest(engine), FakeStore(engine) as store:
                self.fine(store, "--retention", "400d")
                kept = json.dumps(store.kept[kind][NAME])
                self.assertIn('"400d"', kept)
                self.assertNotIn("RETENTION", kept)
                self.assertEqual(effects(self.fine(store, "--retention", "400d"))[f"lifecycle policy {NAME}"], "unchanged")
                self.assertIn(effects(self.fine(store))[f"lifecycle policy {NAME}"], ("left", "unchanged"))
                self.assertEqual(json.dumps(store.kept[kind][NAME]), kept)
                self.assertEqual(effects(self.fine(store, "--retention", "500d"))[f"lifecycle policy {NAME}"], "updated")
                self.assertIn('"500d"', json.dumps(store.kept[kind][NAME]))

    def test_a_retention_that_would_make_sums_wrong_is_refused(self):
        with FakeStore() as store:
            self.assertIn("take 36d or more", self.refused(64, store, "--retention", "35d"))
            self.assertIn("such as 400d", self.refused(64, store, "--retention", "1y"))
            self.assertEqual(store.requests, [])
        with FakeStore("serverless") as store:
            self.assertIn("manages the lifecycle of data streams itself", self.refused(64, store, "--retention", "400d"))
            self.assertEqual(store.writes(), [])

    def test_a_cluster_without_lifecycle_management_is_told(self):
        with FakeStore("opensearch", refusals={("GET", "/_plugins/_ism/.*"): (400, {"error": "no handler found"})}) as store:
            done = self.fine(store)
            self.assertEqual(effects(done)[f"lifecycle policy {NAME}"], "left")
            self.assertIn("no lifecycle management", done.stdout)

    def test_what_it_says_of_others_and_of_old_engines(self):
        for greeting, expected in (
                ({"version": {"number": "8.18.9"}, "tagline": "You Know, for Search"}, "is Elasticsearch 8.18.9; the templates need 8.19"),
                ({"version": {"number": "2.13.0", "distribution": "opensearch"}}, "is OpenSearch 2.13.0; the templates need 2.14"),
                ({"version": {"number": "1.0"}, "tagline": "hello"}, "is neither Elasticsearch nor OpenSearch"),
                ({"hello": "world"}, "is neither Elasticsearch nor OpenSearch")):
            with self.subTest(expected), FakeStore(greeting=greeting) as store:
                self.assertIn(expected, self.refused(78, store))
                self.assertEqual(store.writes(), [])

    def test_what_it_says_when_it_may_not(self):
        denied = {"error": {"reason": "action [cluster:admin/ilm/put] is unauthorized"}}
        login = f"username: elastic\npassword: {CANARY}"
        for method, path, status, code, expected in (
                ("GET", "/", 401, 77, "the credential is not accepted"),
                ("GET", "/_index_template/.*", 403, 77, "manage_index_templates"),
                ("PUT", "/_ilm/policy/.*", 403, 77, "manage_ilm"),
                ("PUT", "/_ingest/pipeline/.*", 500, 74, "run setup again")):
            with self.subTest(f"{method} {path} {status}"), FakeStore(refusals={(method, path): (status, denied)}) as store:
                said = self.refused(code, store, more=login)
                self.assertIn(expected, said)
                self.assertNotIn(CANARY, said)
        said = setup("http://127.0.0.1:9", more=login)
        self.assertEqual(said.returncode, 74)
        self.assertIn("check the address", said.stderr)
        self.assertNotIn(CANARY, said.stdout + said.stderr)

    def test_a_policy_without_a_store_has_nothing_to_set_up(self):
        with FakeStore() as store:
            self.assertIn("no input writes to an output of 'type: elasticsearch'",
                          self.refused(78, store, "-E", "outputs.default.type=console"))

    def test_assets_of_another_form_are_named(self):
        with FakeStore() as store:
            self.assertIn("is not what the build makes", self.refused(66, store, "--assets", str(tree.ROOT / "README.md")))
            self.assertIn("name it with --assets FILE", self.refused(66, store, "--assets", "/nowhere/assets.json"))
            self.assertEqual(store.requests, [])


class OtherNames(Setup):
    """A policy with data sets of another name: all that is installed is of that name."""

    OWN = "claude_metrics"
    DATASETS = (f"{OWN}.usage", f"{OWN}.cost")

    def test_templates_pipelines_and_lifecycle_are_of_the_name_of_the_policys_data_sets(self):
        for engine in setup_fakes.GREETINGS:
            with self.subTest(engine), FakeStore(engine) as store:
                ours = setup_run.assets(self.OWN)["engines"][engine]
                self.fine(store, datasets=self.DATASETS)
                self.assertEqual(store.kept["pipelines"], ours["pipelines"])
                self.assertEqual(store.kept["index_templates"], ours["templates"])
                self.assertEqual(store.kept["component_templates"], ours["components"] | ours["custom"])
                self.assertNotIn(f"{NAME}.", json.dumps(store.kept))
                self.assertNotRegex(json.dumps(store.kept), "PACKAGE_(NAME|TITLE)")
                self.assertEqual(set(effects(self.fine(store, datasets=self.DATASETS)).values()), {"unchanged"})

    def test_both_names_of_a_policy_are_installed_side_by_side(self):
        with FakeStore() as store, FakeKibana() as kibana:
            for datasets in ((f"{NAME}.usage", f"{self.OWN}.cost"), (f"{NAME}.usage",), self.DATASETS):
                self.fine(store, "--kibana", kibana.url, datasets=datasets)
            both = {name for each in (NAME, self.OWN) for name in setup_run.assets(each)["engines"]["elasticsearch"]["templates"]}
            self.assertEqual(set(store.kept["index_templates"]), both)
            self.assertEqual(len(kibana.rules), 2 * len(self.assets["kibana"]["rules"]), "a rule of one is none of the other")
            self.assertEqual(len({rule["name"] for rule in kibana.rules.values()}), len(kibana.rules))
            self.assertEqual(len(kibana.objects), 2 * len(self.assets["kibana"]["objects"]))

    def test_rules_keep_their_ids_and_have_others_under_another_name(self):
        with FakeStore() as store, FakeKibana() as kibana:
            self.fine(store, "--kibana", kibana.url, datasets=self.DATASETS)
            self.assertEqual(set(kibana.rules), {str(uuid.uuid5(uuid.UUID(one), self.OWN)) for one in self.assets["kibana"]["rules"]})
            self.assertEqual(kibana.forms, [setup_run.assets(self.OWN)["kibana"]["objects"]])

    def test_a_template_of_the_other_package_is_none_of_ours(self):
        with FakeStore() as store:
            body = dict(self.assets["engines"]["elasticsearch"]["templates"][USAGE])
            store.kept["index_templates"][f"metrics-{self.OWN}.usage"] = body
            said = self.refused(78, store, datasets=self.DATASETS)
            self.assertIn(f"the index template 'metrics-{self.OWN}.usage' is there and was not made by this program", said)

    def test_a_stream_that_the_plugin_does_not_have_is_refused(self):
        with FakeStore() as store:
            self.assertIn("cpu", self.refused(78, store, datasets=("system.cpu",)))
            self.assertEqual(store.writes(), [])


class Kibanas(Setup):
    def test_dashboards_are_imported_and_rules_created_switched_off(self):
        with FakeStore() as store, FakeKibana() as kibana:
            self.fine(store, "--kibana", kibana.url + "/", more=f"username: elastic\npassword: {CANARY}")
            self.assertEqual(kibana.forms, [self.assets["kibana"]["objects"]])
            self.assertEqual({name: {key: rule[key] for key in self.assets["kibana"]["rules"][name]["create"]}
                              for name, rule in kibana.rules.items()},
                             {name: rule["create"] for name, rule in self.assets["kibana"]["rules"].items()})
            self.assertEqual({rule["enabled"] for rule in kibana.rules.values()}, {False})
            self.assertEqual({headers["Authorization"] for _, _, headers, _ in kibana.requests}, {"Basic ZWxhc3RpYzpjYW5hcnktNWIxZjBjN2U="})

    def test_rules_that_are_there_are_the_users(self):
        with FakeStore() as store, FakeKibana() as kibana:
            self.fine(store, "--kibana", kibana.url)
            mine, other = list(kibana.rules)[:2]
            kibana.rules[mine]["schedule"] = {"interval": "3h"}
            kibana.rules[other]["enabled"] = True
            before = len([1 for method, path in kibana.writes() if "alerting" in path])
            done = effects(self.fine(store, "--kibana", kibana.url))
            self.assertEqual(done[f"Kibana rule {kibana.rules[mine]['name']}"], "left")
            self.assertEqual(done[f"Kibana rule {kibana.rules[other]['name']}"], "unchanged")
            self.assertEqual(len([1 for method, path in kibana.writes() if "alerting" in path]), before)
            done = effects(self.fine(store, "--kibana", kibana.url, "--replace-rules"))
            self.assertEqual(done[f"Kibana rule {kibana.rules[mine]['name']}"], "updated")
            self.assertEqual(kibana.rules[mine]["schedule"], self.assets["kibana"]["rules"][mine]["update"]["schedule"])
            self.assertIs(kibana.rules[other]["enabled"], True)

    def test_a_space_is_part_of_the_address(self):
        with FakeStore() as store, FakeKibana(refusals={}) as kibana:
            kibana.reply = lambda method, path, *rest, whole=kibana.reply: whole(method, path.removeprefix("/s/cost"), *rest)
            self.fine(store, "--kibana", kibana.url + "/s/cost")
            self.assertTrue(all(path.startswith("/s/cost/api/") for _, path, _, _ in kibana.requests))

    def test_dry_run_changes_neither(self):
        with FakeStore() as store, FakeKibana() as kibana:
            self.fine(store, "--kibana", kibana.url, "--dry-run")
            self.assertEqual((store.writes(), kibana.writes()), ([], []))

    def test_dashboards_of_fleet_stay(self):
        with FakeStore() as store, FakeKibana() as kibana:
            self.of_fleet(store, tree.streams())
            self.fine(store, "--kibana", kibana.url)
            self.assertEqual((kibana.forms, store.writes()), ([], []))
            self.assertEqual(len(kibana.rules), len(self.assets["kibana"]["rules"]))

    def test_what_it_says_of_others_of_old_ones_and_when_it_may_not(self):
        message = {"statusCode": 403, "error": "Forbidden", "message": "Unable to bulk_create dashboard"}
        for options, code, expected in (
                ({"version": "9.3.1"}, 78, "is Kibana 9.3.1; dashboards and rules need 9.4"),
                ({"refusals": {("GET", "/api/status"): (404, {"hello": "world"})}}, 78, "is not Kibana"),
                ({"refusals": {("GET", "/api/status"): (401, message)}}, 77, "the credential is not accepted"),
                ({"refusals": {("GET", "/api/status"): (200, {"status": {"overall": {"level": "available"}}})}}, 77,
                 "does not take the credential"),
                ({"refusals": {("GET", "/api/alerting/.*"): (403, message)}}, 77, "Stack Rules"),
                ({"refusals": {("POST", "/api/saved_objects/_import"): (403, message)}}, 77, "Saved Objects Management"),
                ({"refusals": {("POST", "/api/saved_objects/_import"): (200, {"success": False, "errors": [
                    {"type": "dashboard", "id": "x", "error": {"type": "unsupported_type"}}]})}}, 74, "dashboard 'x' first (unsupported_type)")):
            with self.subTest(expected), FakeStore() as store, FakeKibana(**options) as kibana:
                self.assertIn(expected, self.refused(code, store, "--kibana", kibana.url))
                if "_import" not in str(options):
                    self.assertEqual(store.writes(), [], "nothing is installed when the other half cannot be")

    def test_addresses_that_are_none(self):
        with FakeStore() as store:
            for address in ("kibana:5601", "https://user:secret@kibana", "ftp://kibana"):
                self.assertIn("such as https://kibana.example:5601", self.refused(64, store, "--kibana", address))
            self.assertEqual(store.requests, [])
        with FakeStore("opensearch") as store:
            self.assertIn("ES|QL", self.refused(64, store, "--kibana", "http://127.0.0.1:9"))
            self.assertEqual(store.writes(), [])


class Export(Setup):
    """The same, for those who install it otherwise."""

    def exported(self, *arguments):
        done = subprocess.run([setup_run.HOST, "export", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_templates_and_pipelines_are_those_that_setup_installs(self):
        for engine, ours in self.assets["engines"].items():
            made = json.loads(self.exported("template", "--engine", engine))
            self.assertEqual(made, {"lifecycle": ours.get("lifecycle", {}), "index_templates": ours["templates"],
                                    "component_templates": ours["components"] | ours["custom"]})
            self.assertEqual(json.loads(self.exported("pipeline", "--engine", engine)), ours["pipelines"])

    def test_they_are_of_the_name_that_is_asked_for(self):
        ours = setup_run.assets("claude_metrics")
        made = json.loads(self.exported("template", "--name", "claude_metrics"))
        self.assertEqual(made["index_templates"], ours["engines"]["elasticsearch"]["templates"])
        lines = self.exported("dashboard", "--name", "claude_metrics").splitlines()
        self.assertEqual([json.loads(line) for line in lines], ours["kibana"]["objects"])
        done = subprocess.run([setup_run.HOST, "export", "template", "--name", 'a"b'], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 64)
        self.assertIn("cannot be the name of data sets", done.stderr)

    def test_dashboards_are_lines_that_kibana_imports(self):
        lines = self.exported("dashboard").splitlines()
        self.assertEqual([json.loads(line) for line in lines], self.assets["kibana"]["objects"])

    def test_the_policy_has_ten_lines_and_is_one_that_setup_takes(self):
        policy = self.exported("policy")
        self.assertEqual(len(policy.splitlines()), 10)
        with FakeStore() as store, tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "policy.yml"
            path.write_text(policy.replace("https://localhost:9200", store.url), encoding="utf-8")
            done = subprocess.run([setup_run.HOST, "setup", "-c", path], text=True, capture_output=True,
                                  timeout=60, cwd=folder, env={"ES_API_KEY": "id:secret"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual({headers["Authorization"] for _, _, headers, _ in store.requests}, {"ApiKey aWQ6c2VjcmV0"})


if __name__ == "__main__":
    unittest.main()
