# SPDX-License-Identifier: Apache-2.0
"""Places that are not as they should be when the host starts: a volume that is missing or read-only, a state of another time or in
use, a key that is not mounted yet. One sentence each, with its remedy; and it goes on by itself where it can."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import unittest

import searched
import shipped
import waiting

STREAMS = """
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: 24h
        settle: 0s
      - data_stream.dataset: anthropic_metrics.rate_limit
"""


class Beside(unittest.TestCase):
    """A host and an organization. `key` is what the policy says of the key."""

    key = searched.CANARY
    # Its own namespace of mounts, so that it can have a volume that is read-only.
    own_mounts = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "sh", "-c"]

    def setUp(self):
        scratch = searched.folder(inputs=["policy.yml", "secrets/key"])
        self.folder = pathlib.Path(scratch.__enter__())
        self.addCleanup(scratch.__exit__, None, None, None)
        organization = shipped.Organization(self.folder, key=searched.CANARY, groups=2, epoch="now")  # as the clock has it: no remark
        organization.__enter__()
        self.addCleanup(organization.__exit__)
        output = {"type": "file", "path": str(self.folder / "out")}
        self.host = shipped.Host(self.folder, organization, output, key=self.key.format(folder=self.folder), streams=STREAMS)

    def said_by(self, command):
        """(exit code, sentences of warnings and errors)."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=shipped.environment())
        with (self.folder / "said.txt").open("a", encoding="utf-8") as kept:  # is searched for the key
            kept.write(done.stdout + done.stderr)
        entries = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        return done.returncode, [entry["message"] for entry in entries if entry["log.level"] in ("warn", "error")]

    def once(self, *arguments, data=None):
        command = self.host.command("run", "--once", "--timeout", "60", *arguments)
        if data is not None:
            command[command.index("--path.data") + 1] = data
        return self.said_by(command)

    def on_read_only(self, folder, *arguments, data=None):
        """once(), with the folder a read-only volume."""
        command = self.host.command("run", "--once", "--timeout", "10", *arguments)
        if data is not None:
            command[command.index("--path.data") + 1] = data
        script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        tried = subprocess.run([*self.own_mounts, script, str(folder), "true"], capture_output=True, text=True)
        if tried.returncode:
            self.skipTest(f"no mount can be made here: {tried.stderr.strip()}")
        return self.said_by([*self.own_mounts, script, str(folder), *command])

    def until(self, condition):
        waiting.wait_for(condition, "what the host does by itself", 60, lambda: self.host.log()[-3000:], every=0.02)


class Place(Beside):
    def test_a_volume_that_is_missing_is_told_with_what_to_mount(self):
        code, said = self.once(data="/proc/volume")
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertRegex(said[0], r"^cannot create /proc/volume/state: .*; check that its volume is mounted, or name another place "
                                  r'with --path\.data, or --path\.data "" for state in memory only$')

    def test_a_volume_that_is_read_only_is_told_as_such(self):
        volume = self.folder / "volume"
        volume.mkdir()
        code, said = self.on_read_only(volume, data=volume)
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertRegex(said[0], r"^cannot create \S+/volume/state: Read-only file system; mount a volume there that can be written, or ")

    def test_a_state_on_a_volume_that_became_read_only_is_told_as_such(self):
        self.assertEqual(self.once()[0], 0)
        code, said = self.on_read_only(self.host.data)
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertRegex(said[0], r"/lock: Read-only file system; mount its volume so that this process can write there$")

    def test_documents_on_a_volume_that_is_read_only_wait(self):
        (self.folder / "out").mkdir()
        code, said = self.on_read_only(self.folder / "out")
        self.assertEqual(code, 74, said)
        self.assertTrue(any("Read-only file system; nothing is lost, writing is tried again" in line for line in said), said)
        self.assertEqual(self.once()[0], 0)

    def test_an_empty_place_instead_of_the_states_volume_is_noticed(self):
        self.assertEqual(self.once()[0], 0)
        shutil.rmtree(self.host.data)
        code, said = self.once()
        self.assertEqual((code, len(said)), (0, 1), said)
        self.assertRegex(said[0], r"^the output holds documents of another state .* if the state is on a volume, stop and mount it$")

    def test_a_second_host_on_the_same_state_is_refused_and_the_first_goes_on(self):
        self.host.start()
        self.addCleanup(self.host.kill)
        self.until(lambda: "every stream's last attempt succeeded" in self.host.log())
        code, said = self.once()
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertRegex(said[0], r"state directory \S+ is in use by another instance; two must never share one: stop the other or set "
                                  r"another state\.path$")
        self.assertIsNone(self.host.process.poll())

    def with_schema(self, version):
        self.assertEqual(self.once()[0], 0)
        ledger = next(self.host.data.rglob("ledger.db"))
        connection = sqlite3.connect(ledger)
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()
        connection.close()
        return ledger

    def test_a_state_of_a_newer_version_is_refused_and_left_as_it_is(self):
        ledger = self.with_schema(99)
        before = ledger.read_bytes()
        code, said = self.once()
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertRegex(said[0], r"ledger\.db has schema version 99, this build knows up to \d+; run the newer version that wrote it, "
                                  r"nothing was changed$")
        self.assertEqual(ledger.read_bytes(), before)

    def test_a_state_that_no_version_wrote_is_refused(self):
        self.with_schema(-3)
        code, said = self.once()
        self.assertEqual((code, len(said)), (73, 1), said)
        self.assertIn("ledger.db", said[0])


class Secret(Beside):
    """A key that is not mounted yet."""

    key = "file:{folder}/secrets/key"

    def test_it_is_waited_for_and_all_is_well_by_itself(self):
        self.host.start()
        self.addCleanup(self.host.kill)
        place = f"file {self.folder}/secrets/key"
        self.until(lambda: f"{place}: it does not exist; check the path, and that the secret is mounted there" in self.host.log())
        self.until(lambda: f"waits for the key in {place}, and looks for it every 5s" in self.host.log())
        self.assertIsNone(self.host.process.poll())
        # As Kubernetes mounts one: a folder of this moment, and a link to it.
        secrets = self.folder / "secrets"
        (secrets / "..2026").mkdir(parents=True)
        (secrets / "..2026" / "key").write_text(searched.CANARY)
        (secrets / "..2026" / "key").chmod(0o400)
        (secrets / "key").symlink_to("..2026/key")
        self.until(lambda: "now healthy: every stream's last attempt succeeded" in self.host.log())
        self.until(lambda: list((self.folder / "out").glob("*usage*")) and list((self.folder / "out").glob("*rate_limit*")))
        shutil.rmtree(secrets / "..2026")


if __name__ == "__main__":
    unittest.main()
