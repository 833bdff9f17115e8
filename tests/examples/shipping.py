# SPDX-License-Identifier: Apache-2.0
"""One shipper of examples/: built as its page says against an installation in a path with spaces, then run against a simulated
organization behind TLS. What must hold is the same in every language."""

import datetime
import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading

import installed
import searched
import shipped
import tree

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECRET = "anthropic-admin-key"
TIMEOUT = 120


class Running:
    """A shipper that was started. Its lines are read as they come; nothing waits for a time."""

    def __init__(self, command, folder, environment):
        self.lines = []
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        self.end = threading.Timer(TIMEOUT, self.process.kill)  # of one that hangs
        self.end.start()

    def abandon(self):
        """What a test that failed leaves running."""
        self.process.kill()
        self.end.cancel()

    def until(self, pattern):
        """The line that has it."""
        for line in self.process.stderr:
            self.lines.append(line)
            if re.search(pattern, line):
                return line
        self.finish()
        raise AssertionError(f"ended with {self.process.returncode} before a line with {pattern!r}:\n{''.join(self.lines[-40:])}")

    def finish(self, send=None):
        """(exit code, all that it said)"""
        if send is not None:
            self.process.send_signal(send)
        self.lines += self.process.stderr
        self.process.stderr.close()
        code = self.process.wait()
        self.end.cancel()
        return code, "".join(self.lines)


class Shipping(tree.TreeTest):
    """Of the folder LANGUAGE. Not a test by itself: a module for each language derives from it."""

    LANGUAGE = ""

    @classmethod
    def setUpClass(cls):
        prefix = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "a path with spaces"
        installed.install(prefix, "runtime", "devel")
        cls.plugin = prefix / installed.PLUGIN
        cls.source = prefix / installed.DOCUMENTATION / "examples" / cls.LANGUAGE
        cls.environment = installed.outside(prefix, **cls.more_environment())
        *build, line = BLOCK.findall((cls.source / "README.md").read_text(encoding="utf-8"))
        cls.line = line.replace(f" /usr/{installed.PLUGIN} ", f" {shlex.quote(str(cls.plugin))} ")
        if " --once " not in line or cls.line == line:
            raise AssertionError(f"{cls.LANGUAGE}/README.md: its last sh block does not run the shipper with --once and the plugin "
                                 f"/usr/{installed.PLUGIN}; correct the page")
        for block in build:
            done = installed.run(block, cls.source, cls.environment, timeout=800)
            if done.returncode != 0:
                raise AssertionError(f"{block} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        cls.program = shlex.split(cls.line.partition(" --once ")[0])

    @classmethod
    def more_environment(cls):
        return {}

    def setUp(self):
        inputs = [f"{self.LANGUAGE}/secrets/{SECRET}"]
        self.top = self.enterContext(searched.folder(inputs=inputs))
        self.folder = shutil.copytree(self.source, self.top / self.LANGUAGE)
        (self.folder / "secrets").mkdir()
        hour = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
        self.organization = self.enterContext(shipped.Organization(self.top, groups=2, epoch=hour.strftime("%Y-%m-%dT%H:%M:%SZ"),
                                                                  key=searched.CANARY, tls=True))
        self.configure()

    def configure(self, **more):
        config = json.loads((self.source.parent / "config.json").read_text(encoding="utf-8"))
        config.update(url=self.organization.url, ssl={"certificate_authorities": [str(self.organization.authority)]}, **more)
        config["batch"] = {"max_documents": 40}
        (self.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    def give_secret(self, text=searched.CANARY):
        (self.folder / "secrets" / SECRET).write_text(text + "\n", encoding="ascii")

    def later(self):
        """Another second of the service's, so that what is measured in it is another document."""
        self.organization.advance("1s")

    def start(self, *words, plugin=None, output="documents.ndjson"):
        running = Running([*self.program, *words, str(plugin or self.plugin), "config.json", "secrets", output], self.folder, self.environment)
        self.addCleanup(running.abandon)
        return running

    def once(self, **more):
        return self.start("--once", **more).finish()

    def documents(self, *names):
        """{data stream: [document]}, each id once. What came twice must be the same bytes."""
        by_id, streams = {}, {}
        for name in names:
            octets = (self.folder / name).read_bytes()
            self.assertTrue(octets.endswith(b"\n"), f"{name} ends in the middle of a line")
            for line in octets.splitlines():
                document = json.loads(line)
                if by_id.setdefault(document["event"]["id"], line) != line:
                    self.fail(f"{document['event']['id']} came twice and differs:\n{by_id[document['event']['id']].decode()}\n{line.decode()}")
        for line in by_id.values():
            place = json.loads(line)["data_stream"]
            streams.setdefault(f"{place['type']}-{place['dataset']}-{place['namespace']}", []).append(line)
        return streams

    # ---- What every shipper does

    def test_a_secret_an_outage_a_kill_and_a_stop_and_all_is_there_once(self):
        code, said = self.once()
        self.assertEqual(code, 1, said)
        self.assertRegex(said, f"health instance: failed, .*no secret named {SECRET}")
        self.assertFalse((self.folder / "documents.ndjson").exists())

        self.give_secret()
        self.later()
        running = self.start(output="later/documents.ndjson")
        running.until(r"later/documents\.ndjson.*; the batch goes back and comes again")
        (self.folder / "later").mkdir()
        running.until("documents on disk")
        code, said = running.finish(send=signal.SIGKILL)
        self.assertEqual(code, -signal.SIGKILL, said)
        # As a kill amid a write leaves it.
        with open(self.folder / "later/documents.ndjson", "ab") as file:
            file.write(b'{"@timestamp":"2026-')

        self.later()
        running = self.start(output="later/documents.ndjson")
        running.until("documents on disk")
        code, said = running.finish(send=signal.SIGTERM)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"shipper: stopped, [1-9]\d* documents delivered")

        # The rest, by the page's own line.
        self.later()
        done = installed.run(self.line, self.folder, self.environment, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, "health instance: healthy")
        found = self.documents("later/documents.ndjson", "documents.ndjson")
        self.assertEqual(self.organization.check(found), [])
        (self.top / "said.txt").write_text(said + done.stderr, encoding="utf-8")  # searched for the key
        print(f"note: {self.LANGUAGE}: {sum(map(len, found.values()))} documents of {len(found)} data streams, as the simulator has them")

    def test_a_signal_ends_it_while_it_waits(self):
        self.give_secret()
        self.configure(state={"path": "other state"})
        running = self.start()
        running.until("health instance: healthy")
        code, said = running.finish(send=signal.SIGINT)
        self.assertEqual(code, 0, said)
        self.assertIn("shipper: stopped", said)

    def test_a_key_that_is_refused_is_said_and_is_no_success(self):
        self.give_secret("sk-ant-admin01-another-example-key")
        code, said = self.once()
        self.assertEqual(code, 1, said)
        self.assertRegex(said, "health instance: failed, .*401")
        self.assertNotIn("another-example-key", said)
        (self.top / "said.txt").write_text(said, encoding="utf-8")

    def test_faults_are_told_before_anything_starts(self):
        self.configure(namespac="x", tags=7)
        code, said = self.once()
        self.assertEqual(code, 1, said)
        self.assertIn("the plugin refuses to start", said)
        for fault in ("/namespac", "/tags"):  # all of them at once
            self.assertIn(fault, said)
        code, said = self.once(plugin="/nowhere/plugin.so")
        self.assertEqual((code, said.count("\n")), (2, 1), said)
        self.assertIn("/nowhere/plugin.so", said)
        code, said = Running(self.program, self.folder, self.environment).finish()
        self.assertEqual(code, 2)
        self.assertIn("[--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson", said)
