# SPDX-License-Identifier: Apache-2.0
"""install.sh of the artefact for OpenSearch: what it sends, what it says, and that no login shows."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import artefact
import tree
from fake_cluster import FakeCluster

NAME = "anthropic_metrics"
POLICY = f"/_plugins/_ism/policies/{NAME}"
PASSWORD = 'pass"wo\\rd of canary'


class Installing(tree.TreeTest):
    def setUp(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed, and install.sh needs it")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        artefact.write(self.folder / "artefact")
        self.script = self.folder / "artefact" / "install.sh"

    def run_script(self, *arguments, **environment):
        return subprocess.run(["bash", self.script, *arguments], capture_output=True, text=True, timeout=120,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "TMPDIR": str(self.folder), **environment})

    def installed(self, cluster, *arguments, **environment):
        done = self.run_script(*arguments, OPENSEARCH_URL=cluster.url, **environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def refused(self, *arguments, **environment):
        done = self.run_script(*arguments, **environment)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertTrue(done.stderr.startswith("install.sh: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr


class WhatIsSent(Installing):
    def test_everything_in_an_order_in_which_each_part_is_there_when_named(self):
        with FakeCluster() as cluster:
            said = self.installed(cluster)
            put = cluster.asked("PUT")
            for folder, path in (("ingest_pipelines", "_ingest/pipeline"), ("component_templates", "_component_template"),
                                 ("custom", "_component_template"), ("index_templates", "_index_template")):
                for file in (self.folder / "artefact" / folder).iterdir():
                    self.assertIn(f"/{path}/{file.stem}", put)
            kinds = [path.split("/")[1] for path in put]
            self.assertLess(max(i for i, k in enumerate(kinds) if k == "_component_template"), kinds.index("_index_template"))
            self.assertLess(max(i for i, k in enumerate(kinds) if k == "_ingest"), kinds.index("_index_template"))
            self.assertIn(POLICY, put)
            self.assertNotIn("retention", str(cluster.body(POLICY)).lower())
            self.assertIn("Installed.", said)

    def test_what_belongs_to_the_user_is_left_alone(self):
        there = {("GET", f"/_component_template/{NAME}-custom"): (200, {}),
                 ("GET", POLICY): (200, {"_id": NAME, "_seq_no": 7, "_primary_term": 3})}
        with FakeCluster(there) as cluster:
            said = self.installed(cluster)
            self.assertEqual([path for path in cluster.asked("PUT") if "custom" in path or "_ism" in path], [])
            self.assertEqual(said.count("is there, left as it is"), 2)

    def test_a_policy_is_replaced_when_asked_for(self):
        there = {("GET", POLICY): (200, {"_id": NAME, "_version": 9, "_seq_no": 7, "_primary_term": 3})}
        for arguments in (["--replace-policy"], ["--retention", "400d"]):
            with FakeCluster(there) as cluster:
                self.installed(cluster, *arguments)
                self.assertIn(f"{POLICY}?if_seq_no=7&if_primary_term=3", cluster.asked("PUT"))

    def test_retention_becomes_a_deletion(self):
        with FakeCluster() as cluster:
            self.installed(cluster, "--retention=400d")
            write, delete = cluster.body(POLICY)["policy"]["states"]
            self.assertEqual(write["transitions"], [{"state_name": "delete", "conditions": {"min_rollover_age": "400d"}}])
            self.assertEqual(delete["actions"], [{"delete": {}}])

    def test_state_management_can_be_left_alone_or_missing(self):
        with FakeCluster() as cluster:
            self.installed(cluster, "--without-ism")
            self.assertEqual([path for _, path, _, _ in cluster.requests if "_ism" in path], [])
        with FakeCluster({("GET", POLICY): (400, {"error": "no handler found"})}) as cluster:
            self.assertIn("no index state management", self.installed(cluster))

    def test_existing_data_streams_learn_new_fields(self):
        pattern = f"metrics-{NAME}.usage-*"
        there = {("GET", f"/_data_stream/{pattern}"): (200, {"data_streams": [{"name": "metrics-anthropic_metrics.usage-a"}]})}
        with FakeCluster(there) as cluster:
            self.installed(cluster)
            self.assertEqual([path for path in cluster.asked("PUT") if path.endswith("_mapping")], [f"/{pattern}/_mapping"])
        there[("PUT", f"/{pattern}/_mapping")] = (400, {"error": {"reason": "mapper [x] cannot be changed"}})
        with FakeCluster(there) as cluster:
            said = self.installed(cluster)
            self.assertIn("mapper [x] cannot be changed", said)
            self.assertIn("_rollover", said)

    def test_a_dry_run_sends_nothing_and_names_everything(self):
        done = self.run_script("--dry-run", "--retention", "400d", OPENSEARCH_URL="http://localhost:1/")
        self.assertEqual(done.returncode, 0, done.stderr)
        for folder in ("ingest_pipelines", "component_templates", "custom", "index_templates", "mappings"):
            for file in (self.folder / "artefact" / folder).iterdir():
                self.assertIn(f"({folder}/{file.name})", done.stdout)
        self.assertIn("with retention 400d", done.stdout)
        self.assertIn("Nothing was sent", done.stdout)


class Logins(Installing):
    def authorization(self, **environment):
        """The one Authorization header of all requests; nothing shows the login."""
        recorder = self.folder / "bin"
        recorder.mkdir()
        real = shutil.which("curl")
        (recorder / "curl").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{self.folder}/arguments"\nexec {real} "$@"\n',
                                       encoding="utf-8")
        (recorder / "curl").chmod(0o755)
        with FakeCluster() as cluster:
            said = self.installed(cluster, PATH=f"{recorder}:{os.environ['PATH']}", **environment)
            (header,) = {headers.get("Authorization") for _, _, headers, _ in cluster.requests}
        for place, text in (("output", said), ("arguments of curl", (self.folder / "arguments").read_text(encoding="utf-8"))):
            self.assertNotIn("canary", text, place)
        self.assertEqual([path.name for path in self.folder.glob(f"{NAME}-install*")], [])
        return header

    def test_name_and_password(self):
        expected = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        self.assertEqual(self.authorization(OPENSEARCH_USER="admin", OPENSEARCH_PASSWORD=PASSWORD), f"Basic {expected}")

    def test_api_key(self):
        self.assertEqual(self.authorization(OPENSEARCH_API_KEY="canary=="), "ApiKey canary==")

    def test_netrc(self):
        netrc = self.folder / "netrc"
        netrc.write_text("machine localhost login reader password canary\n", encoding="utf-8")
        expected = base64.b64encode(b"reader:canary").decode()
        self.assertEqual(self.authorization(OPENSEARCH_NETRC=str(netrc)), f"Basic {expected}")

    def test_none(self):
        self.assertIsNone(self.authorization())

    def test_authorities(self):
        certificate = self.folder / "certificate.pem"
        key = self.folder / "key.pem"
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                               "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(made.returncode, 0, made.stderr)
        both = self.folder / "both.pem"
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        with FakeCluster(certificate=both) as cluster:
            login = {"OPENSEARCH_USER": "admin", "OPENSEARCH_PASSWORD": PASSWORD}
            self.assertIn("set OPENSEARCH_CA", self.refused(OPENSEARCH_URL=cluster.url, **login))
            self.assertEqual(cluster.requests, [])
            self.installed(cluster, OPENSEARCH_CA=str(certificate), **login)


class Refusals(Installing):
    def test_what_is_asked_wrongly(self):
        url = {"OPENSEARCH_URL": "http://localhost:1"}
        for arguments, environment, expected in (
                ([], {}, "OPENSEARCH_URL is not set"),
                ([], {"OPENSEARCH_URL": "search.example.org"}, "expected http(s)://host:port"),
                ([], {"OPENSEARCH_URL": "https://me:secret@search.example.org"}, "a login belongs in"),
                ([], {"OPENSEARCH_URL": "http://search.example.org:9200", "OPENSEARCH_API_KEY": "canary"}, "use https"),
                ([], {**url, "OPENSEARCH_USER": "admin"}, "OPENSEARCH_PASSWORD is not"),
                ([], {**url, "OPENSEARCH_CA": "/nowhere.pem"}, "OPENSEARCH_CA: /nowhere.pem cannot be read"),
                (["--force"], url, "unknown argument '--force'"),
                (["--retention"], url, "no time follows"),
                (["--retention", "soon"], url, "expected days, such as 400d"),
                (["--retention", "7d"], url, "take 36d or more"),
                (["--retention", "90d", "--without-ism"], url, "leave --without-ism out"),
                ([], url, "does not answer")):
            said = self.refused(*arguments, **environment)
            self.assertIn(expected, said)
            self.assertNotIn("canary", said)
            self.assertNotIn("secret@", said)

    def test_what_the_cluster_refuses(self):
        error = {"error": {"root_cause": [], "reason": "no permissions for [indices:admin]"}}
        for path, status, expected in (("/", 401, "does not accept the login (401)"),
                                       (f"/_ingest/pipeline/{NAME}-cost", 403, "no permissions for [indices:admin]"),
                                       (f"/_index_template/metrics-{NAME}.usage", 400, "the cluster refused it (400: no permissions"),
                                       (f"/_component_template/{NAME}-base", 500, "component_templates/anthropic_metrics-base.json")):
            with FakeCluster({("PUT", path): (status, error), ("GET", path): (status, error)}) as cluster:
                self.assertIn(expected, self.refused(OPENSEARCH_URL=cluster.url))
                self.assertEqual(cluster.requests[-1][1], path)  # it stops there

    def test_templates_of_former_names_give_way_to_those_of_now(self):
        former, now = f"/_index_template/{NAME}-usage", f"/_index_template/metrics-{NAME}.usage"
        ours = {"index_templates": [{"name": "x", "index_template": {"_meta": {"package": NAME}}}]}
        answers = {("GET", former): (200, ours), ("DELETE", former): (200, {"acknowledged": True})}
        with FakeCluster(answers) as cluster:
            done = self.run_script(OPENSEARCH_URL=cluster.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            steps = [(method, path) for method, path, _, _ in cluster.requests if path in (former, now)]
            self.assertEqual(steps, [("GET", former), ("PUT", now), ("PUT", former), ("DELETE", former), ("PUT", now)])
            priorities = [json.loads(body)["priority"] for method, path, _, body in cluster.requests if (method, path) == ("PUT", now)]
            self.assertGreater(priorities[0], priorities[1])

    def test_a_template_of_others_under_a_former_name_stays(self):
        former = f"/_index_template/{NAME}-usage"
        with FakeCluster({("GET", former): (200, {"index_templates": [{"index_template": {}}]})}) as cluster:
            self.assertEqual(self.run_script(OPENSEARCH_URL=cluster.url).returncode, 0)
            self.assertEqual(cluster.asked("DELETE"), [])

    def test_other_engines_and_old_ones(self):
        for greeting, expected in (({"version": {"number": "9.1.0"}, "tagline": "You Know, for Search"}, "in Kibana"),
                                   ({"version": {"distribution": "opensearch", "number": "2.11.0"}}, "need 2.14 or newer"),
                                   ({"version": {"distribution": "opensearch", "number": "1.3.9"}}, "need 2.14 or newer")):
            with FakeCluster(greeting=greeting) as cluster:
                self.assertIn(expected, self.refused(OPENSEARCH_URL=cluster.url))
                self.assertEqual(cluster.asked("PUT"), [])

    def test_half_an_archive(self):
        shutil.rmtree(self.folder / "artefact" / "mappings")
        self.assertIn("mappings is missing; unpack the whole archive", self.refused(OPENSEARCH_URL="http://localhost:1"))

    def test_the_script_is_clean(self):
        self.assertEqual(subprocess.run(["bash", "-n", self.script]).returncode, 0)
        self.assertIn("usage: bash install.sh", self.run_script("--help").stdout)
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        found = subprocess.run(["shellcheck", self.script], capture_output=True, text=True, timeout=60)
        self.assertEqual(found.returncode, 0, found.stdout)


if __name__ == "__main__":
    unittest.main()
