# SPDX-License-Identifier: Apache-2.0
"""The manifests for Kubernetes, the Containerfile, the policies in both and the host agree, and keep what they promise."""

import json
import os
import re
import shlex
import subprocess
import unittest

import tree
import yaml

import searched

KUBERNETES = "deploy/kubernetes"
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
PAGE = "docs/container.md"


def manifest(name):
    return tree.load_yaml(f"{KUBERNETES}/{name}.yaml")


def containerfile():
    """{instruction: arguments, one a use}, of the last stage; before it those of the first."""
    text = re.sub(r"^#.*\n", "", tree.read("Containerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    stages = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stages.append({})
        if word:
            stages[-1].setdefault(word, []).append(rest.strip())
    return stages


class Kubernetes(tree.TreeTest):
    def setUp(self):
        self.pod = manifest("statefulset")["spec"]["template"]
        self.spec = self.pod["spec"]
        self.container, = self.spec["containers"]

    def test_every_file_is_used(self):
        made = manifest("kustomization")
        files = {path.name for path in tree.files() if path.parts[:2] == ("deploy", "kubernetes")}
        used = {"kustomization.yaml", *made["resources"], *[file for one in made["configMapGenerator"] for file in one["files"]]}
        self.assertEqual(files, used)
        self.assertEqual(made["namespace"], manifest("namespace")["metadata"]["name"])
        self.assertEqual({image["name"]: image["newTag"] for image in made["images"]},
                         {self.container["image"]: tree.load_yaml("manifest.yml")["version"]}, "the version's home is manifest.yml; take it from there")

    def test_selectors_find_the_pod(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(manifest("statefulset")["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(manifest("service")["spec"]["selector"], labels)
        self.assertEqual(manifest("networkpolicy")["spec"]["podSelector"]["matchLabels"], labels)
        self.assertEqual(manifest("statefulset")["spec"]["serviceName"], manifest("service")["metadata"]["name"])
        self.assertEqual(self.spec["serviceAccountName"], manifest("serviceaccount")["metadata"]["name"])

    def test_one_port_everywhere(self):
        port, = self.container["ports"]
        default = int(re.search(r"port = (\d+);", tree.read("host/policy/endpoint_settings.hpp"))[1])
        self.assertEqual(port["containerPort"], default)
        service, = manifest("service")["spec"]["ports"]
        self.assertEqual((service["port"], service["targetPort"]), (default, port["name"]))
        self.assertEqual([one["ports"] for one in manifest("networkpolicy")["spec"]["ingress"]], [[{"protocol": "TCP", "port": port["name"]}]])
        self.assertEqual({self.container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")}, {port["name"]})
        http = tree.load_yaml(f"{KUBERNETES}/anthropic.yml")["http"]
        self.assertEqual((http["enabled"], http["host"], http.get("port", default)), (True, "0.0.0.0", default))

    def test_one_writer_with_little_power(self):
        stateful = manifest("statefulset")
        claim, = stateful["spec"]["volumeClaimTemplates"]
        self.assertEqual((stateful["kind"], stateful["spec"]["replicas"], claim["spec"]["accessModes"]), ("StatefulSet", 1, ["ReadWriteOncePod"]))
        # The profile `restricted` of Kubernetes' pod security standards, and a root that nobody writes.
        self.assertEqual(manifest("namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted")
        self.assertEqual(self.container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                             "capabilities": {"drop": ["ALL"]}})
        self.assertEqual((self.spec["securityContext"]["runAsNonRoot"], self.spec["securityContext"]["seccompProfile"]),
                         (True, {"type": "RuntimeDefault"}))
        self.assertFalse(self.spec["automountServiceAccountToken"])
        self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & self.spec.keys())
        self.assertEqual(set(manifest("networkpolicy")["spec"]["policyTypes"]), {"Ingress", "Egress"})

    def test_what_the_policy_names_is_mounted(self):
        policy = tree.load_yaml(f"{KUBERNETES}/anthropic.yml")
        named = [policy["inputs"][0]["admin_api_key"], policy["outputs"]["default"]["api_key"]]
        mounts = {mount["name"]: mount for mount in self.container["volumeMounts"]}
        self.assertEqual({name for name, mount in mounts.items() if not mount.get("readOnly")}, {"state"})
        files = {text.removeprefix(f"file:{mounts['secrets']['mountPath']}/") for text in named}
        page = re.search(r"create secret generic \S+(.*?)```", tree.read(PAGE), re.DOTALL)[1]
        self.assertEqual(files, set(re.findall(r"--from-file=(\w+)=", page)), f"{PAGE} makes a secret with other files")
        arguments = self.container["args"]
        self.assertEqual(arguments[arguments.index("--path.data") + 1], mounts["state"]["mountPath"])
        self.assertEqual(arguments[arguments.index("-c") + 1], f"{mounts['policy']['mountPath']}/anthropic.yml")
        secret, = [volume["secret"] for volume in self.spec["volumes"] if "secret" in volume]
        self.assertEqual((secret["defaultMode"], self.spec["securityContext"]["fsGroup"]), (0o440, self.spec["securityContext"]["runAsUser"]))


class Image(tree.TreeTest):
    def setUp(self):
        self.build, self.image = containerfile()

    def test_the_image_and_the_pod_are_run_alike(self):
        spec = manifest("statefulset")["spec"]["template"]["spec"]
        user = spec["securityContext"]
        self.assertEqual(self.image["USER"], [f"{user['runAsUser']}:{user['runAsGroup']}"])
        self.assertEqual(json.loads(self.image["CMD"][0]), spec["containers"][0]["args"])
        self.assertEqual(json.loads(self.image["VOLUME"][0]), [spec["containers"][0]["volumeMounts"][0]["mountPath"]])
        self.assertEqual(self.image["EXPOSE"], [str(spec["containers"][0]["ports"][0]["containerPort"])])
        self.assertIn(f"user={user['runAsUser']}\n", tree.read("packaging/image/assemble-root"))

    def test_nothing_asks_for_a_shell(self):
        self.assertEqual(self.image["FROM"], ["scratch"])
        self.assertNotIn("RUN", self.image)
        health = self.image["HEALTHCHECK"][0].partition("CMD ")[2]
        for words in (self.image["ENTRYPOINT"][0], self.image["CMD"][0], health):
            self.assertIsInstance(json.loads(words), list, words)
        self.assertEqual(json.loads(health)[0], json.loads(self.image["ENTRYPOINT"][0])[0])

    def test_what_it_runs_is_in_the_tree(self):
        commands = [shlex.split(command) for run in self.build["RUN"] for command in run.split("&&")]
        self.assertIn(["make", "portable"], commands)
        self.assertIn(["packaging/image/assemble-root", "build/portable", "/image"], commands)
        self.assertTrue(os.access(tree.ROOT / "packaging/image/assemble-root", os.X_OK))
        copied = {re.search(r"/image(\S*)", copy)[1] for copy in self.image["COPY"]}
        self.assertEqual(copied, {"/", json.loads(self.image["VOLUME"][0])[0] + "/"})


class Policies(tree.TreeTest):
    def test_the_host_takes_them(self):
        if not HOST.exists():
            self.skipTest(f"{HOST} is not built")
        for path in (f"{KUBERNETES}/anthropic.yml", "packaging/image/anthropic.yml"):
            policy = tree.load_yaml(path)
            with self.subTest(path), searched.folder(inputs=["es_api_key", "anthropic_admin_key"]) as folder:
                for name in ("es_api_key", "anthropic_admin_key"):
                    (folder / name).write_text(searched.CANARY + "\n", encoding="ascii")
                policy["inputs"][0]["admin_api_key"] = f"file:{folder}/anthropic_admin_key"
                file = folder / "policy.yml"
                file.write_text(yaml.safe_dump(policy), encoding="utf-8")
                done = subprocess.run([HOST, "test", "config", "-c", file], capture_output=True, text=True, timeout=60,
                                      env={"PATH": os.environ["PATH"], "ES_HOST": "https://elasticsearch:9200"}, stdin=subprocess.DEVNULL)
                (folder / "said").write_text(done.stdout + done.stderr, encoding="utf-8")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
