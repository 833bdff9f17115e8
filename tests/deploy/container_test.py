# SPDX-License-Identifier: Apache-2.0
"""The image's root file system, run as its user without a container engine: read-only, without /etc/hosts, with the volumes of
deploy/kubernetes, against the simulator over TLS, in a network that is nothing but loopback.

    container_test.py                the build folder that the tests use
    AM_IMAGE_BUILD=build/portable    another one, such as that of the image
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import isolation
import pod
import shipped
import tree
import yaml

import searched

BUILD = pathlib.Path(os.environ.get("AM_IMAGE_BUILD") or tree.BINARY_DIR)
EPOCH = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime())  # a service a day off would be told as such
IMAGE = {}


def setUpModule():
    IMAGE["folder"] = tempfile.mkdtemp(prefix="am-image-")
    unittest.addModuleCleanup(shutil.rmtree, IMAGE["folder"])
    IMAGE["root"] = pathlib.Path(IMAGE["folder"]) / "root"
    subprocess.run([tree.ROOT / "packaging/image/assemble-root", BUILD, IMAGE["root"]], check=True, timeout=120)
    IMAGE["files"] = [path for path in IMAGE["root"].rglob("*") if path.is_file() and not path.is_symlink()]


@contextlib.contextmanager
def world(**organization):
    """(folder, organization, pod) of an organization on loopback and a pod that is not started; searched for the key at the end."""
    with searched.folder() as folder:
        with shipped.Organization(folder, key=searched.CANARY, tls=True, groups=3, epoch=EPOCH, **organization) as api:
            with pod.Pod(IMAGE["root"], folder) as made:
                made.projected["policy"].write(policy(api))
                yield folder, api, made


def policy(api):
    """The ConfigMap: the policy that is shipped, but for where the API is and where documents go."""
    shipped_one = yaml.safe_load((pod.KUBERNETES / "anthropic.yml").read_text(encoding="utf-8"))
    shipped_one["outputs"]["default"] = {"type": "file", "path": "/var/lib/anthropic-metrics/documents"}
    shipped_one["inputs"][0] |= {"url": api.url, "ssl.certificate_authorities": ["/etc/anthropic-metrics/ca.pem"]}
    return {"anthropic.yml": yaml.safe_dump(shipped_one), "ca.pem": pathlib.Path(api.authority).read_text(encoding="ascii")}


class Root(tree.TreeTest):
    def test_nothing_runs_but_the_program(self):
        root = IMAGE["root"]
        programs = {path.relative_to(root).as_posix() for path in IMAGE["files"]
                    if path.stat().st_mode & 0o111 and ".so" not in path.name}
        self.assertEqual(programs, {"usr/bin/anthropic-metrics"})
        self.assertFalse([path for path in IMAGE["files"] if path.read_bytes()[:2] == b"#!"], "a script wants an interpreter")

    def test_only_the_state_belongs_to_the_user(self):
        findings = []
        for path in [IMAGE["root"], *IMAGE["root"].rglob("*")]:
            name, at = path.relative_to(IMAGE["root"]).as_posix(), path.lstat()
            user = 65532 if name == "var/lib/anthropic-metrics" else 0
            if (at.st_uid, at.st_gid) != (user, user):
                findings.append(f"{name} belongs to {at.st_uid}:{at.st_gid}, not to {user}; see chown in assemble-root")
            if not path.is_symlink() and at.st_mode & 0o6022:
                findings.append(f"{name} has mode {at.st_mode & 0o7777:o}; nobody else may write it, nor become somebody by it")
        self.report(findings)

    def test_it_says_what_it_is_made_of(self):
        known = {path.name for path in (IMAGE["root"] / "var/lib/dpkg/status.d").iterdir()}
        self.assertLessEqual({"libc6", "ca-certificates", "libssl-dev", "libcli11-dev"}, known)  # what is linked in, too
        for name in known:
            self.assertTrue((IMAGE["root"] / f"usr/share/doc/{name}/copyright").is_file(), name)

    def test_equal_files_make_equal_roots(self):
        again = pathlib.Path(IMAGE["folder"]) / "again"
        subprocess.run([tree.ROOT / "packaging/image/assemble-root", BUILD, again], check=True, timeout=120)

        def archived(root):
            return subprocess.run(["tar", "--sort=name", "--numeric-owner", "-cf", "-", "-C", root, "."], check=True, capture_output=True).stdout

        self.assertEqual(archived(IMAGE["root"]) == archived(again), True)


class Running(unittest.TestCase):
    maxDiff = None

    def assert_exact(self, folder, api, *words):
        done = subprocess.run([shipped.BINARIES / "anthropic-metrics-simulator", "check", "--documents", folder / "state/documents",
                               "--as-of", EPOCH, *words, *api.data[:4]], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_confined(self, made):
        """What the manifest asks for is what the process has."""
        status = made.container.status()
        user, group = made.security["runAsUser"], made.security["runAsGroup"]
        self.assertEqual((status["Uid"].split(), status["Gid"].split()), ([str(user)] * 4, [str(group)] * 4))
        self.assertEqual(status["Groups"].split(), [str(made.security["fsGroup"])])
        self.assertEqual([int(status[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")], [0] * 4)
        self.assertEqual((status["NoNewPrivs"], status["NSpid"].split()[-1]), ("1", "1"))
        writable = {place for place, options in made.container.mounts().items() if "rw" in options}
        self.assertEqual({place for place in writable if not place.startswith(("/dev", "/proc"))}, {"/var/lib/anthropic-metrics"})
        self.assertIn("ro", made.container.mounts()["/"])

    def test_a_pod_collects_and_a_second_one_goes_on(self):
        with world() as (folder, api, made):
            made.projected["secrets"].write({"admin_api_key": searched.CANARY + "\n"})
            before = snapshot()
            began = time.monotonic()
            made.start()
            self.assertEqual(made.wait_ready("healthy")[0], 200)
            ready = time.monotonic() - began
            self.assertEqual(made.probe("livenessProbe")[0], 200)
            self.assert_confined(made)
            asked = made.container.run(pod.PROGRAM, "status", "--url", f"http://localhost:{made.ports['health']}")
            self.assertEqual(asked.returncode, 0, asked.stdout + asked.stderr)
            memory = made.container.status()["VmHWM"]
            self.assertEqual(made.container.stop(), 0, made.said()[-3000:])
            self.assert_exact(folder, api)
            written = {path.name: path.read_bytes() for path in (folder / "state/documents").glob("*.ndjson")}

            made.start()
            made.wait_ready("healthy")
            self.assertEqual(made.container.stop(), 0)
            # Limits and the like are told at each start, at the same standing time under the same ids.
            self.assert_exact(folder, api, "--allow-resends")
            again = {path.name: path.read_bytes() for path in (folder / "state/documents").glob("*.ndjson")}
            for name in written:
                if "usage" in name or "cost" in name:
                    self.assertEqual(again[name], written[name], "what was collected is not collected again")
            self.assertEqual(snapshot(), before, "the root changed")
            print(f"a pod: {sum(map(len, written.values()))} octets of documents {ready:.2f} s after its start, peak RSS {memory}")

    def test_a_key_that_is_mounted_later_is_told_and_taken_without_a_restart(self):
        with world() as (folder, api, made):
            made.start()
            status, sentence = made.wait_ready("failed")
            self.assertEqual(status, 503)
            self.assertIn("file /run/secrets/anthropic-metrics/admin_api_key: it does not exist", sentence)
            self.assertEqual(made.probe("livenessProbe")[0], 200, "a restart would not help")
            asked = made.container.run(pod.PROGRAM, "status", "--url", f"http://localhost:{made.ports['health']}")
            self.assertEqual(asked.returncode, 1, asked.stdout + asked.stderr)
            pid = made.container.pid
            made.projected["secrets"].write({"admin_api_key": searched.CANARY + "\n"})
            made.wait_ready("healthy")
            self.assertEqual(made.container.status()["NSpid"].split()[0], str(pid), "it was started anew")
            self.assertEqual(made.container.stop(), 0)
            self.assert_exact(folder, api)


def snapshot():
    """Everything that is in the root, but for what a run time adds: places for volumes."""
    return {path.relative_to(IMAGE["root"]).as_posix(): (path.lstat().st_mode, path.lstat().st_mtime_ns if path.is_file() else 0)
            for path in IMAGE["root"].rglob("*") if not path.as_posix().endswith("run/secrets/anthropic-metrics")}


class Image(unittest.TestCase):
    """The image by itself, as `docker run --read-only` starts it."""

    def test_its_policy_is_accepted_by_its_program(self):
        with searched.folder() as folder:
            (folder / "state").mkdir()
            os.chown(folder / "state", 65532, 65532)
            done = subprocess.run([*isolation.APART, isolation.HERE / "in_root", IMAGE["root"], "65532", "65532",
                                   f"{folder / 'state'}:/var/lib/anthropic-metrics:rw", "--", pod.PROGRAM, "test", "config", "-c",
                                   "/etc/anthropic-metrics/anthropic.yml"], capture_output=True, text=True, timeout=60,
                                  env={"PATH": os.environ["PATH"], "ES_HOST": "https://elasticsearch:9200"})
            (folder / "said").write_text(json.dumps([done.stdout, done.stderr]), encoding="utf-8")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    try:
        isolation.require()
        isolation.own_network()
    except isolation.Missing as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main()
