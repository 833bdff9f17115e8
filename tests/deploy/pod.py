# SPDX-License-Identifier: Apache-2.0
"""Does with deploy/kubernetes what a node does with a pod: volumes, user, command and probes are those of the manifest."""

import os
import pathlib
import shutil
import urllib.error
import urllib.request

import isolation
import tree
import volumes
import waiting
import yaml

KUBERNETES = tree.ROOT / "deploy" / "kubernetes"
PROGRAM = "/usr/bin/anthropic-metrics"  # the entry point of the Containerfile
ADDRESS = "127.1.2.3"  # of the pod: loopback, but not the address that localhost is


def manifest(name="statefulset.yaml"):
    return yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8"))


class Pod:
    """One pod. Its folder keeps the volume of the state; use it as a context manager."""

    def __init__(self, root, folder):
        self.root, self.folder = root, pathlib.Path(folder)
        self.spec = manifest()["spec"]["template"]["spec"]
        self.container_spec, = self.spec["containers"]
        self.security = self.spec["securityContext"]
        self.ports = {port["name"]: port["containerPort"] for port in self.container_spec["ports"]}
        self.container, self.log, self.projected = None, self.folder / "log.ndjson", {}

    def __enter__(self):
        group = self.security["fsGroup"]
        for volume in self.spec["volumes"]:
            kind = volume.get("secret") or volume.get("configMap")
            self.projected[volume["name"]] = volumes.Projected(self.folder / volume["name"], group, kind.get("defaultMode", 0o644))
        state = self.folder / "state"  # of the volumeClaimTemplates
        if not state.exists():
            state.mkdir()
            os.chown(state, 0, group)
            state.chmod(0o2775)
        return self

    def __exit__(self, *_):
        if self.container:
            self.container.close()
        for volume in self.projected.values():
            shutil.rmtree(volume.path)

    def mounts(self):
        named = {**{name: volume.path for name, volume in self.projected.items()}, "state": self.folder / "state"}
        return [(named[mount["name"]], mount["mountPath"], "ro" if mount.get("readOnly") else "rw") for mount in self.container_spec["volumeMounts"]]

    def start(self):
        assert self.container_spec["securityContext"]["readOnlyRootFilesystem"], "in_root makes it read-only whatever the manifest says"
        self.container = isolation.Container(self.root, self.security["runAsUser"], self.security["runAsGroup"], self.mounts(),
                                             [PROGRAM, *self.container_spec["args"]], {}, self.log)

    def probe(self, name):
        """(status, body) of a probe; status 0: nobody answers."""
        asked = self.container_spec[name]["httpGet"]
        try:
            url = f"http://{ADDRESS}:{self.ports[asked['port']]}{asked['path']}"
            with urllib.request.urlopen(url, timeout=self.container_spec[name]["timeoutSeconds"]) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_ready(self, beginning, limit=120):
        """Until the readiness probe's sentence begins so."""
        def answer():
            said = self.probe("readinessProbe")
            return said if said[1].startswith(beginning) else None

        return waiting.wait_for(answer, f"the readiness probe says '{beginning}'", limit,
                                lambda: f"{self.probe('readinessProbe')}; log:\n{self.said()[-3000:]}", every=0.05)

    def said(self):
        return self.log.read_text(encoding="utf-8")
